"""Metrics over HTTP: parse, authorise, call, return."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from holdfast.runtime.addresses import PathName
from holdfast.runtime.errors import Invalid, NotFound, TooLarge
from holdfast.runtime.http import Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.problems import responses
from holdfast.telemetry.metrics import functions
from holdfast.telemetry.metrics.model import Attribute, Exemplar, Line, Stream
from holdfast.telemetry.metrics.service import DEFAULT_TOP, Ask, Metric, MetricsService, Plot
from holdfast.telemetry.steps import StepSeconds

From = Annotated[str | None, Query(alias="from", description="ISO 8601 instant or now-1h", max_length=40)]
To = Annotated[str | None, Query(alias="to", description="ISO 8601 instant or now", max_length=40)]
Text = Annotated[str, Query(max_length=300)]
Short = Annotated[str | None, Field(max_length=100)]
Many = Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=20)]


class SeriesQuery(BaseModel):
    """What a plot is asked for; what is left out is the usual."""

    start: Annotated[str | None, Field(alias="from", description="ISO 8601 or now-1h", max_length=40)] = None
    end: Annotated[str | None, Field(alias="to", description="ISO 8601 or now", max_length=40)] = None
    fn: Annotated[str | None, Field(description="rate, avg, p99, …", max_length=50)] = None
    by: Annotated[Many, Field(description="Attributes to group by, or * for each series")] = []
    where: Annotated[Many, Field(description="KEY=VALUE, KEY!=VALUE or KEY~PART; all must hold")] = []
    kind: Annotated[Short, Field(description="Of a metric of several kinds, this one")] = None
    unit: Annotated[Short, Field(description="Of a metric in several units, this one")] = None
    step: Annotated[StepSeconds, Field(description="Seconds per point; or 10s, 5m, 1h")] = None
    top: Annotated[int, Field(ge=1, le=100, description="Lines drawn; the rest are one")] = DEFAULT_TOP

    def ask(self) -> Ask:
        """Return it in the words of the service."""
        return Ask(self.fn, tuple(self.by), tuple(self.where), self.kind, self.unit, self.step, self.top)


class StreamBody(BaseModel):
    """Points of one kind, unit and temporality; `functions` make sense of them, the usual one first."""

    kind: str
    unit: str
    temporality: str
    is_monotonic: bool
    description: str
    services: list[str]
    series: int
    last_seen: datetime
    functions: list[str]


class MetricBody(BaseModel):
    """A metric by name, with its streams; those of most series first."""

    name: str
    streams: list[StreamBody]


class MetricList(BaseModel):
    """Metrics with points in the range, by name."""

    items: list[MetricBody]
    next: str | None


class ValueBody(BaseModel):
    """A value of an attribute and how many series have it."""

    value: str
    series: int


class AttributeBody(BaseModel):
    """An attribute of a metric's series, on the point or the resource; its commonest values."""

    key: str
    place: str
    values: int
    commonest: list[ValueBody]


class MetricDetail(MetricBody):
    """One metric with the attributes of its series."""

    attributes: list[AttributeBody]


class LineBody(BaseModel):
    """One line: a value per step or null.

    `overall` is over the whole range, `is_rest` all that is not drawn.
    """

    labels: dict[str, str]
    series: int
    values: list[float | None]
    latest: float | None
    overall: float | None
    is_rest: bool


class ExemplarBody(BaseModel):
    """One measured value, in the metric's own unit, with the trace it was measured in."""

    at: datetime
    value: float
    trace_id: str
    span_id: str
    service: str


class MetricSeriesBody(BaseModel):
    """A plot of a metric; `values` of all lines are parallel to `times_epoch`, the beginnings of the steps.

    `unit` is that of the values, in UCUM. `others` are streams of the metric that are not in the plot.
    """

    name: str
    stream: StreamBody
    others: list[StreamBody]
    fn: str
    by: list[str]
    unit: str
    step_seconds: int
    times_epoch: list[int]
    lines: list[LineBody]
    exemplars: list[ExemplarBody]
    series: int
    last_seen: datetime | None
    reported_every_seconds: float
    is_stale: bool


def router(service: MetricsService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(prefix="/metrics", tags=["metrics"])

    @routes.get("", operation_id="list_metrics", responses=responses(Invalid))
    def list_metrics(
        principal: Viewer,
        start: From = None,
        end: To = None,
        q: Text = "",
        of_service: Annotated[str, Query(alias="service", max_length=300)] = "",
        cursor: Annotated[str | None, Query(max_length=1000)] = None,
        limit: Annotated[int, Query(ge=1, le=2000)] = 500,
    ) -> MetricList:
        """List metrics by name; `q` is part of the name."""
        within = service.range(start, end)
        found, has_more = service.metrics(within, text=q, service=of_service, cursor=cursor, limit=limit)
        items = fitting(MetricBody.model_validate(_metric(one)) for one in found)
        is_end = len(items) == len(found) and not has_more
        return MetricList(items=items, next=None if is_end else items[-1].name)

    # Slashes in names need not be encoded, so the longer path is matched first.
    @routes.get(
        "/{name:path}/series",
        operation_id="get_metric_series",
        responses=responses(Invalid, NotFound, TooLarge),
    )
    def get_metric_series(
        principal: Viewer, name: PathName, query: Annotated[SeriesQuery, Query()]
    ) -> MetricSeriesBody:
        """Plot a metric: filtered, grouped by attributes or each series (`*`), a function per step."""
        return _plot(name, service.plot(name, service.range(query.start, query.end), query.ask()))

    @routes.get("/{name:path}", operation_id="get_metric", responses=responses(Invalid, NotFound))
    def get_metric(principal: Viewer, name: PathName, start: From = None, end: To = None) -> MetricDetail:
        """Return one metric with the attributes of its series."""
        found = service.metric(name, service.range(start, end))
        return MetricDetail(**_metric(found), attributes=[_attribute(one) for one in found.attributes])

    return routes


def _at(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _metric(one: Metric) -> dict[str, object]:
    return {"name": one.name, "streams": [_stream(stream) for stream in one.streams]}


def _stream(one: Stream) -> StreamBody:
    return StreamBody(
        kind=one.kind.value,
        unit=one.unit,
        temporality=one.temporality.value,
        is_monotonic=one.is_monotonic,
        description=one.description,
        services=list(one.services),
        series=one.series,
        last_seen=_at(one.last_seen_epoch),
        functions=list(functions.offered(one)),
    )


def _attribute(one: Attribute) -> AttributeBody:
    commonest = [ValueBody(value=value, series=series) for value, series in one.commonest]
    return AttributeBody(key=one.key, place=one.place.value, values=one.values, commonest=commonest)


def _plot(name: str, found: Plot) -> MetricSeriesBody:
    return MetricSeriesBody(
        name=name,
        stream=_stream(found.stream),
        others=[_stream(one) for one in found.others],
        fn=found.function.text,
        by=list(found.by),
        unit=found.unit,
        step_seconds=found.grid.step_seconds,
        times_epoch=found.grid.times,
        lines=[_line(one) for one in found.lines],
        exemplars=[_exemplar(one) for one in found.exemplars],
        series=found.series,
        last_seen=_at(found.newest_epoch) if found.newest_epoch else None,
        reported_every_seconds=found.pace_seconds,
        is_stale=found.is_stale,
    )


def _line(one: Line) -> LineBody:
    return LineBody(
        labels=dict(one.labels),
        series=one.series,
        values=list(one.values),
        latest=one.latest,
        overall=one.overall,
        is_rest=one.is_rest,
    )


def _exemplar(one: Exemplar) -> ExemplarBody:
    return ExemplarBody(
        at=_at(one.at_epoch), value=one.value, trace_id=one.trace_id, span_id=one.span_id, service=one.service
    )
