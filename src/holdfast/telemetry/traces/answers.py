"""What a failed call got, in a word: `504`, `timeout`, `UNAVAILABLE`, `PaymentDeclined`. Pure."""

from collections.abc import Mapping, Sequence

from holdfast.telemetry.spans.failures import CALLING, ERROR_TYPE, GRPC_CODES, grpc_code
from holdfast.telemetry.traces.model import Span, http_status, is_failed

FAILED = "failed"
TIMEOUT = "timeout"
ANSWER_MOST = 200
"""Most characters of an answer: senders choose them."""

TIMEOUTS = ("timeout", "timedout", "deadline")
"""Words for a timeout, in lower case and without spaces."""


REFUSALS = {"429": "429 Too Many Requests", "RESOURCE_EXHAUSTED": "RESOURCE_EXHAUSTED"}
"""Answers of a party that is well and takes no more calls: a rate limit or a quota (RFC 6585, gRPC)."""


def is_refusal(said: str) -> bool:
    """Whether an answer refuses calls for their number."""
    return said.partition(", ")[0] in REFUSALS


def in_words(said: str) -> str:
    """Return an answer as evidence: `504`, `refuses calls: 429 Too Many Requests`."""
    return f"refuses calls: {REFUSALS.get(said, said)}" if is_refusal(said) else said


def answer(chain: Sequence[Span]) -> str:
    """Return what the deepest call that failed got, given the way down to it.

    A service that says nothing leaves it to the span above, of the call to it; a call itself does not: what
    its caller then answered is not what it got.
    """
    failed = [span for span in reversed(chain) if is_failed(span)]
    said = _answer(failed[0]) if failed else ""
    if not said and len(failed) > 1 and failed[0].kind not in CALLING:
        said = _answer(failed[1])
    return (said or FAILED)[:ANSWER_MOST]


def _answer(span: Span) -> str:
    attributes = dict(span.attributes)
    return (
        _http(span)
        or _grpc(attributes)
        or _type(attributes.get(ERROR_TYPE, ""))
        or _type(attributes.get("exception.type", ""))
        or _type(span.exception.partition(": ")[0])
        or _type(span.message if says_timeout(span.message) else "")
    )


def _http(span: Span) -> str:
    status = http_status(span)
    return str(status) if status is not None and status >= 400 else ""


def _grpc(attributes: Mapping[str, str]) -> str:
    code = grpc_code(attributes)
    number = int(code) if code.isascii() and code.isdigit() else -1
    name = GRPC_CODES[number] if 0 <= number < len(GRPC_CODES) else code.upper()
    if name in ("", "OK"):
        return ""
    return TIMEOUT if says_timeout(name) else name


def _type(named: str) -> str:
    """Return an error's type as it is spoken of: without its package, a timeout of any kind as that."""
    if named in ("", "_OTHER"):
        return ""
    return TIMEOUT if says_timeout(named) else named.rpartition(".")[2] or named


def says_timeout(words: str) -> bool:
    """Whether words name a timeout of any kind."""
    plain = words.lower().replace(" ", "").replace("_", "")
    return any(word in plain for word in TIMEOUTS)
