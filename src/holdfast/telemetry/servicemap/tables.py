"""The map's tables: sides of calls, edges per ten seconds and per five minutes, and the joins in force.

An edge's row belongs to a revision of its slice, and counts only if that revision is the newest in
`holdfast_map_joined`, which is written last and by one insert: an interrupted join leaves rows that are never
read, and joining a slice again replaces all its edges, including those that are gone.
"""

from holdfast.telemetry.identity.columns import PLACED, PLACED_COLUMNS
from holdfast.telemetry.servicemap.sides import (
    NODE_KINDS,
    SIDE_COLUMNS,
    SIDES_KEPT_HOURS,
    enum8,
    sides_select,
)
from holdfast.telemetry.services.tables import RED_COARSE_DAYS
from holdfast.telemetry.warehouse.layout import Layout, table, widened

EDGE_TABLES = {10: "holdfast_map_edges", 300: "holdfast_map_edges_5m"}
"""Width of a slice in seconds and the table that holds its edges."""

_PLACES_OF_ENDS = tuple(f"{end}{name}" for end in ("Caller", "Callee") for name in PLACED)
DIMENSIONS = (
    "CallerKind", "Caller", "CallerZone", "CallerVersion",
    "CalleeKind", "Callee", "CalleeZone", "CalleeVersion", "Origin", *_PLACES_OF_ENDS,
)  # fmt: skip
_EDGE_PLACE_COLUMNS = tuple(f"{name} LowCardinality(String)" for name in _PLACES_OF_ENDS)
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
    Latency Tuple(Array(UInt8), Array(UInt64)) CODEC(ZSTD(1)), {", ".join(_EDGE_PLACE_COLUMNS)}"""

_VIEW = "holdfast_map_halves_mv"
JOINED_COLUMNS = "Width UInt16, Slice DateTime('UTC'), Revision UInt64, Seen UInt64, JoinedAt DateTime('UTC')"


def map_tables(layout: Layout) -> list[str]:
    """Return the statements that create the map's tables and the view that feeds them."""
    return [
        *_side_tables(layout),
        *_edges(layout, 10, layout.retention_days),
        *_edges(layout, 300, RED_COARSE_DAYS),
        *_joined(layout),
        _view(layout),
    ]


def _side_tables(layout: Layout) -> list[str]:
    # The TTL is by arrival, so that late sides have their hours too. Partitions are by time, because a
    # replayed segment must fall into the same ones to be deduplicated.
    rest = (
        "PARTITION BY toStartOfInterval(Slice, INTERVAL 3 HOUR) ORDER BY (Role, Slice) "
        f"TTL Stored + toIntervalHour({SIDES_KEPT_HOURS}) {layout.settings('ttl_only_drop_parts = 1')}"
    )
    return table(
        layout,
        "holdfast_map_halves",
        SIDE_COLUMNS,
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


def place_columns_of_map(layout: Layout) -> list[str]:
    """Return the statements that add environment, namespace and region to older sides and edges."""
    return [
        *widened(layout, "holdfast_map_halves", PLACED_COLUMNS),
        *(one for name in EDGE_TABLES.values() for one in widened(layout, name, _EDGE_PLACE_COLUMNS)),
    ]


def sides_view(layout: Layout) -> list[str]:
    """Return the statement that gives the view this version's query; stored rows do not change."""
    view = f"{layout.database}.{_VIEW}{layout.on_cluster}"
    return [f"ALTER TABLE {view} MODIFY QUERY {sides_select(layout.stored('otel_traces'))}"]


def _view(layout: Layout) -> str:
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {layout.database}.{_VIEW}{layout.on_cluster} "
        f"TO {layout.stored('holdfast_map_halves')} AS {sides_select(layout.stored('otel_traces'))}"
    )
