"""Traces over HTTP: parse, authorise, call, return."""

import re
from typing import Annotated

from fastapi import APIRouter, Query

from holdfast.runtime.addresses import PathName
from holdfast.runtime.errors import Invalid, NotFound, Unavailable
from holdfast.runtime.http import Viewer
from holdfast.runtime.pages import fitting, number
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import Cursor, Limit
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.traces.api_models import (
    ComparisonBody,
    ListQuery,
    ScatterBody,
    ScatterQuery,
    SearchQuery,
    TallyList,
    TraceBody,
    TraceList,
    TraceLogs,
)
from holdfast.telemetry.traces.api_views import (
    comparison_body,
    hit_body,
    log_body,
    moment,
    scatter_body,
    tally_body,
    trace_body,
)
from holdfast.telemetry.traces.model import AttributeCondition, AttributeOperator, Scope, Search
from holdfast.telemetry.traces.service import TracesService

_ATTRIBUTE = re.compile(r"([^=~]{1,200})([=~])(.{0,1000})", re.DOTALL)


def router(service: TracesService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(tags=["telemetry"])

    @routes.get("/traces", operation_id="list_traces", responses=responses(Invalid, NotFound, Unavailable))
    def list_traces(principal: Viewer, query: Annotated[ListQuery, Query()]) -> TraceList:
        """List traces in which a span meets every condition, the newest, the slowest or the failed first."""
        search = _search(service, query)
        listed = service.search(
            search, query.sort, cursor=query.cursor, limit=query.limit, happened=query.happened
        )
        items = fitting(hit_body(one) for one in listed.hits)
        return TraceList(
            items=items,
            next=listed.page.after(len(items)),
            scope=search.scope,
            looked_back_to=moment(listed.page.looked_back_to_nanoseconds),
        )

    # Before `/traces/{trace_id}`, which would match it.
    @routes.get(
        "/traces/scatter",
        operation_id="get_trace_scatter",
        responses=responses(Invalid, NotFound, Unavailable),
    )
    def get_trace_scatter(principal: Viewer, query: Annotated[ScatterQuery, Query()]) -> ScatterBody:
        """Return the durations of the spans found over time: a repeatable sample, failed ones first."""
        search = _search(service, query)
        return scatter_body(service.scatter(search, limit=query.points), search)

    @routes.get(
        "/traces/tally",
        operation_id="get_trace_tally",
        responses=responses(Invalid, NotFound, Unavailable),
    )
    def get_trace_tally(principal: Viewer, query: Annotated[SearchQuery, Query()]) -> TallyList:
        """Return how often what happened, in the newest traces that failed and in those that were slow."""
        return TallyList(items=fitting(tally_body(one) for one in service.tallies(_search(service, query))))

    for part in (_one, _two):
        routes.include_router(part(service))
    return routes


def _one(service: TracesService) -> APIRouter:
    routes = APIRouter()

    @routes.get("/traces/{trace_id}", operation_id="get_trace", responses=responses(NotFound, Unavailable))
    def get_trace(
        principal: Viewer,
        trace_id: PathName,
        objective: Annotated[
            str | None,
            Query(max_length=300, description="Judge the trace by this objective, if it violates it"),
        ] = None,
    ) -> TraceBody:
        """Return the spans of one trace, with its critical path."""
        return trace_body(service.trace(trace_id, objective=objective))

    @routes.get(
        "/traces/{trace_id}/logs",
        operation_id="get_trace_logs",
        responses=responses(Invalid, NotFound, Unavailable),
    )
    def get_trace_logs(
        principal: Viewer,
        trace_id: PathName,
        cursor: Cursor = None,
        limit: Limit = 1000,
    ) -> TraceLogs:
        """Return the log lines of one trace in order of time."""
        before = number(cursor) or 0
        start, lines = service.logs(trace_id, before=before, limit=limit + 1)
        items = fitting(log_body(line, start) for line in lines[:limit])
        return TraceLogs(items=items, next=str(before + len(items)) if len(items) < len(lines) else None)

    return routes


def _two(service: TracesService) -> APIRouter:
    routes = APIRouter()

    @routes.get(
        "/traces/{trace_id}/comparison",
        operation_id="compare_traces",
        responses=responses(Invalid, NotFound, Unavailable),
    )
    def compare_traces(
        principal: Viewer, trace_id: PathName, other: Annotated[str, Query(alias="with", max_length=100)]
    ) -> ComparisonBody:
        """Return the calls that are new, missing, slower or failing in another trace."""
        return comparison_body(service.comparison(trace_id, other))

    return routes


def _search(service: TracesService, query: SearchQuery) -> Search:
    least, most = (_nanoseconds(one) for one in (query.min_duration_seconds, query.max_duration_seconds))
    if least is not None and most is not None and least > most:
        raise Invalid(
            f"no span takes at least {query.min_duration_seconds:g} s and at most "
            f"{query.max_duration_seconds:g} s",
            value=str(query.min_duration_seconds),
            rule="min_duration_seconds <= max_duration_seconds",
        )
    return Search(
        within=service.range(query.start, query.end),
        scope=query.scope or (Scope.ANY if _has_conditions(query) else Scope.ROOT),
        service=query.service,
        operation=query.operation,
        kind=query.kind,
        outcome=query.status,
        only=query.outcome,
        zone=query.zone,
        version=query.version,
        min_nanoseconds=least,
        max_nanoseconds=most,
        attributes=tuple(_attribute(text) for text in query.attribute),
        objective=query.objective,
        broke=None if query.objective is None else service.broke(query.objective),
        place=PlaceFilter.named(query.environment, query.namespace, query.region),
        cluster=query.cluster or None,
    )


def _has_conditions(query: SearchQuery) -> bool:
    """Whether it has conditions that are of one span rather than of a whole trace."""
    named = (query.service, query.operation, query.kind, query.zone, query.version, query.objective)
    places = (query.environment, query.namespace, query.region, query.cluster)
    return any(one is not None for one in named) or any(places) or bool(query.attribute)


def _nanoseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e9)


def _attribute(text: str) -> AttributeCondition:
    match = _ATTRIBUTE.fullmatch(text)
    if match is None:
        raise Invalid(
            f"attribute={text[:100]!r} is not a condition: write key=value, or key~part of the value",
            value=text[:100],
            rule="key=value or key~part",
        )
    return AttributeCondition(match[1].strip(), AttributeOperator(match[2]), match[3])
