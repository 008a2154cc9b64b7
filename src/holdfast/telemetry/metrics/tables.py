"""The table of series, filled as points are inserted, so that lists read no points.
 Each point gets the number of its series in a narrow column: attribute maps take ten times as long to read,
and a plot needs them once per series, not once per point. The table has one row per series and day, so that a
range reads only the series of its days, regardless of how many existed before.
"""

from holdfast.telemetry.identity.columns import PLACE_COLUMNS
from holdfast.telemetry.identity.senders import SENDER_COLUMN
from holdfast.telemetry.metrics.model import Kind
from holdfast.telemetry.names.folding import folded_names, names_view
from holdfast.telemetry.warehouse.instants import of_last_days
from holdfast.telemetry.warehouse.layout import Layout, table, view_changed, widened
from holdfast.telemetry.warehouse.name_caps import NAME_CAPS, OTHER, NameKind

SERIES_TABLE = "holdfast_metric_series"
TAKEN_OVER_DAYS = 2
"""Days of points, stored before this table existed, whose series are added to it."""

POINT_TABLES = {
    Kind.GAUGE: "otel_metrics_gauge",
    Kind.SUM: "otel_metrics_sum",
    Kind.HISTOGRAM: "otel_metrics_histogram",
    Kind.EXPONENTIAL: "otel_metrics_exp_histogram",
    Kind.SUMMARY: "otel_metrics_summary",
}


def _temporality(kind: Kind) -> str:
    has_it = kind not in (Kind.GAUGE, Kind.SUMMARY)
    # Summaries count from their sender's start (OpenTelemetry metrics data model, "Summary").
    return "AggregationTemporality" if has_it else ("2" if kind is Kind.SUMMARY else "0")


def _monotonic(kind: Kind) -> str:
    return "IsMonotonic" if kind is Kind.SUM else "false"


def _any_order(attributes: str) -> str:
    # Senders and collectors write attributes in the map order of their language.
    return f"arraySum(arrayMap((k, v) -> cityHash64(k, v), mapKeys({attributes}), mapValues({attributes})))"


def series_id(kind: Kind) -> str:
    """Return the expression for the number of a point's series: a hash of everything that identifies it.

    By the OpenTelemetry metrics data model ("Timeseries model") that is the resource's, the scope's and the
    point's attributes, the metric's name, unit and kind, and for sums and histograms their temporality.
    """
    parts = ("ServiceName", "MetricName", "MetricUnit", "ScopeName", _any_order("ResourceAttributes"))
    return (
        f"cityHash64({', '.join(parts)}, {_any_order('Attributes')}, {_temporality(kind)}, "
        f"{_monotonic(kind)})"
    )


def metric_tables(layout: Layout) -> list[str]:
    """Return the statements that number series, create their table, and add those of stored points."""
    return [
        *(s for kind in Kind for s in _numbered(layout, kind)),
        *_series_table(layout),
        *(_view(layout, kind) for kind in Kind),
        *(_taken_over(layout, kind) for kind in Kind),
    ]


def _numbered(layout: Layout, kind: Kind) -> list[str]:
    name = POINT_TABLES[kind]
    add = f"{layout.on_cluster} ADD COLUMN IF NOT EXISTS SeriesId UInt64 MATERIALIZED {series_id(kind)}"
    local = f"ALTER TABLE {layout.stored(name)}{add} CODEC(ZSTD(1))"
    in_front = [f"ALTER TABLE {layout.database}.{name}{add}"] if layout.cluster else []
    return [local, *in_front]


def _series_table(layout: Layout) -> list[str]:
    attributes = "SimpleAggregateFunction(anyLast, Map(String, String)) CODEC(ZSTD(1))"
    columns = (
        "MetricName LowCardinality(String), Kind LowCardinality(String), Unit LowCardinality(String), "
        "Temporality UInt8, IsMonotonic Bool, ServiceName LowCardinality(String), SeriesId UInt64, "
        "Day Date, Description SimpleAggregateFunction(anyLast, String) CODEC(ZSTD(1)), "
        f"ResourceAttributes {attributes}, Attributes {attributes}, "
        "FirstSeen SimpleAggregateFunction(min, DateTime('UTC')), "
        "LastSeen SimpleAggregateFunction(max, DateTime('UTC'))"
    )
    rest = (
        "PARTITION BY Day ORDER BY (MetricName, Kind, Unit, Temporality, IsMonotonic, ServiceName, SeriesId) "
        f"TTL Day + toIntervalDay({layout.retention_days + 1}) {layout.settings('index_granularity = 1024')}"
    )
    engine = layout.engine("AggregatingMergeTree")
    return table(layout, SERIES_TABLE, columns, engine=engine, rest=rest, shard_by="SeriesId")


def placed_series(layout: Layout) -> list[str]:
    """Return the statements that add where senders run to the table of series.

    For series stored before, it is computed from their attributes when it is read.
    """
    return widened(layout, SERIES_TABLE, PLACE_COLUMNS)


def senders_of_series(layout: Layout) -> list[str]:
    """Return the statements that name series without a service by their machine."""
    return widened(layout, SERIES_TABLE, (SENDER_COLUMN,))


def _view(layout: Layout, kind: Kind) -> str:
    return (
        "CREATE MATERIALIZED VIEW IF NOT EXISTS "
        f"{layout.database}.{SERIES_TABLE}_{kind}_mv{layout.on_cluster} "
        f"TO {layout.stored(SERIES_TABLE)} AS {_series_select(kind, layout.stored(POINT_TABLES[kind]))}"
    )


def _taken_over(layout: Layout, kind: Kind) -> str:
    # A repeat is harmless: rows of a series are merged into its first and last instant.
    recent = f"WHERE {of_last_days('TimeUnix', TAKEN_OVER_DAYS)}"
    points = f"{layout.database}.{POINT_TABLES[kind]}"
    return f"INSERT INTO {layout.database}.{SERIES_TABLE} {_series_select(kind, points, recent)}"


def _series_select(kind: Kind, points: str, where: str = "") -> str:
    at = "toDateTime(p.TimeUnix, 'UTC')"
    return (
        f"SELECT MetricName, '{kind}' AS Kind, MetricUnit AS Unit, toUInt8({_temporality(kind)}) AS "
        "Temporality, "
        f"{_monotonic(kind)} AS IsMonotonic, ServiceName, SeriesId, toDate({at}) AS Day, "
        "anyLast(MetricDescription) AS Description, anyLast(p.ResourceAttributes) AS ResourceAttributes, "
        f"anyLast(p.Attributes) AS Attributes, min({at}) AS FirstSeen, max({at}) AS LastSeen "
        f"FROM {points} AS p {where} "
        "GROUP BY MetricName, Unit, Temporality, IsMonotonic, ServiceName, SeriesId, Day"
    )


def fold_metrics(layout: Layout) -> list[str]:
    """Return the statements that make the table of series fold metric names beyond their cap."""
    return [
        *shorter_series(layout),
        names_view(
            layout, layout.stored(SERIES_TABLE), {NameKind.METRIC: ("''", "MetricName")}, suffix="of_metrics"
        ),
    ]


def shorter_series(layout: Layout) -> list[str]:
    """Return the statements that give the views of series this version's queries."""
    return [
        view_changed(layout, SERIES_TABLE, _folded_series(layout, kind), suffix=f"_{kind}_mv")
        for kind in Kind
    ]


OTHER_METRICS = f"metrics beyond the cap of {NAME_CAPS.metric.total:,} names; their points are stored"


def _folded_series(layout: Layout, kind: Kind) -> str:
    """Return the query that feeds the table, which adds up all folded metrics to one row a day."""
    is_other = f"f.Name = '{OTHER}'"
    of_other = {
        "Unit": "''", "Temporality": "toUInt8(0)", "IsMonotonic": "false", "ServiceName": "''",
        "SeriesId": "toUInt64(0)", "ResourceAttributes": "map()", "Attributes": "map()",
        "Description": f"'{OTHER_METRICS}'",
    }  # fmt: skip
    columns = ", ".join(f"if({is_other}, {other}, f.{name}) AS {name}" for name, other in of_other.items())
    series = _series_select(kind, layout.stored(POINT_TABLES[kind]))
    return (
        f"SELECT f.Name AS MetricName, '{kind}' AS Kind, {columns}, f.Day AS Day, f.FirstSeen AS FirstSeen, "
        "f.LastSeen AS LastSeen FROM "
        f"(SELECT *, {folded_names(layout, NameKind.METRIC, 'MetricName')} AS Name FROM ({series})) AS f"
    )
