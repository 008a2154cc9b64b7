"""Logs over HTTP: parse, authorise, call, return."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query

from holdfast.runtime.http import Viewer, ViewerStill
from holdfast.runtime.pages import fitting
from holdfast.runtime.queries import Cursor, From, Limit, Step, To
from holdfast.runtime.streams import EventStream
from holdfast.telemetry.logs.api_models import (
    BasisBody,
    FacetBody,
    FacetList,
    FacetValue,
    LogHistogram,
    LogLineBody,
    LogList,
    PatternBody,
    PatternList,
    SeverityLine,
)
from holdfast.telemetry.logs.mining import Pattern, Patterns
from holdfast.telemetry.logs.model import LEVELS, LogLine
from holdfast.telemetry.logs.sampling import Basis
from holdfast.telemetry.logs.service import Asked, Facet, LogsService, LogVolume
from holdfast.telemetry.warehouse.instants import second_from, second_of

Text = Annotated[
    str,
    Query(max_length=1_000, description='Words, "phrases", beginnings* and -excluded ones, in either case'),
]
Conditions = Annotated[
    list[str] | None,
    Query(
        alias="where",
        description="service=cart, environment=production, zone!=a, severity>=warn, http.route=/cart; "
        "values of one field are alternatives",
    ),
]
Field = Annotated[str | None, Query(max_length=200, description="Only this field or attribute")]


OfService = Annotated[str | None, Query(max_length=300, description="Only this service, as service=NAME")]


def asked(
    start: From = None, end: To = None, q: Text = "", where: Conditions = None, service: OfService = None
) -> Asked:
    """Return the search in a request's parameters; `service` is a condition, written as other lists do."""
    own = () if service is None else (f"service={service}",)
    return Asked(start, end, q, (*(where or ()), *own))


After = Annotated[str | None, Query(max_length=60, description="The id of the last line received")]
Search = Annotated[Asked, Depends(asked)]


def router(service: LogsService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(tags=["logs"])

    @routes.get("/logs", operation_id="list_logs")
    def list_logs(principal: Viewer, search: Search, limit: Limit = 100, cursor: Cursor = None) -> LogList:
        """List log lines, newest first."""
        page = service.search(service.filter(search), cursor=cursor, limit=limit)
        items = fitting(line_body(line) for line in page.lines)
        following = page.after(len(items))
        return LogList(items=items, next=str(following) if following else None)

    @routes.get("/logs/histogram", operation_id="get_log_histogram")
    def get_log_histogram(principal: Viewer, search: Search, step: Step = None) -> LogHistogram:
        """Return the number of lines per severity and step."""
        return _histogram(service.histogram(service.filter(search), step))

    @routes.get("/logs/facets", operation_id="list_log_facets")
    def list_log_facets(
        principal: Viewer, search: Search, field: Field = None, limit: Limit = 50
    ) -> FacetList:
        """Return the most frequent values of fields and attributes, or up to `limit` of one field."""
        wanted = service.filter(search)
        found = service.facets(wanted) if field is None else [service.facet(wanted, field, limit)]
        return FacetList(items=fitting(_facet(one) for one in found))

    @routes.get("/logs/patterns", operation_id="list_log_patterns")
    def list_log_patterns(principal: Viewer, search: Search, limit: Limit = 100) -> PatternList:
        """Return the patterns of the lines: new ones first, then the most frequent."""
        return _patterns(service.patterns(service.filter(search)), limit)

    _tail(routes, service)
    return routes


def _tail(routes: APIRouter, service: LogsService) -> None:
    @routes.get("/logs/tail", operation_id="tail_logs", response_class=EventStream)
    def tail_logs(
        authority: ViewerStill,
        q: Text = "",
        where: Conditions = None,
        after: After = None,
        last_event_id: Annotated[str | None, Header(max_length=60)] = None,
    ) -> EventStream:
        """Stream new lines as server-sent events: `line`, `gap` (more lines than can be sent) and `end`.

        A client that reconnects with the id of its last line gets the lines it missed, and up to half a
        minute of lines again. The stream ends within seconds when the client's token or session ends or its
        role is lowered.
        """
        wanted = service.filter(Asked(None, None, q, tuple(where or ())))
        tail = service.follow(wanted, last_event_id or after)
        service.tails.enter()
        return EventStream(
            service.tails.events(tail, lambda line: line_body(line).model_dump_json()),
            authority=authority,
            clock=service.tails.clock,
            at_end=service.tails.leave,
        )


def line_body(line: LogLine) -> LogLineBody:
    """Return a line as the API shows it."""
    return LogLineBody(
        id=line.id,
        at=_instant(line.at_nanoseconds),
        time_unix_nano=str(line.at_nanoseconds),
        service=line.service,
        environment=line.environment,
        namespace=line.namespace,
        region=line.region,
        severity=line.severity,
        severity_text=line.severity_text,
        body=line.body,
        zone=line.zone or None,
        version=line.version or None,
        trace_id=line.trace_id or None,
        span_id=line.span_id or None,
        scope=line.scope,
        event=line.event or None,
        attributes=dict(line.attributes),
        resource=dict(line.resource),
    )


def _instant(nanoseconds: int) -> datetime:
    seconds, rest = divmod(nanoseconds, 10**9)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1_000)


def _patterns(found: Patterns, limit: int) -> PatternList:
    return PatternList(
        items=fitting(_pattern(one) for one in found.items[:limit]),
        exact=found.is_exact,
        mined=found.mined,
        of=found.of,
        before=found.before,
    )


def _pattern(one: Pattern) -> PatternBody:
    return PatternBody(
        template=one.template,
        query=one.query,
        example=one.example,
        severity=one.severity,
        lines=one.lines,
        sampled=one.sampled,
        services=list(one.services),
        first_seen=_instant(one.first_nanoseconds),
        last_seen=_instant(one.last_nanoseconds),
        new=one.is_new,
        sparkline=list(one.sparkline),
    )


def _histogram(found: LogVolume) -> LogHistogram:
    step = found.step_seconds
    first = second_of(found.within.start) // step * step
    times = list(range(first, second_from(found.within.end), step))
    place = {epoch: number for number, epoch in enumerate(times)}
    lines: dict[int, list[int]] = {}
    for one in found.counts:
        lines.setdefault(one.level, [0] * len(times))[place[one.epoch]] += one.lines
    return LogHistogram(
        step_seconds=step,
        times_epoch=times,
        severities=[
            SeverityLine(severity=LEVELS[level], lines=lines[level], total=sum(lines[level]))
            for level in sorted(lines, reverse=True)
        ],
        total=found.total,
    )


def _facet(one: Facet) -> FacetBody:
    values = fitting(FacetValue(value=value, lines=lines) for value, lines in one.values)
    return FacetBody(field=one.field, attribute=one.is_attribute, values=values, basis=basis_body(one.basis))


def basis_body(basis: Basis) -> BasisBody:
    """Return the basis of numbers as the API shows it."""
    return BasisBody(exact=basis.is_exact, looked_at=basis.looked_at, of=basis.of)
