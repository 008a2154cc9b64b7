"""Describes a span's failure, from the best of what its sender recorded. Pure.

Exemplars, incidents, traces and the command line all use this description. Most instrumentations leave the
status description empty, so other fields are tried in turn.
"""

from collections.abc import Mapping

from holdfast.telemetry.spans.failures import ERROR_TYPE, GRPC_CODES, grpc_code
from holdfast.telemetry.spans.response_flags import KEY, in_words
from holdfast.telemetry.traces.model import Span, http_status, is_failed

WORDS_MOST = 500
FAILED = "failed"
"""The description of a failed span whose sender recorded nothing about the failure."""

_UNTOLD = ("", "_OTHER")

EXCEPTION = (
    "arrayLastIndex(name -> name = 'exception', Events.Name) AS thrown, "
    "if(thrown = 0, '', substringUTF8(arrayStringConcat(arrayFilter(word -> word != '', "
    "[Events.Attributes[thrown]['exception.type'], Events.Attributes[thrown]['exception.message']]), ': '), "
    f"1, {WORDS_MOST}))"
)


def failure(span: Span) -> str:
    """Return why a span failed, empty if it did not.

    This is its status description, else the exception of its last such event, else the error it names, its
    gRPC code with its name, its HTTP status, or just "failed" if nothing was recorded.
    """
    if not is_failed(span):
        return ""
    attributes = dict(span.attributes)
    words = (
        # An exception without words of its own leaves its type and a colon.
        span.message.strip().removesuffix(":")
        or span.exception
        or _exception(attributes)
        or _grpc(attributes)
        or _http(span, attributes)
        or _named(attributes)
        or FAILED
    )
    return words[:WORDS_MOST]


def _exception(attributes: Mapping[str, str]) -> str:
    """Return an exception or error that the span itself names, unless it only repeats a code."""
    thrown = (attributes.get("exception.type", ""), attributes.get("exception.message", ""))
    if words := ": ".join(filter(None, thrown)):
        return words
    named = attributes.get(ERROR_TYPE, "")
    return "" if named in _UNTOLD or named.isdigit() or named in GRPC_CODES else named


def _grpc(attributes: Mapping[str, str]) -> str:
    reported = grpc_code(attributes)
    if reported.isascii() and reported.isdigit():
        code = int(reported)
        name = GRPC_CODES[code] if code < len(GRPC_CODES) else ""
    else:
        name = reported.upper()
        code = GRPC_CODES.index(name) if name in GRPC_CODES else 0
    # A call that returned OK failed for another reason.
    return f"gRPC {code} {name}".rstrip() if code else ""


def _http(span: Span, attributes: Mapping[str, str]) -> str:
    status = http_status(span)
    if status is None or status < 400:
        return ""
    said = in_words(attributes.get(KEY, ""))
    return f"HTTP {status}, {said}" if said else f"HTTP {status}"


def _named(attributes: Mapping[str, str]) -> str:
    named = attributes.get(ERROR_TYPE, "")
    if named in _UNTOLD:
        return ""
    return f"HTTP {named}" if named.isdigit() else named
