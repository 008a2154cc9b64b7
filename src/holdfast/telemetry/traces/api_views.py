"""Traces as the API shows them. Pure."""

from collections import defaultdict
from datetime import datetime, timedelta

from holdfast.runtime.pages import fitting
from holdfast.runtime.timerange import EARLIEST
from holdfast.telemetry.traces.api_models import (
    CallsBody,
    ComparedBody,
    ComparedTrace,
    ComparisonBody,
    EventBody,
    LinkBody,
    PathIntervalBody,
    ScatterBody,
    ScatterPoint,
    SpanBody,
    TallyBody,
    TallyKindBody,
    TimePartBody,
    TraceBody,
    TraceHit,
    TraceLogBody,
    WhatHappenedBody,
)
from holdfast.telemetry.traces.compare import Calls, Row
from holdfast.telemetry.traces.failure import failure
from holdfast.telemetry.traces.mesh import hops
from holdfast.telemetry.traces.model import (
    TRACE_BYTES_MOST,
    Outcome,
    Point,
    Scatter,
    Search,
    Span,
    TraceLogLine,
    extent_nanoseconds,
    is_failed,
)
from holdfast.telemetry.traces.tally import OutcomeTally
from holdfast.telemetry.traces.views import Comparison, DescribedHit, TraceView
from holdfast.telemetry.traces.what_happened import WhatHappened


def moment(nanoseconds: int) -> datetime:
    """Return the instant that is `nanoseconds` after 1970, to the microsecond."""
    return EARLIEST + timedelta(microseconds=nanoseconds // 1000)


def hit_body(one: DescribedHit) -> TraceHit:
    """Return a trace that was found."""
    trace, found = one.hit.trace, one.hit.found
    return TraceHit(
        trace_id=trace.trace_id,
        root_service=trace.root_service,
        root_operation=trace.root_operation,
        root_is_stored=trace.has_root,
        services=list(trace.services),
        spans=trace.spans,
        errors=trace.errors,
        started_at=moment(trace.start_nanoseconds),
        duration_seconds=trace.duration_nanoseconds / 1e9,
        span_id=found.span_id,
        span_started_at=moment(found.start_nanoseconds),
        span_duration_seconds=found.duration_nanoseconds / 1e9,
        what_happened=happened_body(one.happened),
        time=[TimePartBody(party=part.party, duration_seconds=part.nanoseconds / 1e9) for part in one.parts],
    )


def happened_body(one: WhatHappened) -> WhatHappenedBody:
    """Return what happened in a trace."""
    return WhatHappenedBody(
        outcome=one.outcome,
        operation=one.operation,
        words=one.words,
        answer=one.answer or None,
        party=one.party or None,
        span_id=one.span_id or None,
        zone=one.zone or None,
        version=one.version or None,
        repeats=one.repeats,
        took_seconds=one.by.took_nanoseconds / 1e9,
        slow_from_seconds=_seconds(one.by.slow_from_nanoseconds),
        objective=one.by.objective or None,
        allowed_seconds=_seconds(one.by.allowed_nanoseconds),
    )


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


def tally_body(one: OutcomeTally) -> TallyBody:
    """Return a tally as the API has it."""
    kinds = [
        TallyKindBody(operation=kind.operation, words=kind.words, happened=kind.sentence, traces=kind.traces)
        for kind in one.kinds
    ]
    return TallyBody(outcome=one.outcome, looked_at=one.looked_at, is_all=one.is_all, kinds=kinds)


def scatter_body(scatter: Scatter, search: Search) -> ScatterBody:
    """Return the scatter plot of latency over time."""
    return ScatterBody(
        points=[_point(point) for point in scatter.points],
        spans=scatter.spans,
        errors=scatter.errors,
        slow=scatter.slow,
        scope=search.scope,
        start_epoch=search.within.start.timestamp(),
        end_epoch=search.within.end.timestamp(),
    )


def _point(point: Point) -> ScatterPoint:
    return ScatterPoint(
        trace_id=point.trace_id,
        span_id=point.span_id,
        at_epoch=point.start_nanoseconds / 1e9,
        duration_seconds=point.duration_nanoseconds / 1e9,
        is_error=point.is_error,
        service=point.service,
        environment=point.environment,
        namespace=point.namespace,
        region=point.region,
        operation=point.operation,
        outcome=_outcome(point),
    )


def _outcome(point: Point) -> Outcome:
    slow_or_usual = Outcome.SLOW if point.is_slow else Outcome.USUAL
    return Outcome.FAILED if point.is_error else slow_or_usual


def trace_body(view: TraceView) -> TraceBody:
    """Return one trace with as many of its spans as fit into a response."""
    body = _trace(view)
    shown = len(fitting(body.spans, most_bytes=TRACE_BYTES_MOST))
    return body if shown == len(body.spans) else _trace(view.first(shown))


def _trace(view: TraceView) -> TraceBody:
    spans = view.tree.spans
    start = spans[0].start_nanoseconds
    bodies = _spans(view, start)
    return TraceBody(
        trace_id=spans[0].trace_id,
        started_at=moment(start),
        duration_seconds=view.nanoseconds / 1e9,
        root_span_id=spans[view.tree.main or 0].span_id,
        services=sorted({body.service for body in bodies if not body.is_proxy}),
        errors=sum(body.is_error for body in bodies),
        orphans=sum(body.is_orphan for body in bodies),
        is_cut=view.left_out > 0,
        left_out=view.left_out,
        what_happened=happened_body(view.happened),
        critical_path=[
            PathIntervalBody(
                span_id=spans[one.index].span_id,
                offset_seconds=(one.start_nanoseconds - start) / 1e9,
                duration_seconds=one.nanoseconds / 1e9,
            )
            for one in view.path
        ],
        spans=bodies,
    )


def _spans(view: TraceView, start: int) -> list[SpanBody]:
    critical: dict[int, int] = defaultdict(int)
    for interval in view.path:
        critical[interval.index] += interval.nanoseconds
    carrying = hops(view.tree.spans)
    return [
        _span(view, index, start, critical[index], is_proxy=detail.span.span_id in carrying)
        for index, detail in enumerate(view.details)
    ]


def _span(view: TraceView, index: int, start: int, critical: int, *, is_proxy: bool) -> SpanBody:
    detail, tree = view.details[index], view.tree
    span = detail.span
    return SpanBody(
        span_id=span.span_id,
        parent_span_id=span.parent_span_id or None,
        service=span.service,
        party=view.parties.get(span.span_id, span.service),
        environment=span.environment,
        namespace=span.namespace,
        region=span.region,
        operation=span.operation,
        kind=span.kind,
        zone=span.zone or None,
        version=span.version or None,
        offset_seconds=(span.start_nanoseconds - start) / 1e9,
        duration_seconds=span.duration_nanoseconds / 1e9,
        self_seconds=view.own_nanoseconds[index] / 1e9,
        critical_seconds=critical / 1e9,
        status=span.status.lower(),
        message=failure(span) or span.message,
        is_error=is_failed(span),
        is_proxy=is_proxy,
        is_orphan=tree.is_orphan(index),
        ahead_seconds=tree.ahead_nanoseconds(index) / 1e9,
        attributes=dict(span.attributes),
        resource=dict(detail.resource),
        events=[
            EventBody(
                name=event.name,
                offset_seconds=(event.at_nanoseconds - start) / 1e9,
                attributes=dict(event.attributes),
            )
            for event in detail.events
        ],
        links=[
            LinkBody(trace_id=link.trace_id, span_id=link.span_id, attributes=dict(link.attributes))
            for link in detail.links
        ],
    )


def log_body(line: TraceLogLine, start: int) -> TraceLogBody:
    """Return a log line of a trace that began at `start`."""
    return TraceLogBody(
        id=line.id,
        at=moment(line.at_nanoseconds),
        offset_seconds=(line.at_nanoseconds - start) / 1e9,
        span_id=line.span_id or None,
        service=line.service,
        environment=line.environment,
        namespace=line.namespace,
        region=line.region,
        severity=line.severity,
        severity_number=line.severity_number,
        body=line.body,
        attributes=dict(line.attributes),
    )


def comparison_body(comparison: Comparison) -> ComparisonBody:
    """Return two traces side by side."""
    return ComparisonBody(
        first=_compared(comparison.first),
        second=_compared(comparison.second),
        rows=[_row(row) for row in comparison.rows],
    )


def _compared(spans: tuple[Span, ...]) -> ComparedTrace:
    return ComparedTrace(
        trace_id=spans[0].trace_id,
        started_at=moment(spans[0].start_nanoseconds),
        duration_seconds=extent_nanoseconds(spans) / 1e9,
        spans=len(spans),
        errors=sum(is_failed(span) for span in spans),
        environments=sorted({span.environment for span in spans if span.environment}),
    )


def _row(row: Row) -> ComparedBody:
    service, operation, kind = row.way[-1]
    return ComparedBody(
        service=service.name,
        environment=service.environment,
        namespace=service.namespace,
        operation=operation,
        kind=kind,
        depth=len(row.way) - 1,
        change=row.difference,
        first=_calls(row.first),
        second=_calls(row.second),
        slower_seconds=row.slower_nanoseconds / 1e9,
    )


def _calls(calls: Calls | None) -> CallsBody | None:
    if calls is None:
        return None
    return CallsBody(
        calls=calls.calls,
        duration_seconds=calls.nanoseconds / 1e9,
        self_seconds=calls.self_nanoseconds / 1e9,
        errors=calls.errors,
    )
