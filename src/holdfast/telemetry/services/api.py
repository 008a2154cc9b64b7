"""Services over HTTP: parse, authorise, call, return."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from holdfast.runtime.addresses import PathName
from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.http import Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.problems import responses
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import PlaceFilter, ServiceId
from holdfast.telemetry.services.api_models import (
    FailedBeforeBody,
    LostZoneBody,
    ObjectiveStateBody,
    OperationBody,
    ServiceBody,
    ServiceDetail,
    ServiceList,
    ServiceQuery,
    ServiceSeriesQuery,
    ServicesQuery,
    SilenceBody,
    SilenceList,
    SilenceQuery,
    SilentZoneBody,
)
from holdfast.telemetry.services.api_series import ServiceSeriesBody, series_body
from holdfast.telemetry.services.failed_before import FailedBefore
from holdfast.telemetry.services.idle_body import idle_body
from holdfast.telemetry.services.model import Red
from holdfast.telemetry.services.service import ObjectiveState, ServiceView, TelemetryService
from holdfast.telemetry.services.silence import LostZone, Silence
from holdfast.telemetry.services.stopped_body import stopped_body
from holdfast.telemetry.services.trouble import NEED_ATTENTION, is_slow

SILENT_MOST, LOST_NAMED_MOST = 200, 20


def router(service: TelemetryService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(tags=["telemetry"])

    @routes.get("/services", operation_id="list_services", responses=responses(Invalid))
    def list_services(principal: Viewer, query: Annotated[ServicesQuery, Query()]) -> ServiceList:
        """List services with their rate, errors and duration; later pages use the range of the first."""
        page = service.services(
            service.range(query.start, query.end),
            text=query.q,
            scope=PlaceFilter.named(query.environment, query.namespace, query.region),
            cursor=query.cursor,
            limit=query.limit,
        )
        items = fitting(ServiceBody.model_validate(_service(view)) for view in page.views)
        return ServiceList(items=items, next=page.after(len(items)))

    @routes.get("/silences", operation_id="list_silences")
    def list_silences(principal: Viewer, query: Annotated[SilenceQuery, Query()]) -> SilenceList:
        """List the services that stopped sending spans, wholly, in a zone or in instances; and lost zones."""
        scope = PlaceFilter.named(query.environment, query.namespace)
        items = fitting(_silence_body(one, quiet) for one, quiet in service.silent(scope)[:SILENT_MOST])
        return SilenceList(items=items, lost_zones=[_lost(one) for one in service.lost_zones(scope)])

    routes.include_router(_one(service))
    return routes


def _one(service: TelemetryService) -> APIRouter:
    routes = APIRouter()

    @routes.get("/services/{name}", operation_id="get_service", responses=responses(Invalid, NotFound))
    def get_service(
        principal: Viewer, name: PathName, query: Annotated[ServiceQuery, Query()]
    ) -> ServiceDetail:
        """Return one service with its operations and objectives.

        If several services have this name, the environment or the namespace must say which.
        """
        view = service.service(name, service.range(query.start, query.end), _which(query))
        return ServiceDetail(
            **_service(view),
            runbook=view.described.runbook if view.described else None,
            links=list(view.described.links) if view.described else [],
            operations=[_operation(one, view.within) for one in view.operations],
            objectives_list=[_objective_state(one) for one in view.objectives],
        )

    @routes.get(
        "/services/{name}/series",
        operation_id="get_service_series",
        responses=responses(Invalid, NotFound),
    )
    def get_service_series(
        principal: Viewer, name: PathName, query: Annotated[ServiceSeriesQuery, Query()]
    ) -> ServiceSeriesBody:
        """Return rate, errors and duration per step."""
        within, operation = service.range(query.start, query.end), query.operation
        found = service.series(name, within, _which(query), step_seconds=query.step, operation=operation)
        return series_body(name, operation, found)

    return routes


def _which(query: ServiceQuery) -> PlaceFilter:
    return PlaceFilter.named(query.environment, query.namespace)


def _red(one: Red, within: TimeRange) -> dict[str, object]:
    return {
        "requests": one.requests,
        "rate_per_second": one.requests / within.seconds,
        "errors": one.errors,
        "error_ratio": one.errors / one.requests if one.requests else None,
        "p50_seconds": one.latency.p50_seconds,
        "p90_seconds": one.latency.p90_seconds,
        "p99_seconds": one.latency.p99_seconds,
    }


def _service(view: ServiceView) -> dict[str, object]:
    measured, described = view.measured, view.described
    newest = measured.last_seen_epoch
    return {
        "name": measured.id.name,
        "environment": measured.id.environment,
        "namespace": measured.id.namespace,
        "label": view.label,
        "display_name": described.display_name if described else measured.red.name,
        "team": described.team if described else None,
        "tier": described.tier if described else None,
        **_red(measured.red, view.within),
        "regions": list(measured.regions),
        "zones": list(measured.zones),
        "versions": list(measured.versions),
        "last_seen": datetime.fromtimestamp(newest, UTC) if newest else None,
        **_silence(view.silence),
        "is_mesh_hop": view.is_mesh_hop,
        "objectives": len(view.objectives),
        "worst_state": view.objectives[0].state if view.objectives else None,
        "worst_burn_state": view.objectives[0].burn if view.objectives else None,
        "now": _now(view),
        "usual": None if view.usual is None else asdict(view.usual),
        "lines": asdict(view.lines),
    }


def _now(view: ServiceView) -> dict[str, object]:
    now, trouble = view.now, view.trouble
    return {
        "requests": now.requests,
        "errors": now.errors,
        "p99_seconds": now.p99_seconds,
        "is_slow": is_slow(now, view.usual),
        "reason": trouble.kind.value,
        "needs_attention": trouble.kind in NEED_ATTENTION and not view.is_mesh_hop,
        "sentence": trouble.sentence,
        "failed_before": _failed_before(view.failed_before),
    }


def _failed_before(found: FailedBefore | None) -> FailedBeforeBody | None:
    if found is None:
        return None
    return FailedBeforeBody(
        calls=found.calls.calls,
        failed=found.calls.failed,
        ratio=found.calls.ratio,
        where=found.where,
        zone=found.zone,
        callers=list(found.callers),
        sentence=found.sentence,
    )


def _silence_body(one: ServiceId, found: Silence) -> SilenceBody:
    of = {"service": one.name, "environment": one.environment, "namespace": one.namespace}
    return SilenceBody.model_validate(of | _silence(found))


def _lost(found: LostZone) -> LostZoneBody:
    return LostZoneBody(
        zone=found.zone,
        environment=found.environment,
        since=datetime.fromtimestamp(found.since_epoch, UTC),
        services=len(found.services),
        names=[one.name for one in found.services[:LOST_NAMED_MOST]],
    )


def _silence(found: Silence) -> dict[str, object]:
    """Return what is silent as the fields `silent_since`, `silent_zones`, `idle` and `stopped_instances`."""
    since = None if found.since_epoch is None else datetime.fromtimestamp(found.since_epoch, UTC)
    is_idle = bool(found.idle_behind)
    return {
        "silent_since": None if is_idle else since,
        "silent_zones": [
            SilentZoneBody(zone=zone, since=datetime.fromtimestamp(at, UTC))
            for zone, at in found.zones
            if not is_idle
        ],
        "idle": idle_body(found),
        "stopped_instances": stopped_body(found.instances),
    }


def _operation(one: Red, within: TimeRange) -> OperationBody:
    return OperationBody.model_validate({"operation": one.name, "kind": one.kind, **_red(one, within)})


def _objective_state(one: ObjectiveState) -> ObjectiveStateBody:
    return ObjectiveStateBody(
        name=one.name,
        display_name=one.display_name,
        state=one.state,
        burn_state=one.burn,
        environment=one.within.environment,
        namespace=one.within.namespace,
    )
