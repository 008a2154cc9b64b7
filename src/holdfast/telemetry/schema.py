"""The warehouse's own tables: telemetry in the OpenTelemetry Collector exporter's schema.

Column names, types, keys and indexes follow the Collector's ClickHouse exporter (exporter/clickhouseexporter
of opentelemetry-collector-contrib, as of v0.160), so that who already runs Collector → ClickHouse adds
Holdfast without re-ingesting. What Holdfast derives from them stands in `rollups`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.telemetry.name_caps import NAME_CAPS, NameCaps

DEDUPLICATION_BLOCKS = 10_000
"""How many inserted blocks each table remembers. Replays follow a crash at once, so hours are ample."""

DEDUPLICATION_SECONDS = 7 * 86_400
"""How long replicated tables remember a block."""


# The engine leaves out of a merge what is less than a hundredth of it. Where little comes in every second,
# that is all but one of the new parts, so that each of them had everything stored so far written anew.
_WHOLE_MERGES = "merge_selector_enable_heuristic_to_remove_small_parts_at_right = 0"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tables live and how long rows are kept.

    Of names that senders choose, `caps` are kept apart. With `cluster` set, every statement runs ON CLUSTER,
    local tables are replicated and end in `_local`, and a Distributed table stands in front under the plain
    name.
    """

    database: str = "holdfast"
    retention_days: int = 30
    cluster: str | None = None
    caps: NameCaps = NAME_CAPS

    @property
    def on_cluster(self) -> str:
        """The clause that spreads a statement over the cluster."""
        return f" ON CLUSTER '{self.cluster}'" if self.cluster else ""

    def stored(self, table: str) -> str:
        """Return the name of the table that holds the rows on each node."""
        return f"{self.database}.{table}_local" if self.cluster else f"{self.database}.{table}"

    def engine(self, name: str, *, arguments: str = "", everywhere: bool = False) -> str:
        """Return the engine clause: replicated on a cluster, with bounded deduplication otherwise.

        A table that is `everywhere` has the same rows on all nodes of all shards.
        """
        if not self.cluster:
            return f"{name}({arguments})"
        path = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
        if everywhere:
            path = "'/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}'"
        return f"Replicated{name}({path}{', ' + arguments if arguments else ''})"

    def settings(self, extra: str = "") -> str:
        """Return the SETTINGS clause shared by all tables."""
        # Servers forget tokens of replicated tables after an hour unless told otherwise; a segment may wait
        # on a stopped machine over a long weekend.
        window = (
            f"replicated_deduplication_window = {DEDUPLICATION_BLOCKS}, "
            f"replicated_deduplication_window_seconds = {DEDUPLICATION_SECONDS}"
            if self.cluster
            else f"non_replicated_deduplication_window = {DEDUPLICATION_BLOCKS}"
        )
        return f"SETTINGS {window}, {_WHOLE_MERGES}{', ' + extra if extra else ''}"


# Spans, logs and points are mostly looked up by the handful, and each costs as many rows as a granule has.
_OTEL_SETTINGS = "index_granularity = 1024, ttl_only_drop_parts = 1"

_MAP = "Map(LowCardinality(String), String)"
_ATTRIBUTES = f"{_MAP} CODEC(ZSTD(1))"

_HTTP_STATUS = (
    "toUInt16OrZero(if(SpanAttributes['http.response.status_code'] != '', "
    "SpanAttributes['http.response.status_code'], SpanAttributes['http.status_code']))"
)

GRPC_ERRORS = {"server": (2, 4, 12, 13, 14, 15), "client": tuple(range(1, 17))}
"""What of gRPC's codes each side calls an error: a client all but OK, a server only what it answers for."""

_SERVER_BITS, _CLIENT_BITS = (sum(1 << code for code in GRPC_ERRORS[kind]) for kind in ("server", "client"))
# Instrumentations set a status by gRPC's code; Envoy before 1.32 wrote the code alone. Each look into the
# attributes of a span costs, so there is one, and the codes are bits of a number.
_GRPC_FAILED = (
    f"bitTest(if(SpanKind = 'Client', toUInt32({_CLIENT_BITS}), toUInt32({_SERVER_BITS})), "
    "least(31, toUInt8OrZero(SpanAttributes['grpc.status_code'])))"
)

# OpenTelemetry's rule: a server answers for 5xx only, a client counts 4xx too; a status set by hand wins.
_IS_ERROR = (
    f"(StatusCode = 'Error' OR (StatusCode = 'Unset' AND SpanKind IN ('Server', 'Client') "
    f"AND ({_HTTP_STATUS} >= 500 OR (SpanKind = 'Client' AND {_HTTP_STATUS} >= 400) OR {_GRPC_FAILED})))"
)
_IS_ERROR_COLUMN = f"IsError UInt8 MATERIALIZED {_IS_ERROR} CODEC(ZSTD(1))"

_IS_ROOT = "IsRoot UInt8 MATERIALIZED ParentSpanId = '' CODEC(ZSTD(1))"

# What nearly every question about spans asks for, worked out once as they are stored: an attribute map is ten
# times as dear to read. Spans stored before the column was there are worked out as they are read.
_DERIVED = (
    _IS_ERROR_COLUMN,
    "Zone LowCardinality(String) MATERIALIZED ResourceAttributes['cloud.availability_zone'] CODEC(ZSTD(1))",
    "Version LowCardinality(String) MATERIALIZED ResourceAttributes['service.version'] CODEC(ZSTD(1))",
    _IS_ROOT,
)

_TRACES = f"""
    Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    TraceState String CODEC(ZSTD(1)),
    SpanName LowCardinality(String) CODEC(ZSTD(1)),
    SpanKind LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    ResourceAttributes {_ATTRIBUTES},
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    SpanAttributes {_ATTRIBUTES},
    Duration UInt64 CODEC(T64, ZSTD(1)),
    StatusCode LowCardinality(String) CODEC(ZSTD(1)),
    StatusMessage String CODEC(ZSTD(1)),
    Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes {_MAP}) CODEC(ZSTD(1)),
    Links Nested (TraceId String, SpanId String, TraceState String, Attributes {_MAP}) CODEC(ZSTD(1)),
    {", ".join(_DERIVED)},
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_duration Duration TYPE minmax GRANULARITY 1"""

_LOGS = f"""
    Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    TraceFlags UInt8,
    SeverityText LowCardinality(String) CODEC(ZSTD(1)),
    SeverityNumber UInt8,
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    Body String CODEC(ZSTD(1)),
    ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
    ResourceAttributes {_ATTRIBUTES},
    ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion LowCardinality(String) CODEC(ZSTD(1)),
    ScopeAttributes {_ATTRIBUTES},
    LogAttributes {_ATTRIBUTES},
    EventName String CODEC(ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1"""

_METRIC_COMMON = f"""
    ResourceAttributes {_ATTRIBUTES},
    ResourceSchemaUrl String CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    ScopeAttributes {_ATTRIBUTES},
    ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
    ScopeSchemaUrl String CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    MetricName LowCardinality(String) CODEC(ZSTD(1)),
    MetricDescription LowCardinality(String) CODEC(ZSTD(1)),
    MetricUnit LowCardinality(String) CODEC(ZSTD(1)),
    Attributes {_ATTRIBUTES},
    StartTimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1))"""

_EXEMPLARS = (
    "Exemplars Nested (FilteredAttributes Map(LowCardinality(String), String), "
    "TimeUnix DateTime64(9), Value Float64, SpanId String, TraceId String) CODEC(ZSTD(1))"
)

_METRICS = {
    "otel_metrics_gauge": f"Value Float64 CODEC(ZSTD(1)), Flags UInt32 CODEC(ZSTD(1)), {_EXEMPLARS}",
    "otel_metrics_sum": (
        f"Value Float64 CODEC(ZSTD(1)), Flags UInt32 CODEC(ZSTD(1)), {_EXEMPLARS}, "
        "AggregationTemporality Int32, IsMonotonic Bool"
    ),
    "otel_metrics_histogram": (
        "Count UInt64, Sum Float64, BucketCounts Array(UInt64) CODEC(ZSTD(1)), "
        f"ExplicitBounds Array(Float64) CODEC(ZSTD(1)), {_EXEMPLARS}, Flags UInt32, "
        "Min Float64, Max Float64, AggregationTemporality Int32"
    ),
    "otel_metrics_exp_histogram": (
        "Count UInt64, Sum Float64, Scale Int32, ZeroCount UInt64, PositiveOffset Int32, "
        "PositiveBucketCounts Array(UInt64) CODEC(ZSTD(1)), NegativeOffset Int32, "
        f"NegativeBucketCounts Array(UInt64) CODEC(ZSTD(1)), {_EXEMPLARS}, Flags UInt32, "
        "Min Float64, Max Float64, AggregationTemporality Int32"
    ),
    "otel_metrics_summary": (
        "Count UInt64, Sum Float64, ValueAtQuantiles Nested (Quantile Float64, Value Float64) "
        "CODEC(ZSTD(1)), Flags UInt32"
    ),
}

METRIC_TABLES = tuple(_METRICS)


def telemetry_tables(layout: Layout) -> list[str]:
    """Return the statements that create the Collector exporter's tables."""
    return [
        *_table(
            layout,
            "otel_traces",
            _TRACES,
            "PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))",
            "toDateTime(Timestamp)",
        ),
        *_trace_index(layout),
        *_table(
            layout,
            "otel_logs",
            _LOGS,
            "PARTITION BY toDate(Timestamp) ORDER BY (toStartOfFiveMinutes(Timestamp), ServiceName, "
            "Timestamp)",
            "toDateTime(Timestamp)",
        ),
        *(s for name, columns in _METRICS.items() for s in _metric_table(layout, name, columns)),
        *_adopt(layout),
    ]


# What older exporters did not create. They name their columns when they insert, so more do not disturb them.
_NEWER_COLUMNS = {
    "otel_traces": ("ScopeName String", "ScopeVersion String", *_DERIVED),
    "otel_logs": (
        "ResourceSchemaUrl LowCardinality(String)",
        "ScopeSchemaUrl LowCardinality(String)",
        "ScopeName String",
        "ScopeVersion LowCardinality(String)",
        f"ScopeAttributes {_MAP}",
        "EventName String",
    ),
}


def _adopt(layout: Layout) -> list[str]:
    """Return the statements that give tables made by an exporter what is missing for storing into them, too.

    Above all the memory of inserted blocks, without which a replayed segment would be stored twice.
    """
    tables = ("otel_traces", "otel_traces_trace_id_ts", "otel_logs", *METRIC_TABLES)
    settings = layout.settings().removeprefix("SETTINGS ")
    alter = {table: f"ALTER TABLE {layout.stored(table)}{layout.on_cluster}" for table in tables}
    return [
        *(f"{alter[table]} MODIFY SETTING {settings}" for table in tables),
        *(
            f"{alter[table]} ADD COLUMN IF NOT EXISTS {column}"
            for table, columns in _NEWER_COLUMNS.items()
            for column in columns
        ),
    ]


def root_column(layout: Layout) -> list[str]:
    """Return the statements that tell spans which begin a trace from others where tables are older."""
    return [f"{alter} ADD COLUMN IF NOT EXISTS {_IS_ROOT}" for alter in _alter_traces(layout)]


def error_column(layout: Layout) -> list[str]:
    """Return the statements that tell failed spans by this version's rule; those stored stay as they are."""
    return [f"{alter} MODIFY COLUMN {_IS_ERROR_COLUMN}" for alter in _alter_traces(layout)]


def _alter_traces(layout: Layout) -> list[str]:
    names = [layout.stored("otel_traces")]
    names += [f"{layout.database}.otel_traces"] if layout.cluster else []
    return [f"ALTER TABLE {name}{layout.on_cluster}" for name in names]


VALUE_INDEXES = {
    "idx_holdfast_span_values": "mapValues(SpanAttributes)",
    "idx_holdfast_resource_values": "mapValues(ResourceAttributes)",
}
"""What finds the spans with a certain value of an attribute. Made when parts are merged, not at insert."""


def value_indexes(layout: Layout) -> list[str]:
    """Return the statements that let the engine look attribute values up rather than read every span."""
    alter = f"ALTER TABLE {layout.stored('otel_traces')}{layout.on_cluster}"
    return [
        f"{alter} ADD INDEX IF NOT EXISTS {name} {values} TYPE text(tokenizer = 'array')"
        for name, values in VALUE_INDEXES.items()
    ]


def whole_merges(layout: Layout, made: Sequence[str]) -> list[str]:
    """Return the statements that have tables merge as those made now do, given what `made` them."""
    created = (
        re.match(rf"CREATE TABLE IF NOT EXISTS (\S+).*{_WHOLE_MERGES}", one, re.DOTALL) for one in made
    )
    return [
        f"ALTER TABLE {one[1]}{layout.on_cluster} MODIFY SETTING {_WHOLE_MERGES}" for one in created if one
    ]


def table(
    layout: Layout, name: str, columns: str, *, engine: str, rest: str, shard_by: str = "rand()"
) -> list[str]:
    """Return the statements for one table: local, and distributed in front of it on a cluster."""
    local = layout.stored(name)
    statements = [
        f"CREATE TABLE IF NOT EXISTS {local}{layout.on_cluster} ({columns}) ENGINE = {engine} {rest}"
    ]
    if layout.cluster:
        statements.append(
            f"CREATE TABLE IF NOT EXISTS {layout.database}.{name}{layout.on_cluster} AS {local} "
            f"ENGINE = Distributed('{layout.cluster}', '{layout.database}', '{name}_local', {shard_by})"
        )
    return statements


# Never by chance: a replayed segment must be cut into the same blocks for the same shards. All spans of a
# trace stand on one shard, so that it is read from one node; logs are spread, as most belong to no trace.
_SHARDING = {
    "otel_traces": "cityHash64(TraceId)",
    "otel_logs": "cityHash64(Timestamp, ServiceName, Body)",
}


def _table(layout: Layout, name: str, columns: str, keys: str, time: str) -> list[str]:
    rest = f"{keys} TTL {time} + toIntervalDay({layout.retention_days}) {layout.settings(_OTEL_SETTINGS)}"
    shard_by = _SHARDING.get(name, "cityHash64(ServiceName, MetricName, Attributes)")
    return table(layout, name, columns, engine=layout.engine("MergeTree"), rest=rest, shard_by=shard_by)


def _metric_table(layout: Layout, name: str, columns: str) -> list[str]:
    keys = (
        "PARTITION BY toDate(TimeUnix) ORDER BY "
        "(ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)"
    )
    return _table(layout, name, f"{_METRIC_COMMON}, {columns}", keys, "toDateTime(TimeUnix)")


def _trace_index(layout: Layout) -> list[str]:
    columns = (
        "TraceId String CODEC(ZSTD(1)), Start SimpleAggregateFunction(min, DateTime), "
        "End SimpleAggregateFunction(max, DateTime)"
    )
    rest = (
        "PARTITION BY toStartOfWeek(Start) ORDER BY TraceId "
        # Fifty ids at random are fifty granules in each part.
        f"TTL Start + toIntervalDay({layout.retention_days}) {layout.settings('index_granularity = 1024')}"
    )
    name = "otel_traces_trace_id_ts"
    view = (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {layout.database}.{name}_mv{layout.on_cluster} "
        f"TO {layout.stored(name)} AS SELECT TraceId, min(toDateTime(Timestamp)) AS Start, "
        f"max(toDateTime(Timestamp)) AS End FROM {layout.stored('otel_traces')} WHERE TraceId != '' "
        f"GROUP BY TraceId"
    )
    engine = layout.engine("AggregatingMergeTree")
    return [*table(layout, name, columns, engine=engine, rest=rest, shard_by="cityHash64(TraceId)"), view]
