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
from holdfast.runtime.queries import Cursor, From, Step, To
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.identity.queries import Cluster, Environment, Namespace, Region
from holdfast.telemetry.metrics import functions
from holdfast.telemetry.metrics.histograms import Bucket
from holdfast.telemetry.metrics.model import Attribute, Exemplar, Line, Stream
from holdfast.telemetry.metrics.service import DEFAULT_TOP, Ask, Metric, MetricsService, Plot
from holdfast.telemetry.metrics.store import Listed

Short = Annotated[str | None, Field(max_length=100)]
Many = Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=20)]


class PlaceQuery(BaseModel):
    """A range of time, and where the senders of points run."""

    start: From = None
    end: To = None
    environment: Environment = None
    namespace: Namespace = None
    region: Region = None
    cluster: Cluster = None

    @property
    def scope(self) -> PlaceFilter:
        """The environment, namespace and region."""
        return PlaceFilter.named(self.environment, self.namespace, self.region)


class MetricsQuery(PlaceQuery):
    """A page of the metrics with `q` in their name, of one service or of all."""

    q: Annotated[str, Field(max_length=300)] = ""
    of_service: Annotated[str, Field(alias="service", max_length=300)] = ""
    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=2000)] = 500

    def listed(self) -> Listed:
        """Return it as the service's type."""
        return Listed(self.q, self.of_service, self.scope, self.cluster or None)


class SeriesQuery(PlaceQuery):
    """The query of a plot; omitted parts have their defaults."""

    fn: Annotated[str | None, Field(description="rate, avg, p99, …", max_length=50)] = None
    by: Annotated[
        Many,
        Field(
            description="Attributes, service, environment, namespace, region, cluster; or * for each series"
        ),
    ] = []
    where: Annotated[Many, Field(description="KEY=VALUE, KEY!=VALUE or KEY~PART; all must hold")] = []
    kind: Annotated[Short, Field(description="The kind, if the metric has several")] = None
    unit: Annotated[Short, Field(description="The unit, if the metric has several")] = None
    step: Step = None
    top: Annotated[int, Field(ge=1, le=100, description="Lines drawn; the rest are merged")] = DEFAULT_TOP

    def ask(self) -> Ask:
        """Return it as the service's type."""
        return Ask(
            self.fn,
            tuple(self.by),
            tuple(self.where),
            self.kind,
            self.unit,
            self.step,
            self.top,
            self.scope,
            self.cluster or None,
        )


class StreamBody(BaseModel):
    """Points of one kind, unit and temporality; `functions` apply to them, the default one first.

    An empty environment, namespace or region is that of senders that name none.
    """

    kind: str
    unit: str
    temporality: str
    is_monotonic: bool
    description: str
    services: list[str]
    environments: list[str]
    namespaces: list[str]
    regions: list[str]
    series: int
    last_seen: datetime
    functions: list[str]


class MetricBody(BaseModel):
    """A metric by name, with its streams; those with most series first."""

    name: str
    streams: list[StreamBody]


class MetricList(BaseModel):
    """Metrics with points in the range, by name."""

    items: list[MetricBody]
    next: str | None


class ValueBody(BaseModel):
    """A value of an attribute and the number of series that have it."""

    value: str
    series: int


class AttributeBody(BaseModel):
    """An attribute of a metric's series, on the point or the resource, with its most frequent values."""

    key: str
    place: str
    values: int
    commonest: list[ValueBody]


class MetricDetail(MetricBody):
    """One metric with the attributes of its series."""

    attributes: list[AttributeBody]


class BucketBody(BaseModel):
    """The values above `above` and up to `up_to`; null is no bound."""

    above: float | None
    up_to: float | None


class LineBody(BaseModel):
    """One line: a value per step or null.

    `overall` is over the whole range; `is_rest` marks the merged line of all others, which has no values if
    it would add up several environments or namespaces. `label` is what it is called in a plot with a
    `split_by`, such as `checkout (staging)`; else it is empty. `rough` is the bucket of a histogram that
    `overall` is in where it is all that is known: the last one, or one over twice as wide as its lower bound.
    `rough_steps` has such a bucket, or null, for each of `values`; it is empty if all of them are exact.
    """

    labels: dict[str, str]
    label: str
    series: int
    values: list[float | None]
    latest: float | None
    overall: float | None
    rough: BucketBody | None
    rough_steps: list[BucketBody | None]
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

    `unit` is that of the values, in UCUM. `others` are streams of the metric outside the plot. `split_by` has
    the environment or namespace if services of one name have several and the question names none: nothing is
    added up over them.
    """

    name: str
    stream: StreamBody
    others: list[StreamBody]
    fn: str
    by: list[str]
    split_by: list[str]
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
    def list_metrics(principal: Viewer, query: Annotated[MetricsQuery, Query()]) -> MetricList:
        """List metrics by name; `q` is part of the name."""
        within = service.range(query.start, query.end)
        found, has_more = service.metrics(within, query.listed(), cursor=query.cursor, limit=query.limit)
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
        environments=list(one.environments),
        namespaces=list(one.namespaces),
        regions=list(one.regions),
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
        split_by=list(found.split_by),
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
        label=one.label,
        series=one.series,
        values=list(one.values),
        latest=one.latest,
        overall=one.overall,
        rough=_bucket(one.rough),
        rough_steps=[_bucket(bucket) for bucket in one.rough_steps],
        is_rest=one.is_rest,
    )


def _bucket(one: Bucket | None) -> BucketBody | None:
    return None if one is None else BucketBody(above=one.above, up_to=one.up_to)


def _exemplar(one: Exemplar) -> ExemplarBody:
    return ExemplarBody(
        at=_at(one.at_epoch), value=one.value, trace_id=one.trace_id, span_id=one.span_id, service=one.service
    )
