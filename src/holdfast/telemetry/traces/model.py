"""The model of traces: spans as stored, facts of a single span, and searches. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter, ServiceId
from holdfast.telemetry.spans import failures
from holdfast.telemetry.spans.failures import HANDLING as HANDLING

TRACE_BYTES_MOST = 8_000_000
"""Most bytes of spans read of one trace, and most in a response: senders choose the size of spans."""

Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One span of a trace; instants in nanoseconds since 1970.

    `message` describes its status; `exception` is its last recorded exception, as "type: message". What a
    sender did not name is empty, like its environment.
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
    environment: str = ""
    namespace: str = ""
    region: str = ""

    @property
    def end_nanoseconds(self) -> int:
        """When it ended."""
        return self.start_nanoseconds + self.duration_nanoseconds

    @property
    def sender(self) -> ServiceId:
        """The service that sent it."""
        return ServiceId(self.service, self.namespace, self.environment)


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """An event recorded by a span, most often an exception."""

    at_nanoseconds: int
    name: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class SpanLink:
    """A link to another span that is not its parent, such as the producer of the message it handles."""

    trace_id: str
    span_id: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class SpanDetail:
    """A span with everything stored of it: its resource, events and links."""

    span: Span
    resource: Attributes
    events: tuple[SpanEvent, ...]
    links: tuple[SpanLink, ...]


@dataclass(frozen=True, slots=True)
class TraceLogLine:
    """A log line of a trace, written by the span `span_id` if that is set; `id` is the id in all logs."""

    id: str
    at_nanoseconds: int
    span_id: str
    service: str
    severity: str
    severity_number: int
    body: str
    attributes: Attributes
    environment: str = ""
    namespace: str = ""
    region: str = ""


class Scope(StrEnum):
    """The spans a search covers: those that begin a trace, or all."""

    ROOT = "root"
    ANY = "any"


class Order(StrEnum):
    """The order of traces."""

    NEWEST = "newest"
    SLOWEST = "slowest"
    FAILED = "failed"
    """Failed ones first, then slow ones, then the others; of each the newest first."""


class SpanOutcome(StrEnum):
    """The outcome of a span, by OpenTelemetry's rule for errors."""

    OK = "ok"
    ERROR = "error"


class Outcome(StrEnum):
    """The outcome of a trace, or of the span found in it.

    A span is slow if it took over 2.5 times the usual p99 of its operation.
    """

    FAILED = "failed"
    SLOW = "slow"
    USUAL = "usual"


class Kind(StrEnum):
    """The kind of a span: its role in a call."""

    SERVER = "server"
    CLIENT = "client"
    INTERNAL = "internal"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class AttributeOperator(StrEnum):
    """The operator of an attribute condition."""

    EQUALS = "="
    CONTAINS = "~"


@dataclass(frozen=True, slots=True)
class AttributeCondition:
    """A condition that an attribute of the span or its resource equals or contains a value."""

    key: str
    match: AttributeOperator
    value: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on spans as SQL, with its values as parameters."""

    sql: str
    parameters: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Violation(Condition):
    """The condition for spans that violate an objective, and the longest duration it allows; None for any."""

    allowed_nanoseconds: int | None = None


@dataclass(frozen=True, slots=True)
class SlowLimits:
    """From how many nanoseconds on a span is slow, by its service as sent, folded operation and kind.

    `allowed_nanoseconds` is what an objective allows, where only spans that violate it are searched.
    """

    of: tuple[tuple[str, str, str, int], ...] = ()
    allowed_nanoseconds: int | None = None

    def known(self, services: Sequence[str], operation: str, kind: str) -> int | None:
        """Return the limit of an operation of a service, by all its names; None if no usual is known."""
        asked = (operation, kind.capitalize())
        limits = (limit for service, *of, limit in self.of if service in services and tuple(of) == asked)
        return max(limits, default=None)


class SampledSpan(Protocol):
    """What is read of a sampled span; its attributes include those of what it ran on."""

    @property
    def trace_id(self) -> str:
        """The trace it belongs to."""
        ...

    @property
    def operation(self) -> str:
        """Its name."""
        ...

    @property
    def zone(self) -> str:
        """The zone it ran in; empty if unknown."""
        ...

    @property
    def version(self) -> str:
        """The version of its service; empty if unknown."""
        ...

    @property
    def attributes(self) -> tuple[tuple[str, str], ...]:
        """Its attributes and those of its resource."""
        ...


@dataclass(frozen=True, slots=True)
class Search:
    """A search for spans that meet every condition that is set.

    `objective` names an objective that the spans violated; `broke` is the condition for that. `only` limits
    it to spans of one outcome; `slow` says which are slow.
    """

    within: TimeRange
    scope: Scope
    service: str | None = None
    operation: str | None = None
    kind: Kind | None = None
    outcome: SpanOutcome | None = None
    zone: str | None = None
    version: str | None = None
    min_nanoseconds: int | None = None
    max_nanoseconds: int | None = None
    attributes: tuple[AttributeCondition, ...] = ()
    objective: str | None = None
    broke: Violation | None = None
    place: PlaceFilter = EVERYWHERE
    cluster: str | None = None
    only: Outcome | None = None
    slow: SlowLimits = SlowLimits()

    @property
    def allowed(self) -> int | None:
        """The longest duration in nanoseconds that its objective allows; None if it limits none."""
        return self.broke.allowed_nanoseconds if self.broke else None


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """A span that meets a search's conditions."""

    trace_id: str
    span_id: str
    start_nanoseconds: int
    duration_nanoseconds: int
    outcome: Outcome = Outcome.USUAL


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A summary of one trace: its root, services, numbers of spans and errors, and duration."""

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
    """A trace that was found, with the span that matched."""

    found: FoundSpan
    trace: TraceSummary


@dataclass(frozen=True, slots=True)
class Point:
    """One span of the scatter plot of latency over time."""

    trace_id: str
    span_id: str
    start_nanoseconds: int
    duration_nanoseconds: int
    is_error: bool
    service: str
    operation: str
    environment: str = ""
    namespace: str = ""
    region: str = ""
    is_slow: bool = False


@dataclass(frozen=True, slots=True)
class Scatter:
    """A repeatable sample of the `spans` found, of which `errors` failed and `slow` others were slow.

    Failed ones are drawn first, then slow ones.
    """

    points: tuple[Point, ...]
    spans: int
    errors: int
    slow: int = 0


def extent_nanoseconds(spans: Sequence[Span]) -> int:
    """Return how long a trace of these spans took: from the begin of its first to the end of its last."""
    return max(span.end_nanoseconds for span in spans) - min(span.start_nanoseconds for span in spans)


def http_status(span: Span) -> int | None:
    """Return the HTTP status a span recorded, or None."""
    return failures.http_status(dict(span.attributes)) or None


def is_failed(span: Span) -> bool:
    """Whether a span failed, by the one rule there is (`spans/failures.py`)."""
    return failures.is_failed(span.kind, span.status, dict(span.attributes), span.exception)
