"""The query parameters and response bodies of the API for traces."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from holdfast.runtime.queries import Cursor, From, Seconds, To
from holdfast.telemetry.identity.queries import Cluster, Environment, Namespace, Region
from holdfast.telemetry.traces.compare import Difference
from holdfast.telemetry.traces.model import Kind, Order, Outcome, Scope, SpanOutcome

Text = Annotated[str | None, Field(max_length=1000)]
Lasting = Annotated[Seconds, Field(description="Seconds; or 800ms, 1.5s, 2m")]


class SearchQuery(BaseModel):
    """A search for spans that meet every given condition."""

    model_config = ConfigDict(extra="forbid")

    start: From = None
    end: To = None
    service: Text = None
    operation: Annotated[
        str | None, Field(max_length=1000, description="A span's name, or one with {id} as services list it")
    ] = None
    kind: Kind | None = None
    status: Annotated[SpanOutcome | None, Field(description="By OpenTelemetry's rule for errors")] = None
    zone: Text = None
    version: Text = None
    environment: Environment = None
    namespace: Namespace = None
    region: Region = None
    cluster: Cluster = None
    min_duration_seconds: Lasting = None
    max_duration_seconds: Lasting = None
    attribute: Annotated[
        list[str],
        Field(max_length=10, description="key=value, or key~part; an attribute of the span or its resource"),
    ] = []
    objective: Annotated[
        str | None, Field(max_length=300, description="Spans that violated this objective")
    ] = None
    outcome: Annotated[
        Outcome | None,
        Field(description="failed, slow (over 2.5 times the usual p99 of its operation), or usual: neither"),
    ] = None
    scope: Annotated[
        Scope | None,
        Field(description="root: spans that begin a trace; any: all. Default: root, or any with conditions"),
    ] = None


class ListQuery(SearchQuery):
    """A search, and the page of its results."""

    sort: Annotated[
        Order, Field(description="failed: failed ones first, then slow ones, each the newest first")
    ] = Order.NEWEST
    happened: Annotated[
        str | None,
        Field(max_length=1000, description="Traces in which exactly this happened, as the tally names it"),
    ] = None
    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class ScatterQuery(SearchQuery):
    """A search, and the number of points to draw."""

    points: Annotated[int, Field(ge=1, le=5000)] = 1000


class TallyKindBody(BaseModel):
    """One thing that happened in `traces` traces; `happened` names it as the list's parameter takes it."""

    operation: str
    words: str
    happened: str
    traces: int


class TallyBody(BaseModel):
    """What happened in the newest `looked_at` traces of one outcome, the most frequent first.

    `is_all` says that there were no other traces of it; at most 20 kinds are listed.
    """

    outcome: Outcome
    looked_at: int
    is_all: bool
    kinds: list[TallyKindBody]


class TallyList(BaseModel):
    """What happened, by outcome: failed, then slow."""

    items: list[TallyBody]


class WhatHappenedBody(BaseModel):
    """What happened in a trace: `words` say it beside the operation, such as `504 at payline`.

    `answer` is what the failing call got (`504`, `timeout`, an exception's type), `party` the destination it
    went to or the service that failed, `span_id` the span that shows it; null for a usual trace. `version` is
    the party's. A slow trace says in `repeats` how often the call that took its time was made, if repeatedly.

    It is said of one span, which took `took_seconds`: of the root, of the one that was found, or of the one
    that violated `objective`, which allows `allowed_seconds`. `slow_from_seconds` is above what is usual for
    it; null where no usual is known, so that it cannot be said to be as usual.
    """

    outcome: Outcome
    operation: str
    words: str
    answer: str | None
    party: str | None
    span_id: str | None
    zone: str | None
    version: str | None
    repeats: int
    took_seconds: float
    slow_from_seconds: float | None
    objective: str | None
    allowed_seconds: float | None


class TimePartBody(BaseModel):
    """The time of a trace's critical path that was spent at one party."""

    party: str
    duration_seconds: float


class TraceHit(BaseModel):
    """A trace that was found; the `span_*` fields are of the span that met the conditions.

    `what_happened` is about that span too. `time` has the parties that took most of the critical path.
    """

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
    what_happened: WhatHappenedBody
    time: list[TimePartBody]


class TraceList(BaseModel):
    """Traces in the requested order; `looked_back_to` is how far back this page's search went."""

    items: list[TraceHit]
    next: str | None
    scope: Scope
    looked_back_to: datetime


class ScatterPoint(BaseModel):
    """One span of the scatter plot; environment, namespace and region are empty if it names none."""

    trace_id: str
    span_id: str
    at_epoch: float
    duration_seconds: float
    is_error: bool
    service: str
    environment: str
    namespace: str
    region: str
    operation: str
    outcome: Outcome


class ScatterBody(BaseModel):
    """A repeatable sample of the `spans` found; failed ones are drawn first, then slow ones."""

    points: list[ScatterPoint]
    spans: int
    errors: int
    slow: int
    scope: Scope
    start_epoch: float
    end_epoch: float


class EventBody(BaseModel):
    """An event of a span; `offset_seconds` counts from the start of the trace."""

    name: str
    offset_seconds: float
    attributes: dict[str, str]


class LinkBody(BaseModel):
    """A link to another span."""

    trace_id: str
    span_id: str
    attributes: dict[str, str]


class SpanBody(BaseModel):
    """One span; `offset_seconds` counts from the start of the trace.

    `self_seconds` is the time in which none of its children ran, `critical_seconds` its own part of the
    critical path. `is_orphan` spans name a parent that is not stored; `ahead_seconds` is how long the span
    began before its parent, which means clock skew. `is_proxy` spans only forward calls. Environment,
    namespace and region are empty if it names none. Spans that were sent with one id have ids of their own
    here: the innermost the one sent, the others it and a word, `…-caller`. `party` is where its time was
    spent: the destination of a call that sent no span there, else its service.
    """

    span_id: str
    parent_span_id: str | None
    service: str
    party: str
    environment: str
    namespace: str
    region: str
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


class PathIntervalBody(BaseModel):
    """An interval of the critical path, in which the others waited for this span."""

    span_id: str
    offset_seconds: float
    duration_seconds: float


class TraceBody(BaseModel):
    """One trace with its first spans in order of start; if `is_cut`, `left_out` later spans are omitted.

    At most 10,000 spans and 8 MB of them are shown, but always the first. Errors, orphans and the critical
    path are those of the spans shown.
    """

    trace_id: str
    started_at: datetime
    duration_seconds: float
    root_span_id: str
    services: list[str]
    errors: int
    orphans: int
    is_cut: bool
    left_out: int
    what_happened: WhatHappenedBody
    critical_path: list[PathIntervalBody]
    spans: list[SpanBody]


class TraceLogBody(BaseModel):
    """A log line of a trace, `id` as in `/logs`; `offset_seconds` counts from the start of the trace."""

    id: str
    at: datetime
    offset_seconds: float
    span_id: str | None
    service: str
    environment: str
    namespace: str
    region: str
    severity: str
    severity_number: int
    body: str
    attributes: dict[str, str]


class TraceLogs(BaseModel):
    """Log lines of a trace in order of time."""

    items: list[TraceLogBody]
    next: str | None


class CallsBody(BaseModel):
    """The calls of one trace at one position."""

    calls: int
    duration_seconds: float
    self_seconds: float
    errors: int


class ComparedBody(BaseModel):
    """One position in both traces: a call, `depth` below the root; null where a trace has no such call.

    Services of one name are distinguished by namespace and environment. One that each trace has in a single
    environment, and not in the same, is compared with itself; the environment is then the first trace's.
    """

    service: str
    environment: str
    namespace: str
    operation: str
    kind: str
    depth: int
    change: Difference
    first: CallsBody | None
    second: CallsBody | None
    slower_seconds: float


class ComparedTrace(BaseModel):
    """One of the two traces, with the environments its spans name."""

    trace_id: str
    started_at: datetime
    duration_seconds: float
    spans: int
    errors: int
    environments: list[str]


class ComparisonBody(BaseModel):
    """Two traces, aligned by the operations on the path to each call, parents before children."""

    first: ComparedTrace
    second: ComparedTrace
    rows: list[ComparedBody]
