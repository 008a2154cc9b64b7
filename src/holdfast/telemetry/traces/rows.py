"""The columns read of spans and log lines, and their rows as the model has them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.logs.model import line_id
from holdfast.telemetry.logs.words import plain
from holdfast.telemetry.traces.failure import EXCEPTION
from holdfast.telemetry.traces.mesh import is_proxy_name
from holdfast.telemetry.traces.model import (
    Attributes,
    FoundSpan,
    Outcome,
    Point,
    Span,
    SpanDetail,
    SpanEvent,
    SpanLink,
    TraceLogLine,
    TraceSummary,
)
from holdfast.telemetry.traces.shared_ids import with_own_ids
from holdfast.telemetry.traces.tables import SERVICES_MOST
from holdfast.telemetry.warehouse.protocol import Row

PLACE = "toString(Environment), toString(Namespace), toString(Region)"
NARROW = (
    "TraceId, SpanId, ParentSpanId, toString(ServiceName), toString(SpanName), lower(toString(SpanKind)), "
    "toString(Zone), toString(Version), toUnixTimestamp64Nano(Timestamp) AS start, Duration, "
    f"toString(StatusCode), StatusMessage, SpanAttributes, {EXCEPTION}, {PLACE}"
)
WIDE = (
    "ResourceAttributes, arrayMap(at -> toUnixTimestamp64Nano(at), Events.Timestamp), "
    "arrayMap(name -> toString(name), Events.Name), Events.Attributes, Links.TraceId, Links.SpanId, "
    "Links.Attributes"
)
SENT = (
    "toString(ServiceName), toString(SpanName), StatusMessage, SpanAttributes, ResourceAttributes, "
    "Events.Name, Events.Attributes, Links.Attributes"
)
"""Columns whose size senders choose."""


def span_of(row: Row, names: ServiceNames) -> Span:
    """Return a span from a row of `NARROW`."""
    *values, attributes, _, exception = row[:15]
    values[3] = names.called(values[3])
    return Span(*[*values, _pairs(attributes), exception], *row[15:18])


def details_of(rows: Sequence[Row], names: ServiceNames) -> list[SpanDetail]:
    """Return spans with all that is stored of them, from rows of `NARROW` and `WIDE`."""
    spans = with_own_ids([span_of(row, names) for row in rows])
    return [_detail(span, row) for span, row in zip(spans, rows, strict=True)]


def _detail(span: Span, row: Row) -> SpanDetail:
    resource, at, names, noted, traces, spans, linked = row[18:25]
    events = zip(at, names, map(_pairs, noted), strict=True)
    links = zip(traces, spans, map(_pairs, linked), strict=True)
    return SpanDetail(
        span,
        _pairs(resource),
        tuple(SpanEvent(*event) for event in events),
        tuple(SpanLink(*link) for link in links),
    )


def line_of(row: Row, names: ServiceNames) -> TraceLogLine:
    """Return a log line of a trace."""
    number, at, span_id, service, *written, body, attributes, environment, namespace, region = row
    said = (
        span_id,
        names.called(service),
        *written,
        plain(body),
        _pairs(attributes),
        environment,
        namespace,
        region,
    )
    return TraceLogLine(line_id(at, number), at, *said)


def point_of(row: Row, names: ServiceNames) -> Point:
    """Return a point of the scatter plot."""
    *ids, is_error, service, operation, environment, namespace, region, is_slow = row
    trace_id, span_id, start, duration = ids
    return Point(
        trace_id,
        span_id,
        start,
        duration,
        bool(is_error),
        names.called(service),
        operation,
        environment,
        namespace,
        region,
        bool(is_slow),
    )


def found_of(row: Row) -> FoundSpan:
    """Return a span that was found."""
    trace_id, span_id, start, duration, outcome = row
    return FoundSpan(trace_id, span_id, start, duration, Outcome(outcome))


def _pairs(attributes: Iterable[Any]) -> Attributes:
    found = attributes.items() if isinstance(attributes, Mapping) else attributes
    return tuple((str(key), str(value)) for key, value in found)


def summary_of(row: Row, names: ServiceNames) -> TraceSummary:
    """Return the summary of a trace from its row of the index."""
    trace_id, first, has_root, services, spans, errors, start, end = row
    _, service, operation = first.values() if isinstance(first, Mapping) else first
    parts = sorted({names.called(name) for name in services if not is_proxy_name(name)})[:SERVICES_MOST]
    return TraceSummary(
        trace_id,
        names.called(service),
        operation,
        bool(has_root),
        tuple(parts),
        spans,
        errors,
        start,
        end - start,
    )
