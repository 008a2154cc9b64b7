"""The map's tables: halves of calls, edges per ten seconds and per five minutes, and which of them count.

An edge's row belongs to a revision of its slice, and counts only if that revision is the newest in
`holdfast_map_joined`, which is written last and by one insert: a join that is cut off leaves rows nobody
reads, and a slice that is joined again replaces what it said before, edges that are no more included.
"""

from holdfast.telemetry.rollups import RED_COARSE_DAYS
from holdfast.telemetry.schema import Layout, table
from holdfast.telemetry.servicemap.halves import (
    HALF_COLUMNS,
    HALVES_KEPT_HOURS,
    NODE_KINDS,
    enum8,
    halves_select,
)

EDGE_TABLES = {10: "holdfast_map_edges", 300: "holdfast_map_edges_5m"}
"""Width of a slice in seconds and the table that holds its edges."""

DIMENSIONS = (
    "CallerKind", "Caller", "CallerZone", "CallerVersion",
    "CalleeKind", "Callee", "CalleeZone", "CalleeVersion", "Origin",
)  # fmt: skip
MEASURES = ("Calls", "Errors", "ProxyErrors", "Retries")

_EDGE_COLUMNS = f"""
    Slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)), Revision UInt64 CODEC(Delta(8), ZSTD(1)),
    CallerKind {enum8(NODE_KINDS)}, Caller LowCardinality(String),
    CallerZone LowCardinality(String), CallerVersion LowCardinality(String),
    CalleeKind {enum8(NODE_KINDS)}, Callee LowCardinality(String),
    CalleeZone LowCardinality(String), CalleeVersion LowCardinality(String),
    Origin LowCardinality(String),
    Calls UInt64 CODEC(T64, ZSTD(1)), Errors UInt64 CODEC(T64, ZSTD(1)),
    ProxyErrors UInt64 CODEC(T64, ZSTD(1)), Retries UInt64 CODEC(T64, ZSTD(1)),
    Latency Tuple(Array(UInt8), Array(UInt64)) CODEC(ZSTD(1))"""

_VIEW = "holdfast_map_halves_mv"
JOINED_COLUMNS = "Width UInt16, Slice DateTime('UTC'), Revision UInt64, Seen UInt64, JoinedAt DateTime('UTC')"


def map_tables(layout: Layout) -> list[str]:
    """Return the statements that create the map's tables and the view that feeds them."""
    return [
        *_halves(layout),
        *_edges(layout, 10, layout.retention_days),
        *_edges(layout, 300, RED_COARSE_DAYS),
        *_joined(layout),
        _view(layout),
    ]


def _halves(layout: Layout) -> list[str]:
    # By arrival, not by time: what comes late has its hours too. Partitions go by time, as a replayed
    # segment must fall into the same ones to be recognised.
    rest = (
        "PARTITION BY toStartOfInterval(Slice, INTERVAL 3 HOUR) ORDER BY (Role, Slice) "
        f"TTL Stored + toIntervalHour({HALVES_KEPT_HOURS}) {layout.settings('ttl_only_drop_parts = 1')}"
    )
    return table(
        layout,
        "holdfast_map_halves",
        HALF_COLUMNS,
        engine=layout.engine("MergeTree"),
        rest=rest,
        shard_by="Key",
    )


def _edges(layout: Layout, width: int, days: int) -> list[str]:
    rest = (
        "PARTITION BY toYYYYMM(Slice) ORDER BY (Slice, Revision, Caller, Callee) "
        f"TTL Slice + toIntervalDay({days}) {layout.settings()}"
    )
    engine = layout.engine("MergeTree")
    return table(layout, EDGE_TABLES[width], _EDGE_COLUMNS, engine=engine, rest=rest, shard_by="Slice")


def _joined(layout: Layout) -> list[str]:
    rest = (
        "PARTITION BY toYYYYMM(Slice) ORDER BY (Width, Slice, Revision) "
        f"TTL Slice + toIntervalDay({RED_COARSE_DAYS}) {layout.settings()}"
    )
    engine = layout.engine("MergeTree")
    return table(layout, "holdfast_map_joined", JOINED_COLUMNS, engine=engine, rest=rest, shard_by="Slice")


def halves_view(layout: Layout) -> list[str]:
    """Return the statement that has the view read spans as this version does; what is stored stays."""
    view = f"{layout.database}.{_VIEW}{layout.on_cluster}"
    return [f"ALTER TABLE {view} MODIFY QUERY {halves_select(layout.stored('otel_traces'))}"]


def _view(layout: Layout) -> str:
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {layout.database}.{_VIEW}{layout.on_cluster} "
        f"TO {layout.stored('holdfast_map_halves')} AS {halves_select(layout.stored('otel_traces'))}"
    )
