"""Words of traces: spans as they are stored, what a span alone says, and what is looked for. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.schema import GRPC_ERRORS

_STATUS_KEYS = ("http.response.status_code", "http.status_code")
HANDLING = frozenset({"server", "consumer"})
"""Kinds of spans that answer for a request, rather than make one."""

Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One span of a trace; instants in nanoseconds since 1970.

    `message` describes its status; `exception` is what it noted of its last exception, as "type: message".
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    service: str
    operation: str
    kind: str
    zone: str
    version: str
    start_nanoseconds: int
    duration_nanoseconds: int
    status: str
    message: str
    attributes: Attributes
    exception: str = ""

    @property
    def end_nanoseconds(self) -> int:
        """When it ended."""
        return self.start_nanoseconds + self.duration_nanoseconds


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something a span noted while it ran, an exception above all."""

    at_nanoseconds: int
    name: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class SpanLink:
    """Another span that this one names without being its child: the message it handles, for one."""

    trace_id: str
    span_id: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class SpanDetail:
    """All that is stored of a span: itself, what it ran on, its events and links."""

    span: Span
    resource: Attributes
    events: tuple[SpanEvent, ...]
    links: tuple[SpanLink, ...]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log line written while a trace ran, by the span `span_id` if it says so; `id` as among all logs."""

    id: str
    at_nanoseconds: int
    span_id: str
    service: str
    severity: str
    severity_number: int
    body: str
    attributes: Attributes


class Scope(StrEnum):
    """Which spans a search looks at: those that begin a trace, or all."""

    ROOT = "root"
    ANY = "any"


class Order(StrEnum):
    """Which traces come first."""

    NEWEST = "newest"
    SLOWEST = "slowest"


class Outcome(StrEnum):
    """How a span ended, by OpenTelemetry's rule for errors."""

    OK = "ok"
    ERROR = "error"


class Kind(StrEnum):
    """A span's part in a call."""

    SERVER = "server"
    CLIENT = "client"
    INTERNAL = "internal"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Match(StrEnum):
    """How an attribute's value is compared."""

    EQUALS = "="
    CONTAINS = "~"


@dataclass(frozen=True, slots=True)
class AttributeCondition:
    """An attribute of the span or of what it ran on that must have, or contain, a value."""

    key: str
    match: Match
    value: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on spans in the warehouse's words; its values travel as parameters."""

    sql: str
    parameters: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """Which spans are looked for: they meet every condition that is set.

    `objective` names a promise the spans broke; `broke` is what that means of a span.
    """

    within: TimeRange
    scope: Scope
    service: str | None = None
    operation: str | None = None
    kind: Kind | None = None
    outcome: Outcome | None = None
    zone: str | None = None
    version: str | None = None
    min_nanoseconds: int | None = None
    max_nanoseconds: int | None = None
    attributes: tuple[AttributeCondition, ...] = ()
    objective: str | None = None
    broke: Condition | None = None


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """A span that meets a search's conditions."""

    trace_id: str
    span_id: str
    start_nanoseconds: int
    duration_nanoseconds: int


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A whole trace in a line: where it began, who took part, how many spans and errors, how long it took."""

    trace_id: str
    root_service: str
    root_operation: str
    has_root: bool
    services: tuple[str, ...]
    spans: int
    errors: int
    start_nanoseconds: int
    duration_nanoseconds: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A trace that was found, by which of its spans."""

    found: FoundSpan
    trace: TraceSummary


@dataclass(frozen=True, slots=True)
class Point:
    """One span of the latency-over-time picture."""

    trace_id: str
    span_id: str
    start_nanoseconds: int
    duration_nanoseconds: int
    is_error: bool
    service: str
    operation: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """A repeatable sample of the spans found: `spans` of them, `errors` failed; errors are drawn first."""

    points: tuple[Point, ...]
    spans: int
    errors: int


def http_status(span: Span) -> int | None:
    """Return the HTTP status a span recorded, or None."""
    attributes = dict(span.attributes)
    text = next((attributes[key] for key in _STATUS_KEYS if attributes.get(key)), "")
    return int(text) if text.isascii() and text.isdigit() else None


def is_failed(span: Span) -> bool:
    """Whether a span failed, by OpenTelemetry's rule: a server answers for 5xx only, a client for 4xx too."""
    if span.status in ("Error", "Ok"):
        return span.status == "Error"
    status = http_status(span) or 0
    is_http_error = status >= 500 if span.kind in HANDLING else span.kind == "client" and status >= 400
    return is_http_error or _grpc_code(span) in GRPC_ERRORS.get(span.kind, ())


def _grpc_code(span: Span) -> int:
    text = dict(span.attributes).get("grpc.status_code", "")
    return int(text) if text.isascii() and text.isdigit() else 0
