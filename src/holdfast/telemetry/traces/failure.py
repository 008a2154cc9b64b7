"""A span's failure in words: the best there is among what its sender wrote down. Pure.

Everything that shows a failed span says this of it: exemplars, incidents, one trace, the command line. Most
instrumentations leave the status description empty, so what else tells what happened is read in turn.
"""

from collections.abc import Mapping

from holdfast.telemetry.traces.model import Span, http_status, is_failed

WORDS_MOST = 500
FAILED = "failed"
"""Of a span that failed, and whose sender wrote down nothing about it."""

GRPC_CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
"""By their numbers (grpc.io, "Status codes and their use in gRPC")."""

_GRPC_KEYS = ("rpc.response.status_code", "rpc.grpc.status_code", "grpc.status_code")
_UNTOLD = ("", "_OTHER")

EXCEPTION = (
    "arrayLastIndex(name -> name = 'exception', Events.Name) AS thrown, "
    "if(thrown = 0, '', substringUTF8(arrayStringConcat(arrayFilter(word -> word != '', "
    "[Events.Attributes[thrown]['exception.type'], Events.Attributes[thrown]['exception.message']]), ': '), "
    f"1, {WORDS_MOST}))"
)


def failure(span: Span) -> str:
    """Return what is known of why a span failed, empty if it did not.

    Its status description, else the exception of its last such event, else the error it names, its gRPC
    code with its name, its HTTP status, and if nothing at all was written down, that it failed.
    """
    if not is_failed(span):
        return ""
    attributes = dict(span.attributes)
    words = (
        span.message.strip()
        or span.exception
        or _exception(attributes)
        or _grpc(attributes)
        or _http(span, attributes)
        or _named(attributes)
        or FAILED
    )
    return words[:WORDS_MOST]


def _exception(attributes: Mapping[str, str]) -> str:
    """Return an exception or error that the span itself names, unless it merely repeats a code."""
    thrown = (attributes.get("exception.type", ""), attributes.get("exception.message", ""))
    if words := ": ".join(filter(None, thrown)):
        return words
    named = attributes.get("error.type", "")
    return "" if named in _UNTOLD or named.isdigit() or named in GRPC_CODES else named


def _grpc(attributes: Mapping[str, str]) -> str:
    told = next((attributes[key] for key in _GRPC_KEYS if attributes.get(key)), "")
    if told.isascii() and told.isdigit():
        code = int(told)
        name = GRPC_CODES[code] if code < len(GRPC_CODES) else ""
    else:
        name = told.upper()
        code = GRPC_CODES.index(name) if name in GRPC_CODES else 0
    # A call that came back OK failed for another reason.
    return f"gRPC {code} {name}".rstrip() if code else ""


def _http(span: Span, attributes: Mapping[str, str]) -> str:
    status = http_status(span)
    if status is None or status < 400:
        return ""
    flags = attributes.get("response_flags", "-")
    return f"HTTP {status}" if flags in ("", "-") else f"HTTP {status} {flags}"


def _named(attributes: Mapping[str, str]) -> str:
    named = attributes.get("error.type", "")
    if named in _UNTOLD:
        return ""
    return f"HTTP {named}" if named.isdigit() else named
