"""The service map over HTTP: parse, authorise, call, return."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from holdfast.runtime.http import Viewer
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.api import From, To
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.servicemap.model import EdgeRow, Filters
from holdfast.telemetry.servicemap.service import STEPS_MOST, Map, MapService, Node

Zone = Annotated[str, Query(max_length=300, description="Only calls with either end in this zone")]
Version = Annotated[str, Query(max_length=300, description="Only calls with either end of this version")]
Around = Annotated[str, Query(max_length=300, description="Only the neighbourhood of this service")]
Steps = Annotated[
    int,
    Query(
        description="How many calls away from `service`, up and down: 1 to 5",
        json_schema_extra={"minimum": 1, "maximum": STEPS_MOST},
    ),
]
"""Refused by the service, which says it better."""


class CallsBody(BaseModel):
    """Calls over the range.

    `errors` were made by the application and `proxy_errors` by the mesh; no call is in both. Ratios are null
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


class MapNodeBody(CallsBody):
    """One node with the calls that came in at it.

    `kind` is `service`, `database`, `cache`, `queue` or `external`, `ingress` for callers outside that send
    no spans, or `unknown` for callers whose spans were announced and never came.
    """

    id: str
    kind: str
    name: str
    display_name: str
    team: str | None
    tier: str | None
    objectives: int
    worst_state: str | None


class MapEdgeBody(CallsBody):
    """Calls from the node `source` to the node `target`.

    `retries` are those of `calls` that repeated an earlier attempt. `origins` are the services whose messages
    were taken from a queue. `is_settling` edges are so new that they may still grow.
    """

    id: str
    source: str
    target: str
    retries: int
    origins: list[str]
    is_settling: bool


class MapBody(BaseModel):
    """The map over the range.

    Calls after `settled_until` are not on it yet; those since `settling_since` are, and may become more.
    """

    settled_until: datetime | None
    settling_since: datetime | None
    zones: list[str]
    versions: list[str]
    nodes: list[MapNodeBody]
    edges: list[MapEdgeBody]


def router(service: MapService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(tags=["telemetry"])

    @routes.get("/map", operation_id="get_map")
    def get_map(
        principal: Viewer,
        start: From = None,
        end: To = None,
        zone: Zone = "",
        version: Version = "",
        around: Around = "",
        steps: Steps = 1,
    ) -> MapBody:
        """Return who calls whom, how often, how long, and how it ends."""
        filters = Filters(zone=zone, version=version, service=around, steps=steps)
        return _map(service.map(service.range(start, end), filters))

    return routes


def _map(found: Map) -> MapBody:
    return MapBody(
        settled_until=found.settled_until,
        settling_since=found.settling_since,
        zones=list(found.zones),
        versions=list(found.versions),
        nodes=[_node(node, found.within) for node in found.nodes],
        edges=[_edge(edge, found) for edge in found.edges],
    )


def _node(node: Node, within: TimeRange) -> MapNodeBody:
    key, described = node.key, node.described
    return MapNodeBody(
        id=key.id,
        kind=key.kind,
        name=key.name,
        display_name=described.display_name if described else key.name,
        team=described.team if described else None,
        tier=described.tier if described else None,
        objectives=len(node.promises),
        worst_state=node.promises[0].state if node.promises else None,
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
