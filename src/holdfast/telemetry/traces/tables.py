"""The index of traces: the time of each trace, to read its spans, and a summary, to list it.

The exporter's schema has the seconds in which each trace ran. Holdfast adds the other columns: a list of
fifty traces reads fifty rows here rather than fifty places among all spans.
"""

from holdfast.telemetry.warehouse.layout import Layout

TRACE_INDEX = "otel_traces_trace_id_ts"
SERVICES_MOST = 20

COLUMNS = (
    "Began SimpleAggregateFunction(min, Int64) CODEC(ZSTD(1))",
    "Ended SimpleAggregateFunction(max, Int64) CODEC(ZSTD(1))",
    "Spans SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))",
    "Errors SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))",
    "HasRoot SimpleAggregateFunction(max, UInt8) CODEC(ZSTD(1))",
    "First SimpleAggregateFunction(min, Tuple(UInt64, String, String)) CODEC(ZSTD(1))",
    f"Services SimpleAggregateFunction(groupUniqArrayArray({SERVICES_MOST}), Array(String)) CODEC(ZSTD(1))",
)
"""The added columns. Instants are nanoseconds since 1970; `Began` is 0 in rows from before them."""

# A mesh's ingress often begins the trace; the service behind it is more informative.
_IS_PROXY = "startsWith(ServiceName, 'envoy') OR ServiceName = 'unknown_service:envoy'"

# One number compares five times as fast as a tuple. Instants fit into 62 bits until 2116.
_RANK = (
    f"bitOr(bitShiftLeft(toUInt64({_IS_PROXY}), 63), bitOr(bitShiftLeft(toUInt64(NOT IsRoot), 62), "
    "toUInt64(toUnixTimestamp64Nano(Timestamp))))"
)

SUMMARY = (
    "min(toUnixTimestamp64Nano(Timestamp)) AS Began, "
    "max(toUnixTimestamp64Nano(Timestamp) + Duration) AS Ended, "
    "count() AS Spans, sum(IsError) AS Errors, max(IsRoot) AS HasRoot, "
    # One state for all three would be a tuple, which takes twice as long to update.
    f"(min({_RANK}), argMin(toString(ServiceName), {_RANK}), argMin(toString(SpanName), {_RANK})) AS First, "
    f"groupUniqArray({SERVICES_MOST})(toString(ServiceName)) AS Services"
)
"""The aggregates over the spans of one trace, by the names of the index's columns."""


def trace_summaries(layout: Layout) -> list[str]:
    """Return the statements that add a summary of each new trace to the index."""
    tables = [layout.stored(TRACE_INDEX)]
    tables += [f"{layout.database}.{TRACE_INDEX}"] if layout.cluster else []
    return [
        *(
            f"ALTER TABLE {table}{layout.on_cluster} ADD COLUMN IF NOT EXISTS {column}"
            for table in tables
            for column in COLUMNS
        ),
        # Modified in place: a new view would miss spans that arrive meanwhile.
        f"ALTER TABLE {layout.database}.{TRACE_INDEX}_mv{layout.on_cluster} MODIFY QUERY SELECT TraceId, "
        f"min(toDateTime(Timestamp)) AS Start, max(toDateTime(Timestamp)) AS End, {SUMMARY} "
        f"FROM {layout.stored('otel_traces')} WHERE TraceId != '' GROUP BY TraceId",
    ]
