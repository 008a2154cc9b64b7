"""The service map over HTTP: parse, authorise, call, return."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from holdfast.runtime.http import Viewer
from holdfast.runtime.queries import From, To
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.identity.queries import Environment, Namespace, Region
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.servicemap.model import EdgeRow, Filters
from holdfast.telemetry.servicemap.service import STEPS_MOST, Map, MapService, Node

Zone = Annotated[str, Field(max_length=300, description="Only calls with either end in this zone")]
Version = Annotated[str, Field(max_length=300, description="Only calls with either end of this version")]
Around = Annotated[str, Field(max_length=300, description="Only the neighbourhood of this service")]
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


class MapNodeBody(CallStatisticsBody):
    """One node with the calls it received.

    `kind` is `service`, `database`, `cache`, `queue` or `external`, `ingress` for outside callers that send
    no spans, or `unknown` for callers whose spans are referenced but were never received. What sends no spans
    is of the environment of those who call it. `label` is its name, with what distinguishes it if several
    nodes have that name.
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


def router(service: MapService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(tags=["telemetry"])

    @routes.get("/map", operation_id="get_map")
    def get_map(principal: Viewer, query: Annotated[MapQuery, Query()]) -> MapBody:
        """Return who calls whom, with rates, errors and durations."""
        return _map(service.map(service.range(query.start, query.end), query.filters))

    return routes


def _map(found: Map) -> MapBody:
    return MapBody(
        settled_until=found.settled_until,
        settling_since=found.settling_since,
        environments=list(found.seen.environments),
        namespaces=list(found.seen.namespaces),
        regions=list(found.seen.regions),
        zones=list(found.seen.zones),
        versions=list(found.seen.versions),
        nodes=[_node(node, found.within) for node in found.nodes],
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
        **_calls(
            node.handled.calls, node.handled.errors, node.handled.proxy_errors, node.handled.latency, within
        ),
    )


def _edge(edge: EdgeRow, found: Map) -> MapEdgeBody:
    since = found.settling_since
    return MapEdgeBody(
        id=f"{edge.caller.id}>{edge.callee.id}",
        source=edge.caller.id,
        target=edge.callee.id,
        retries=edge.retries,
        origins=list(edge.origins),
        is_settling=since is not None and edge.first_epoch >= since.timestamp(),
        **_calls(edge.calls, edge.errors, edge.proxy_errors, edge.percentiles(), found.within),
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
