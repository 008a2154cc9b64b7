"""Services over HTTP: parse, authorise, call, return."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from holdfast.runtime.addresses import PathName
from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.http import Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.problems import responses
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.instants import slices_within
from holdfast.telemetry.service import PromiseState, ServiceSeries, ServiceView, TelemetryService
from holdfast.telemetry.steps import StepSeconds
from holdfast.telemetry.store import Red

From = Annotated[str | None, Query(alias="from", description="ISO 8601 instant or now-1h", max_length=40)]
To = Annotated[str | None, Query(alias="to", description="ISO 8601 instant or now", max_length=40)]
Step = Annotated[StepSeconds, Query(description="Seconds per point, a multiple of 10; or 10s, 5m, 1h")]
Name = Annotated[str | None, Query(max_length=300)]
Cursor = Annotated[str | None, Query(max_length=2000, description="The `next` of the page before")]


class OperationBody(BaseModel):
    """Rate, errors and duration of one operation over the range."""

    operation: str
    kind: str
    requests: int
    rate_per_second: float
    errors: int
    error_ratio: float | None
    p50_seconds: float | None
    p90_seconds: float | None
    p99_seconds: float | None


class PromiseBody(BaseModel):
    """An objective of the service and how it stands."""

    name: str
    display_name: str
    state: str


class ServiceBody(BaseModel):
    """One service over the range. `error_ratio` is null without requests, never zero by default."""

    name: str
    display_name: str
    team: str | None
    tier: str | None
    requests: int
    rate_per_second: float
    errors: int
    error_ratio: float | None
    p50_seconds: float | None
    p90_seconds: float | None
    p99_seconds: float | None
    zones: list[str]
    versions: list[str]
    last_seen: datetime | None
    objectives: int
    worst_state: str | None
    sparkline: list[int]


class ServiceList(BaseModel):
    """Services, busiest first."""

    items: list[ServiceBody]
    next: str | None


class ServiceDetail(ServiceBody):
    """One service with its operations and objectives."""

    operations: list[OperationBody]
    objectives_list: list[PromiseBody]


class MarkBody(BaseModel):
    """A change, to be drawn on the charts."""

    at: datetime
    kind: str
    label: str
    href: str | None


class ServiceSeriesBody(BaseModel):
    """RED per step; the arrays are parallel, and steps without traffic hold 0 and null."""

    name: str
    operation: str | None
    step_seconds: int
    times_epoch: list[int]
    requests: list[int]
    errors: list[int]
    p50_seconds: list[float | None]
    p90_seconds: list[float | None]
    p99_seconds: list[float | None]
    marks: list[MarkBody]


def router(service: TelemetryService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(tags=["telemetry"])

    @routes.get("/services", operation_id="list_services", responses=responses(Invalid))
    def list_services(
        principal: Viewer,
        start: From = None,
        end: To = None,
        q: Annotated[str, Query(max_length=200)] = "",
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> ServiceList:
        """List services with their rate, errors and duration; all pages are of the range of the first."""
        page = service.services(service.range(start, end), text=q, cursor=cursor, limit=limit)
        items = fitting(ServiceBody.model_validate(_service(view)) for view in page.views)
        return ServiceList(items=items, next=page.after(len(items)))

    @routes.get("/services/{name}", operation_id="get_service", responses=responses(NotFound))
    def get_service(principal: Viewer, name: PathName, start: From = None, end: To = None) -> ServiceDetail:
        """Return one service with its operations and objectives."""
        view = service.service(name, service.range(start, end))
        return ServiceDetail(
            **_service(view),
            operations=[_operation(one, view.within) for one in view.operations],
            objectives_list=[_promise(one) for one in view.promises],
        )

    @routes.get("/services/{name}/series", operation_id="get_service_series")
    def get_service_series(
        principal: Viewer,
        name: PathName,
        start: From = None,
        end: To = None,
        step: Step = None,
        operation: Name = None,
    ) -> ServiceSeriesBody:
        """Return rate, errors and duration per step."""
        found = service.series(name, service.range(start, end), step_seconds=step, operation=operation)
        return _series(name, operation, found)

    return routes


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
        "name": measured.red.name,
        "display_name": described.display_name if described else measured.red.name,
        "team": described.team if described else None,
        "tier": described.tier if described else None,
        **_red(measured.red, view.within),
        "zones": list(measured.zones),
        "versions": list(measured.versions),
        "last_seen": datetime.fromtimestamp(newest, UTC) if newest else None,
        "objectives": len(view.promises),
        "worst_state": view.promises[0].state if view.promises else None,
        "sparkline": list(view.sparkline),
    }


def _operation(one: Red, within: TimeRange) -> OperationBody:
    return OperationBody.model_validate({"operation": one.name, "kind": one.kind, **_red(one, within)})


def _promise(one: PromiseState) -> PromiseBody:
    return PromiseBody(name=one.name, display_name=one.display_name, state=one.state)


def _series(name: str, operation: str | None, found: ServiceSeries) -> ServiceSeriesBody:
    step = found.step_seconds
    bounds = slices_within(found.within)
    times = list(range(bounds["from"] // step * step, bounds["to"], step))
    points = {point.epoch: point for point in found.points}
    at = [points.get(time) for time in times]
    return ServiceSeriesBody(
        name=name,
        operation=operation,
        step_seconds=step,
        times_epoch=times,
        requests=[point.requests if point else 0 for point in at],
        errors=[point.errors if point else 0 for point in at],
        p50_seconds=[point.latency.p50_seconds if point else None for point in at],
        p90_seconds=[point.latency.p90_seconds if point else None for point in at],
        p99_seconds=[point.latency.p99_seconds if point else None for point in at],
        marks=[MarkBody(at=mark.at, kind=mark.kind, label=mark.label, href=None) for mark in found.marks],
    )
