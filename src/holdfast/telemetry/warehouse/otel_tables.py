"""The warehouse's own tables: telemetry in the OpenTelemetry Collector exporter's schema.

Column names, types, keys and indexes follow the Collector's ClickHouse exporter (exporter/clickhouseexporter
of opentelemetry-collector-contrib, as of v0.160), so that a site with Collector → ClickHouse can add Holdfast
without re-ingesting. Columns that Holdfast derives are defined in the packages that read them.
"""

from holdfast.telemetry.identity.columns import PLACE_COLUMNS
from holdfast.telemetry.spans.failures import IS_ERROR
from holdfast.telemetry.spans.weights import WEIGHT
from holdfast.telemetry.warehouse.layout import Layout, columns_added, table, widened

# Spans, logs and points are mostly looked up a few at a time, and each look-up reads a whole granule.
_OTEL_SETTINGS = "index_granularity = 1024, ttl_only_drop_parts = 1"

_MAP = "Map(LowCardinality(String), String)"
_ATTRIBUTES = f"{_MAP} CODEC(ZSTD(1))"

_IS_ERROR_COLUMN = f"IsError UInt8 MATERIALIZED {IS_ERROR} CODEC(ZSTD(1))"

_IS_ROOT = "IsRoot UInt8 MATERIALIZED ParentSpanId = '' CODEC(ZSTD(1))"

_WEIGHT_COLUMN = f"Weight UInt32 MATERIALIZED toUInt32({WEIGHT}) CODEC(T64, ZSTD(1))"

# Values that nearly every query on spans needs, computed once at insert: reading an attribute map takes ten
# times as long. For spans stored before the column existed they are computed when read.
_DERIVED = (
    _IS_ERROR_COLUMN,
    "Zone LowCardinality(String) MATERIALIZED ResourceAttributes['cloud.availability_zone'] CODEC(ZSTD(1))",
    "Version LowCardinality(String) MATERIALIZED ResourceAttributes['service.version'] CODEC(ZSTD(1))",
    _IS_ROOT,
    _WEIGHT_COLUMN,
    *PLACE_COLUMNS,
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
    {", ".join(PLACE_COLUMNS)},
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


# Columns that older exporters did not create. They name their columns when they insert, so more do no harm.
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
    """Return the statements that complete tables made by an exporter, so that Holdfast can insert into them.

    Above all they need the window of inserted blocks, without which a replayed segment would be stored twice.
    """
    tables = ("otel_traces", "otel_traces_trace_id_ts", "otel_logs", *METRIC_TABLES)
    settings = layout.settings().removeprefix("SETTINGS ")
    alter = {table: f"ALTER TABLE {layout.stored(table)}{layout.on_cluster}" for table in tables}
    return [
        *(f"{alter[table]} MODIFY SETTING {settings}" for table in tables),
        *(f"{alter[table]} {columns_added(columns)}" for table, columns in _NEWER_COLUMNS.items()),
    ]


def root_column(layout: Layout) -> list[str]:
    """Return the statements that add the column for root spans to older tables."""
    return widened(layout, "otel_traces", (_IS_ROOT,))


def error_column(layout: Layout) -> list[str]:
    """Return the statements that apply this version's error rule to new spans; stored spans do not change."""
    return [f"{alter} MODIFY COLUMN {_IS_ERROR_COLUMN}" for alter in _alter_traces(layout)]


def weight_column(layout: Layout) -> list[str]:
    """Return the statements that add how many spans each represents to older tables."""
    return widened(layout, "otel_traces", (_WEIGHT_COLUMN,))


def place_columns(layout: Layout) -> list[str]:
    """Return the statements that add environment, namespace, region and cluster to older tables."""
    return [
        *widened(layout, "otel_traces", PLACE_COLUMNS),
        *widened(layout, "otel_logs", PLACE_COLUMNS),
    ]


def _alter_traces(layout: Layout) -> list[str]:
    names = [layout.stored("otel_traces")]
    names += [f"{layout.database}.otel_traces"] if layout.cluster else []
    return [f"ALTER TABLE {name}{layout.on_cluster}" for name in names]


VALUE_INDEXES = {
    "idx_holdfast_span_values": "mapValues(SpanAttributes)",
    "idx_holdfast_resource_values": "mapValues(ResourceAttributes)",
}
"""Indexes for spans by an attribute's value. They are made when parts are merged, not at insert."""


def value_indexes(layout: Layout) -> list[str]:
    """Return the statements that index attribute values, so that the engine need not read every span."""
    added = ", ".join(
        f"ADD INDEX IF NOT EXISTS {name} {values} TYPE text(tokenizer = 'array')"
        for name, values in VALUE_INDEXES.items()
    )
    return [f"ALTER TABLE {layout.stored('otel_traces')}{layout.on_cluster} {added}"]


# Never random: a replayed segment must be split into the same blocks for the same shards. All spans of a
# trace are on one shard, so that it is read from one node; logs are spread, because most belong to no trace.
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
        # Fifty random ids are fifty granules in each part.
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
