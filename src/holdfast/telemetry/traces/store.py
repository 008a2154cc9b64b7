"""Reads traces from the warehouse."""

from typing import Any

from holdfast.telemetry.traces.model import Span
from holdfast.telemetry.warehouse import Warehouse

TRACE_SPANS_MOST = 10_000


class TraceStore:
    """Reads single traces."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def spans(self, trace_id: str) -> list[Span]:
        """Return the spans of a trace in order of start, at most 10,000; empty when it is not stored."""
        bounds = self._warehouse.query(
            "SELECT count(), toUInt32(min(Start)), toUInt32(max(End)) FROM otel_traces_trace_id_ts "
            "WHERE TraceId = {id:String}",
            {"id": trace_id},
        )[0]
        if not bounds[0]:
            return []
        rows = self._warehouse.query(
            "SELECT TraceId, SpanId, ParentSpanId, ServiceName, SpanName, SpanKind, "
            "ResourceAttributes['cloud.availability_zone'], ResourceAttributes['service.version'], "
            "toUnixTimestamp64Nano(Timestamp) AS start, Duration, StatusCode, StatusMessage, SpanAttributes "
            "FROM otel_traces WHERE TraceId = {id:String} AND Timestamp >= toDateTime({from:UInt32}, 'UTC') "
            "AND Timestamp <= toDateTime({to:UInt32}, 'UTC') + 1 ORDER BY start LIMIT {most:UInt32}",
            {"id": trace_id, "from": bounds[1], "to": bounds[2], "most": TRACE_SPANS_MOST},
        )
        return [_span(row) for row in rows]


def _span(row: tuple[Any, ...]) -> Span:
    values = [*row[:5], row[5].lower(), *row[6:12], tuple(row[12])]
    return Span(*values)
