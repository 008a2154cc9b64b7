"""Objectives and alerts over HTTP: parse, authorise, call, return."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from holdfast.objectives.api_models import (
    AlertList,
    BreakdownBody,
    ContributorList,
    ExemplarList,
    ObjectiveDetail,
    ObjectiveList,
    ObjectiveSeriesBody,
)
from holdfast.objectives.api_views import (
    alert_list,
    breakdown_body,
    contributor_list,
    exemplar_body,
    objective_detail,
    objective_list,
    series_body,
)
from holdfast.objectives.model import State
from holdfast.objectives.service import ObjectivesService
from holdfast.runtime.addresses import PathName
from holdfast.runtime.errors import Invalid, NotFound, Unavailable
from holdfast.runtime.http import Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import Cursor, From, Limit, Step, To
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.identity.queries import Environment, Namespace

By = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]] | None,
    Query(max_length=10, description="operation, version, zone, pod or attribute; else the most distinctive"),
]
ServiceName = Annotated[str | None, Query(alias="service", max_length=300)]


def router(service: ObjectivesService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(tags=["objectives"])
    for part in (_objectives, _over_time, _evidence, _alerts):
        routes.include_router(part(service))
    return routes


def _objectives(service: ObjectivesService) -> APIRouter:
    routes = APIRouter()

    @routes.get("/objectives", operation_id="list_objectives", responses=responses(Invalid, Unavailable))
    def list_objectives(
        principal: Viewer,
        of_service: ServiceName = None,
        state: State | None = None,
        q: Annotated[str, Query(max_length=200)] = "",
        environment: Environment = None,
        namespace: Namespace = None,
        cursor: Cursor = None,
        limit: Limit = 200,
    ) -> ObjectiveList:
        """List objectives with budget, burn and state, worst first.

        One that names no environment counts every one of them, and is listed for each; namespaces likewise.
        """
        scope = PlaceFilter.named(environment, namespace)
        found = service.listing(
            service=of_service, state=state, text=q, scope=scope, cursor=cursor, limit=limit
        )
        return objective_list(found)

    @routes.get(
        "/objectives/{name}", operation_id="get_objective", responses=responses(NotFound, Unavailable)
    )
    def get_objective(principal: Viewer, name: PathName) -> ObjectiveDetail:
        """Show one objective with what it measures and its alert tiers."""
        return objective_detail(service.view(name), service.warnings(name))

    return routes


def _over_time(service: ObjectivesService) -> APIRouter:
    routes = APIRouter()

    @routes.get(
        "/objectives/{name}/series",
        operation_id="get_objective_series",
        responses=responses(Invalid, NotFound, Unavailable),
    )
    def get_series(
        principal: Viewer, name: PathName, start: From = None, end: To = None, step: Step = None
    ) -> ObjectiveSeriesBody:
        """Show events, the budget of the window before each moment, and burn rates over time."""
        within = service.range(start, end)
        series = service.series(name, within, step_seconds=step)
        return series_body(name, series, service.marks(name, within))

    return routes


def _evidence(service: ObjectivesService) -> APIRouter:
    routes = APIRouter()

    @routes.get(
        "/objectives/{name}/contributors",
        operation_id="get_objective_contributors",
        responses=responses(Invalid, NotFound, Unavailable),
    )
    def get_contributors(
        principal: Viewer, name: PathName, start: From = None, end: To = None
    ) -> ContributorList:
        """Show where the bad events of a range began."""
        return contributor_list(service.contributors(name, service.range(start, end)))

    @routes.get(
        "/objectives/{name}/exemplars",
        operation_id="get_objective_exemplars",
        responses=responses(Invalid, NotFound, Unavailable),
    )
    def get_exemplars(
        principal: Viewer,
        name: PathName,
        start: From = None,
        end: To = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> ExemplarList:
        """Show bad events of a range, newest first, each with its trace."""
        found = service.exemplars(name, service.range(start, end), limit=limit)
        return ExemplarList(items=fitting(exemplar_body(one) for one in found))

    @routes.get(
        "/objectives/{name}/breakdown",
        operation_id="get_objective_breakdown",
        responses=responses(Invalid, NotFound, Unavailable),
    )
    def get_breakdown(
        principal: Viewer, name: PathName, start: From = None, end: To = None, by: By = None
    ) -> BreakdownBody:
        """Show what the bad events of a range have in common and the good ones lack."""
        return breakdown_body(service.breakdown(name, service.range(start, end), by=by or ()))

    return routes


def _alerts(service: ObjectivesService) -> APIRouter:
    routes = APIRouter()

    @routes.get("/alerts", operation_id="list_alerts", responses=responses(Invalid, Unavailable))
    def list_alerts(
        principal: Viewer,
        state: Literal["firing", "all"] = "firing",
        objective: Annotated[str | None, Query(max_length=300)] = None,
        environment: Environment = None,
        namespace: Namespace = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> AlertList:
        """List alerts, newest first: those that fire (shown or covered), or all."""
        rows, has_more = service.alerts(
            firing_only=state == "firing",
            objective=objective,
            scope=PlaceFilter.named(environment, namespace),
            cursor=cursor,
            limit=limit,
        )
        return alert_list(rows, has_more=has_more)

    return routes
