"""Traces over HTTP: parse, authorise, call, return."""

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from holdfast.runtime.http import Viewer
from holdfast.telemetry.traces.model import Span
from holdfast.telemetry.traces.service import TracesService


class SpanBody(BaseModel):
    """One span; `offset_seconds` counts from the start of the trace."""

    span_id: str
    parent_span_id: str | None
    service: str
    operation: str
    kind: str
    zone: str | None
    version: str | None
    offset_seconds: float
    duration_seconds: float
    status: str
    message: str
    attributes: dict[str, str]


class TraceBody(BaseModel):
    """One trace, its spans in order of start."""

    trace_id: str
    started_at: datetime
    duration_seconds: float
    spans: list[SpanBody]


def router(service: TracesService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(tags=["telemetry"])

    @routes.get("/traces/{trace_id}", operation_id="get_trace")
    def get_trace(principal: Viewer, trace_id: str) -> TraceBody:
        """Return the spans of one trace."""
        return _trace(service.trace(trace_id))

    return routes


def _trace(spans: list[Span]) -> TraceBody:
    start = spans[0].start_nanoseconds
    end = max(span.start_nanoseconds + span.duration_nanoseconds for span in spans)
    return TraceBody(
        trace_id=spans[0].trace_id,
        started_at=datetime.fromtimestamp(start / 1e9, UTC),
        duration_seconds=(end - start) / 1e9,
        spans=[_span(span, start) for span in spans],
    )


def _span(span: Span, trace_start: int) -> SpanBody:
    return SpanBody(
        span_id=span.span_id,
        parent_span_id=span.parent_span_id or None,
        service=span.service,
        operation=span.operation,
        kind=span.kind,
        zone=span.zone or None,
        version=span.version or None,
        offset_seconds=(span.start_nanoseconds - trace_start) / 1e9,
        duration_seconds=span.duration_nanoseconds / 1e9,
        status=span.status.lower(),
        message=span.message,
        attributes=dict(span.attributes),
    )
