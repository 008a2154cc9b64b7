"""What the API says and hears of traces."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from holdfast.telemetry.steps import Seconds
from holdfast.telemetry.traces.compare import Change
from holdfast.telemetry.traces.model import Kind, Order, Outcome, Scope

Text = Annotated[str | None, Field(max_length=1000)]
Lasting = Annotated[Seconds, Field(description="Seconds; or 800ms, 1.5s, 2m")]


class SearchQuery(BaseModel):
    """Which spans are looked for; they meet every condition given."""

    model_config = ConfigDict(extra="forbid")

    start: Annotated[
        str | None, Field(alias="from", max_length=40, description="ISO 8601 instant or now-1h")
    ] = None
    end: Annotated[str | None, Field(alias="to", max_length=40, description="ISO 8601 instant or now")] = None
    service: Text = None
    operation: Annotated[
        str | None, Field(max_length=1000, description="A span's name, or one with {id} as services list it")
    ] = None
    kind: Kind | None = None
    status: Annotated[Outcome | None, Field(description="By OpenTelemetry's rule for errors")] = None
    zone: Text = None
    version: Text = None
    min_duration_seconds: Lasting = None
    max_duration_seconds: Lasting = None
    attribute: Annotated[
        list[str],
        Field(max_length=10, description="key=value, or key~part; of the span or of what it ran on"),
    ] = []
    objective: Annotated[str | None, Field(max_length=300, description="Spans that broke this promise")] = (
        None
    )
    scope: Annotated[
        Scope | None,
        Field(description="root: spans that begin a trace; any: all. By default root until more is asked"),
    ] = None


class ListQuery(SearchQuery):
    """A search, and which page of it."""

    sort: Order = Order.NEWEST
    cursor: Annotated[str | None, Field(max_length=400, description="The `next` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class ScatterQuery(SearchQuery):
    """A search, and how many points to draw."""

    points: Annotated[int, Field(ge=1, le=5000)] = 1000


class TraceHit(BaseModel):
    """A trace that was found; `span_*` tell of the span that met the conditions."""

    trace_id: str
    root_service: str
    root_operation: str
    root_is_stored: bool
    services: list[str]
    spans: int
    errors: int
    started_at: datetime
    duration_seconds: float
    span_id: str
    span_started_at: datetime
    span_duration_seconds: float


class TraceList(BaseModel):
    """Traces in the order asked for; `looked_back_to` is how far back this page's search came."""

    items: list[TraceHit]
    next: str | None
    scope: Scope
    looked_back_to: datetime


class ScatterPoint(BaseModel):
    """One span of the picture."""

    trace_id: str
    span_id: str
    at_epoch: float
    duration_seconds: float
    is_error: bool
    service: str
    operation: str


class ScatterBody(BaseModel):
    """A repeatable sample of the spans found, of `spans` in all; failed ones are drawn first."""

    points: list[ScatterPoint]
    spans: int
    errors: int
    scope: Scope
    start_epoch: float
    end_epoch: float


class EventBody(BaseModel):
    """Something a span noted; `offset_seconds` counts from the start of the trace."""

    name: str
    offset_seconds: float
    attributes: dict[str, str]


class LinkBody(BaseModel):
    """Another span that this one names."""

    trace_id: str
    span_id: str
    attributes: dict[str, str]


class SpanBody(BaseModel):
    """One span; `offset_seconds` counts from the start of the trace.

    `self_seconds` is the time in which none of its children ran, `critical_seconds` what of the trace's
    critical path was its own. `is_orphan` spans name a parent that is not stored; `ahead_seconds` is how long
    the span began before its parent did, which only differing clocks explain. `is_proxy` spans carry calls.
    """

    span_id: str
    parent_span_id: str | None
    service: str
    operation: str
    kind: str
    zone: str | None
    version: str | None
    offset_seconds: float
    duration_seconds: float
    self_seconds: float
    critical_seconds: float
    status: str
    message: str
    is_error: bool
    is_proxy: bool
    is_orphan: bool
    ahead_seconds: float
    attributes: dict[str, str]
    resource: dict[str, str]
    events: list[EventBody]
    links: list[LinkBody]


class StretchBody(BaseModel):
    """A part of the trace's time, in which this span was what the others waited for."""

    span_id: str
    offset_seconds: float
    duration_seconds: float


class TraceBody(BaseModel):
    """One trace, its spans in order of start; `is_cut` when it has more spans than are shown."""

    trace_id: str
    started_at: datetime
    duration_seconds: float
    root_span_id: str
    services: list[str]
    errors: int
    orphans: int
    is_cut: bool
    critical_path: list[StretchBody]
    spans: list[SpanBody]


class TraceLogBody(BaseModel):
    """A log line of a trace, `id` as in `/logs`; `offset_seconds` counts from the start of the trace."""

    id: str
    at: datetime
    offset_seconds: float
    span_id: str | None
    service: str
    severity: str
    severity_number: int
    body: str
    attributes: dict[str, str]


class TraceLogs(BaseModel):
    """Log lines of a trace in order of time."""

    items: list[TraceLogBody]
    next: str | None


class CallsBody(BaseModel):
    """The spans of one trace in one place."""

    calls: int
    duration_seconds: float
    self_seconds: float
    errors: int


class ComparedBody(BaseModel):
    """One place of both traces: a call, `depth` below the root; null where a trace has no such call."""

    service: str
    operation: str
    kind: str
    depth: int
    change: Change
    first: CallsBody | None
    second: CallsBody | None
    slower_seconds: float


class ComparedTrace(BaseModel):
    """One of the two traces."""

    trace_id: str
    started_at: datetime
    duration_seconds: float
    spans: int
    errors: int


class ComparisonBody(BaseModel):
    """Two traces aligned by the operations on the way to each call, parents before children."""

    first: ComparedTrace
    second: ComparedTrace
    rows: list[ComparedBody]
