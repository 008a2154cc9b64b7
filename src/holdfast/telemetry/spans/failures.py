"""Whether a span failed: one rule for roll-ups, SLIs, map and traces, in SQL and as its twin in Python. Pure.

A status set by hand decides. Where it is unset, the side of the call decides by what it recorded, in this
order (OpenTelemetry's conventions for RPC, HTTP and errors; `docs/reference/telemetry.md` has the table):

1. the gRPC code: for a client any but OK, for a server only its own faults;
2. the HTTP status: 400 and above for a client, 500 and above for a server;
3. an error's type, or the exception of an event.

Spans that are on neither side of a call have only the third.
"""

from collections.abc import Iterable, Mapping

GRPC_CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
"""The names of gRPC codes by number (grpc.io, "Status codes and their use in gRPC")."""

GRPC_KEYS = ("rpc.status_code", "rpc.response.status_code", "rpc.grpc.status_code", "grpc.status_code")
"""Attributes that hold a gRPC code, newest first; Envoy before 1.32 wrote the last one."""

HTTP_KEYS = ("http.response.status_code", "http.status_code")
ERROR_TYPE = "error.type"

CALLING = frozenset({"client", "producer"})
HANDLING = frozenset({"server", "consumer"})
"""Kinds of spans that handle a request rather than make one."""

_SERVER_FAULTS = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)
_CLIENT_HTTP, _SERVER_HTTP = 400, 500
_HTTP_MOST = 2**16 - 1


def is_failed(kind: str, status: str, attributes: Mapping[str, str], exception: str) -> bool:
    """Whether a span failed, by its kind, its status, its own attributes, and its last exception's text."""
    if status != "Unset":
        return status == "Error"
    side = kind if kind in CALLING | HANDLING else ""
    if side and (code := grpc_code(attributes)):
        return code.upper() in _grpc_failures(is_calling=side in CALLING)
    if side and (number := http_status(attributes)):
        return number >= (_CLIENT_HTTP if side in CALLING else _SERVER_HTTP)
    return bool(attributes.get(ERROR_TYPE) or exception)


def grpc_code(attributes: Mapping[str, str]) -> str:
    """Return the gRPC code that a span recorded, a number or a name; empty if none."""
    return next((attributes[key] for key in GRPC_KEYS if attributes.get(key)), "")


def http_status(attributes: Mapping[str, str]) -> int:
    """Return the HTTP status that a span recorded, also as the type of its error; 0 if none."""
    text = next((attributes[key] for key in (*HTTP_KEYS, ERROR_TYPE) if attributes.get(key)), "")
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number if number <= _HTTP_MOST else 0


def _grpc_failures(*, is_calling: bool) -> frozenset[str]:
    """Return the codes that are failures on one side, as numbers and as names."""
    names = frozenset(GRPC_CODES) - {"OK"} if is_calling else _SERVER_FAULTS
    return names | {str(number) for number, name in enumerate(GRPC_CODES) if name in names}


def _first_sql(keys: Iterable[str]) -> str:
    *others, last = keys
    found = f"SpanAttributes['{last}']"
    for key in reversed(others):
        found = f"if(SpanAttributes['{key}'] != '', SpanAttributes['{key}'], {found})"
    return found


def _set_sql(words: Iterable[str]) -> str:
    return f"({', '.join(repr(word) for word in sorted(words))})"


# A look-up in an attribute map is expensive, and few spans have a gRPC code: one look at the keys finds out.
_GRPC = f"if(mapContainsKeyLike(SpanAttributes, '%rpc%status_code'), upper({_first_sql(GRPC_KEYS)}), '')"
_HTTP = f"toUInt16OrZero({_first_sql((*HTTP_KEYS, ERROR_TYPE))})"
_IS_CALLING = "SpanKind IN ('Client', 'Producer')"
_HAS_SIDE = "SpanKind IN ('Client', 'Producer', 'Server', 'Consumer')"
_THROWN = "arrayLastIndex(name -> name = 'exception', Events.Name)"
_HAS_EXCEPTION = (
    f"(has(Events.Name, 'exception') AND (Events.Attributes[{_THROWN}]['exception.type'] != '' "
    f"OR Events.Attributes[{_THROWN}]['exception.message'] != ''))"
)

IS_ERROR = (
    "(StatusCode = 'Error' OR (StatusCode = 'Unset' AND multiIf("
    f"{_HAS_SIDE} AND {_GRPC} != '', "
    f"if({_IS_CALLING}, {_GRPC} IN {_set_sql(_grpc_failures(is_calling=True))}, "
    f"{_GRPC} IN {_set_sql(_grpc_failures(is_calling=False))}), "
    f"{_HAS_SIDE} AND {_HTTP} != 0, {_HTTP} >= if({_IS_CALLING}, {_CLIENT_HTTP}, {_SERVER_HTTP}), "
    f"SpanAttributes['{ERROR_TYPE}'] != '' OR {_HAS_EXCEPTION})))"
)
"""The same of a stored span, as SQL; `Span.exception` is the text that the last exception's event has."""
