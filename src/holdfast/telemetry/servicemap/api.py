"""The service map over HTTP: parse, authorise, call, return."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.http import Viewer
from holdfast.runtime.problems import responses
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.servicemap.answers import PartyAnswers
from holdfast.telemetry.servicemap.api_models import (
    AnswerBody,
    AnswersQuery,
    AskedOperationBody,
    CallsOfMapBody,
    CallsPartBody,
    CallsQuery,
    CountedCallsBody,
    MapBody,
    MapEdgeBody,
    MapNodeBody,
    MapQuery,
    PartBody,
    PartyAnswersBody,
    UsualCallsBody,
    ZoneBody,
)
from holdfast.telemetry.servicemap.calls import CallsBetween, Counted
from holdfast.telemetry.servicemap.model import EdgeRow, Part
from holdfast.telemetry.servicemap.service import Map, MapService, Node
from holdfast.telemetry.servicemap.trouble import trouble_of
from holdfast.telemetry.services.idle_body import idle_body
from holdfast.telemetry.services.stopped_body import stopped_body
from holdfast.telemetry.services.usual_body import usual_series
from holdfast.telemetry.warehouse.instants import slices_within


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

    @routes.get("/map/answers", operation_id="get_map_answers", responses=responses(Invalid, NotFound))
    def get_map_answers(principal: Viewer, query: Annotated[AnswersQuery, Query()]) -> PartyAnswersBody:
        """Return what was asked of a node that sends no spans, by whom, and what it answered."""
        return _answers_body(service.answers(query.start, query.end, query.target))

    return routes


def _answers_body(found: PartyAnswers) -> PartyAnswersBody:
    return PartyAnswersBody(
        start=found.within.start,
        end=found.within.end,
        operations=[
            AskedOperationBody(
                service=one.caller.name,
                namespace=one.caller.namespace,
                environment=one.caller.environment,
                operation=one.name,
                calls=one.calls,
                errors=one.errors,
                p50_seconds=one.latency.p50_seconds,
                p99_seconds=one.latency.p99_seconds,
            )
            for one in found.operations
        ],
        answers=[AnswerBody(answer=one.words, calls=one.calls, errors=one.errors) for one in found.answers],
    )


def _calls_body(found: CallsBetween) -> CallsOfMapBody:
    step, charted = found.step_seconds, slices_within(found.charted)
    times = list(range(charted["from"] // step * step, charted["to"], step))
    points = {one.epoch: one.counted for one in found.points}
    at = [points.get(time) for time in times]
    return CallsOfMapBody(
        start=found.within.start,
        end=found.within.end,
        now=CountedCallsBody(**_counted(found.now, found.within)),
        usual=_usual(found),
        reason=found.trouble.kind.value,
        sentence=found.trouble.sentence,
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
        usual_series=usual_series(found.band, times, step),
        usual_begins=_at(found.band.begins_epoch),
    )


def _usual(found: CallsBetween) -> UsualCallsBody | None:
    if found.usual is None:
        return None
    return UsualCallsBody(
        **asdict(found.usual), calls=round(found.usual.rate_per_second * found.within.seconds)
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
    key, described, trouble = node.key, node.described, trouble_of(node.handled)
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
        reason=trouble.kind.value,
        sentence=trouble.sentence,
        zones=_zones(node),
        versions=[_part(one) for one in node.versions],
        silent_since=None if node.silence.idle_behind else _at(node.silence.since_epoch),
        idle=idle_body(node.silence),
        stopped_instances=stopped_body(node.silence.instances),
        **_calls(
            node.handled.calls, node.handled.errors, node.handled.proxy_errors, node.handled.latency, within
        ),
    )


def _zones(node: Node) -> list[ZoneBody]:
    lost = () if node.silence.idle_behind else node.silence.zones
    silent, sending = dict(lost), {one.name: one for one in node.zones}
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
