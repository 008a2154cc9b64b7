"""The service map over HTTP: parse, authorise, call, return."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.http import Viewer
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import From, To
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.identity.queries import Environment, Namespace, Region
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.servicemap.calls import CallsBetween, Counted
from holdfast.telemetry.servicemap.model import EdgeRow, Filters, Part
from holdfast.telemetry.servicemap.service import STEPS_MOST, Map, MapService, Node
from holdfast.telemetry.warehouse.instants import slices_within

Zone = Annotated[str, Field(max_length=300, description="Only calls with either end in this zone")]
Version = Annotated[str, Field(max_length=300, description="Only calls with either end of this version")]
Around = Annotated[str, Field(max_length=300, description="Only the neighbourhood of this service")]
NodeId = Annotated[str, Field(max_length=700, description="A node's id, as the map has it")]
Steps = Annotated[
    int,
    Field(
        description="How many calls away from `service`, up and down: 1 to 5",
        json_schema_extra={"minimum": 1, "maximum": STEPS_MOST},
    ),
]
"""Checked by the service, whose error is clearer."""


class MapQuery(BaseModel):
    """A range of time, and the calls to which the map is limited."""

    model_config = ConfigDict(extra="forbid")

    start: From = None
    end: To = None
    environment: Environment = None
    namespace: Namespace = None
    region: Region = None
    zone: Zone = ""
    version: Version = ""
    around: Around = ""
    steps: Steps = 1

    @property
    def filters(self) -> Filters:
        """The filters asked for."""
        scope = PlaceFilter.named(self.environment, self.namespace, self.region)
        return Filters(scope, self.zone, self.version, self.around, self.steps)


class CallStatisticsBody(BaseModel):
    """Statistics of calls over the range.

    `errors` come from the application and `proxy_errors` from the mesh; no call is in both. Ratios are null
    without calls, never zero by default.
    """

    calls: int
    rate_per_second: float
    errors: int
    error_ratio: float | None
    proxy_errors: int
    proxy_error_ratio: float | None
    p50_seconds: float | None
    p90_seconds: float | None
    p99_seconds: float | None


class PartBody(BaseModel):
    """The calls a node received in one zone or version."""

    name: str
    calls: int
    errors: int
    proxy_errors: int


class ZoneBody(PartBody):
    """One zone of a node; it is silent since an instant if its service sent spans from there and stopped."""

    silent_since: datetime | None


class MapNodeBody(CallStatisticsBody):
    """One node with the calls it received.

    `kind` is `service`, `database`, `cache`, `queue` or `external`, `ingress` for outside callers that send
    no spans, or `unknown` for callers whose spans are referenced but were never received. What sends no spans
    is of the environment of those who call it. `label` is its name, with what distinguishes it if several
    nodes have that name. Only services have `zones` and `versions`; `silent_since` is set if all of a service
    is silent, now and not only in the range.
    """

    id: str
    kind: str
    name: str
    environment: str
    namespace: str
    label: str
    display_name: str
    team: str | None
    tier: str | None
    objectives: int
    worst_state: str | None
    worst_burn_state: str | None
    zones: list[ZoneBody]
    versions: list[PartBody]
    silent_since: datetime | None


class MapEdgeBody(CallStatisticsBody):
    """Calls from the node `source` to the node `target`.

    `retries` are the `calls` that repeated an earlier attempt. `origins` are the services whose messages were
    taken from a queue. `is_settling` edges are so new that they may still grow.
    """

    id: str
    source: str
    target: str
    retries: int
    origins: list[str]
    is_settling: bool


class MapBody(BaseModel):
    """The map over the range.

    Calls after `settled_until` are not on it yet; those since `settling_since` are, and more may follow.
    """

    settled_until: datetime | None
    settling_since: datetime | None
    environments: list[str]
    namespaces: list[str]
    regions: list[str]
    zones: list[str]
    versions: list[str]
    nodes: list[MapNodeBody]
    edges: list[MapEdgeBody]


class CallsQuery(BaseModel):
    """A range of time, and the ids of the nodes whose calls are meant; an empty one is any node."""

    model_config = ConfigDict(extra="forbid")

    start: From = None
    end: To = None
    source: NodeId = ""
    target: NodeId = ""


class CountedCallsBody(CallStatisticsBody):
    """Calls over a range, with how many of them repeated an earlier attempt."""

    retries: int


class UsualCallsBody(CountedCallsBody):
    """The calls of the same length of time a day earlier, or an hour earlier, or just before."""

    start: datetime
    end: datetime


class CallsPartBody(CountedCallsBody):
    """The calls of one zone or version."""

    name: str


class CallsOfMapBody(BaseModel):
    """Calls from one node to another, from `start` to `end`: on the map, so not beyond what is joined.

    `usual` is null where the map does not reach back. `zones` and `versions` are of the end `parts_are_of`,
    `source` or `target`. The arrays of the series are parallel; it covers at least an hour, and steps
    without calls hold 0 and null.
    """

    start: datetime
    end: datetime
    now: CountedCallsBody
    usual: UsualCallsBody | None
    parts_are_of: str
    zones: list[CallsPartBody]
    versions: list[CallsPartBody]
    step_seconds: int
    times_epoch: list[int]
    calls: list[int]
    errors: list[int]
    proxy_errors: list[int]
    p99_seconds: list[float | None]


def router(service: MapService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(tags=["telemetry"])

    @routes.get("/map", operation_id="get_map")
    def get_map(principal: Viewer, query: Annotated[MapQuery, Query()]) -> MapBody:
        """Return who calls whom, with rates, errors and durations."""
        return _map(service.map(service.range(query.start, query.end), query.filters))

    @routes.get("/map/calls", operation_id="get_map_calls", responses=responses(Invalid, NotFound))
    def get_map_calls(principal: Viewer, query: Annotated[CallsQuery, Query()]) -> CallsOfMapBody:
        """Return the calls of one edge (`source` and `target`) or node (one of them): now against usual."""
        return _calls_body(service.calls(query.start, query.end, query.source, query.target))

    return routes


def _calls_body(found: CallsBetween) -> CallsOfMapBody:
    step, charted = found.step_seconds, slices_within(found.charted)
    times = list(range(charted["from"] // step * step, charted["to"], step))
    points = {one.epoch: one.counted for one in found.points}
    at = [points.get(time) for time in times]
    usual = None
    if found.usual and found.usual_within:
        of_usual, bounds = _counted(found.usual, found.usual_within), found.usual_within
        usual = UsualCallsBody(start=bounds.start, end=bounds.end, **of_usual)
    return CallsOfMapBody(
        start=found.within.start,
        end=found.within.end,
        now=CountedCallsBody(**_counted(found.now, found.within)),
        usual=usual,
        parts_are_of=found.parts_are_of,
        zones=[CallsPartBody(name=one.name, **_counted(one.counted, found.within)) for one in found.zones],
        versions=[
            CallsPartBody(name=one.name, **_counted(one.counted, found.within)) for one in found.versions
        ],
        step_seconds=step,
        times_epoch=times,
        calls=[one.calls if one else 0 for one in at],
        errors=[one.errors if one else 0 for one in at],
        proxy_errors=[one.proxy_errors if one else 0 for one in at],
        p99_seconds=[one.latency.p99_seconds if one else None for one in at],
    )


def _counted(one: Counted, within: TimeRange) -> dict[str, Any]:
    return {"retries": one.retries} | _calls(one.calls, one.errors, one.proxy_errors, one.latency, within)


def _map(found: Map) -> MapBody:
    return MapBody(
        settled_until=found.settled_until,
        settling_since=found.settling_since,
        environments=list(found.seen.environments),
        namespaces=list(found.seen.namespaces),
        regions=list(found.seen.regions),
        zones=list(found.seen.zones),
        versions=list(found.seen.versions),
        nodes=[_node(node, found.counted) for node in found.nodes],
        edges=[_edge(edge, found) for edge in found.edges],
    )


def _node(node: Node, within: TimeRange) -> MapNodeBody:
    key, described = node.key, node.described
    return MapNodeBody(
        id=key.id,
        kind=key.kind,
        name=key.name,
        environment=key.environment,
        namespace=key.namespace,
        label=node.label,
        display_name=described.display_name if described else key.name,
        team=described.team if described else None,
        tier=described.tier if described else None,
        objectives=len(node.objectives),
        worst_state=node.objectives[0].state if node.objectives else None,
        worst_burn_state=node.objectives[0].burn if node.objectives else None,
        zones=_zones(node),
        versions=[_part(one) for one in node.versions],
        silent_since=_at(node.silence.since_epoch),
        **_calls(
            node.handled.calls, node.handled.errors, node.handled.proxy_errors, node.handled.latency, within
        ),
    )


def _zones(node: Node) -> list[ZoneBody]:
    silent, sending = dict(node.silence.zones), {one.name: one for one in node.zones}
    return [
        ZoneBody(
            name=name,
            calls=one.calls,
            errors=one.errors,
            proxy_errors=one.proxy_errors,
            silent_since=_at(silent.get(name)),
        )
        for name in sorted({*silent, *sending})
        for one in (sending.get(name) or Part(name, 0, 0, 0),)
    ]


def _part(one: Part) -> PartBody:
    return PartBody(name=one.name, calls=one.calls, errors=one.errors, proxy_errors=one.proxy_errors)


def _at(epoch: int | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)


def _edge(edge: EdgeRow, found: Map) -> MapEdgeBody:
    since = found.settling_since
    return MapEdgeBody(
        id=f"{edge.caller.id}>{edge.callee.id}",
        source=edge.caller.id,
        target=edge.callee.id,
        retries=edge.retries,
        origins=list(edge.origins),
        is_settling=since is not None and edge.first_epoch >= since.timestamp(),
        **_calls(edge.calls, edge.errors, edge.proxy_errors, edge.percentiles(), found.counted),
    )


def _calls(
    calls: int, errors: int, proxy_errors: int, latency: Percentiles, within: TimeRange
) -> dict[str, int | float | None]:
    return {
        "calls": calls,
        "rate_per_second": calls / within.seconds,
        "errors": errors,
        "error_ratio": errors / calls if calls else None,
        "proxy_errors": proxy_errors,
        "proxy_error_ratio": proxy_errors / calls if calls else None,
        "p50_seconds": latency.p50_seconds,
        "p90_seconds": latency.p90_seconds,
        "p99_seconds": latency.p99_seconds,
    }
