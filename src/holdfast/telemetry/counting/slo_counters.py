"""The roll-ups derived from spans as they are inserted: presence and the exact SLO counters.

Every roll-up is a materialized view on `otel_traces`, so it is computed in the same insert as the spans; a
replayed segment is deduplicated in the views as in the table. Coarser counters are fed by the finer ones. All
slices are UTC and aligned.
"""

from holdfast.telemetry.spans.slices import SLICE
from holdfast.telemetry.warehouse.layout import Layout, control_table, table, view, view_changed, widened

COUNTER_SLICES = {"10s": 2, "1m": 45, "1h": 400}
"""Slice widths of the SLO counters and the days each is kept."""

_PLACE_COLUMNS = ("environment LowCardinality(String)", "namespace LowCardinality(String)")
_PRESENCE_KEY = "service, slice, environment, namespace"


def presence_tables(layout: Layout) -> list[str]:
    """Return the statements for the table of the minutes in which each service sent spans."""
    columns = (
        "service LowCardinality(String), slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)), spans UInt64, "
        f"{', '.join(_PLACE_COLUMNS)}"
    )
    rest = f"ORDER BY ({_PRESENCE_KEY}) TTL slice + toIntervalDay(45) {layout.settings()}"
    return table(layout, "holdfast_presence_1m", columns, engine=layout.engine("SummingMergeTree"), rest=rest)


def presence_select(layout: Layout) -> str:
    """Return the query that counts the spans of each service per minute."""
    return (
        "SELECT ServiceName AS service, toStartOfMinute(toDateTime(Timestamp, 'UTC')) AS slice, "
        "count() AS spans, Environment AS environment, Namespace AS namespace "
        f"FROM {layout.stored('otel_traces')} GROUP BY service, slice, environment, namespace"
    )


def place_columns_of_presence(layout: Layout) -> list[str]:
    """Return the statements that add environment and namespace to minutes of older versions."""
    return widened(layout, "holdfast_presence_1m", _PLACE_COLUMNS, key=_PRESENCE_KEY)


def placed_presence(layout: Layout) -> list[str]:
    """Return the statement that counts minutes per environment and namespace, from now on."""
    return [view_changed(layout, "holdfast_presence_1m", presence_select(layout))]


SELECTOR_COLUMNS = (
    "service String, operation String, kind String, plain Array(UInt64), conditional Array(UInt64)"
)
_CONDITION_PLACE = ("limits UInt8", "environment String", "namespace String")
CONDITION_COLUMNS = (
    "sli UInt64, status UInt8, max_duration UInt64, total_keys Array(String), total_values "
    "Array(Array(String)), "
    f"good_keys Array(String), good_values Array(Array(String)), {', '.join(_CONDITION_PLACE)}"
)
IN_ENVIRONMENT, IN_NAMESPACE = 1, 2
"""Bits of `limits`: spans of one environment or namespace count, or of any. The absent one is empty."""


def selector_tables(layout: Layout) -> list[str]:
    """Return the statements for the tables and dictionaries that say which spans count for which SLI."""
    # Two small dictionaries instead of one wide one: most spans need a single look-up of ids, and SLIs with
    # conditions on attributes, which are expensive to check, are separate from the plain ones.
    return [
        control_table(layout, "holdfast_selectors_in_force", "revision UInt64", "revision"),
        *_dictionary(
            layout, "holdfast_selectors", SELECTOR_COLUMNS, "service, operation, kind", "COMPLEX_KEY_HASHED"
        ),
        *_dictionary(layout, "holdfast_conditions", CONDITION_COLUMNS, "sli", "HASHED"),
    ]


def backfill_tables(layout: Layout) -> list[str]:
    """Return the statements for the table of SLIs whose stored spans have been counted."""
    return [control_table(layout, "holdfast_backfills", "sli UInt64, finished DateTime('UTC')", "sli")]


def _dictionary(layout: Layout, name: str, columns: str, key: str, kind: str) -> list[str]:
    return [
        control_table(layout, name, f"revision UInt64, {columns}", f"revision, {key}"),
        f"CREATE DICTIONARY IF NOT EXISTS {_definition(layout, name, columns, key, kind)}",
    ]


def _definition(layout: Layout, name: str, columns: str, key: str, kind: str) -> str:
    # Rows of a revision count once the revision is put in force, by one insert of one row: a crash at any
    # point leaves one complete set of selectors.
    names = ", ".join(column.split()[0] for column in columns.split(", "))
    query = (
        f"SELECT {names} FROM {layout.database}.{name} WHERE revision = "
        f"(SELECT max(revision) FROM {layout.database}.holdfast_selectors_in_force)"
    )
    return (
        f"{layout.database}.{name}_dictionary{layout.on_cluster} "
        f"({columns}) PRIMARY KEY {key} SOURCE(CLICKHOUSE(QUERY '{query}')) LAYOUT({kind}()) LIFETIME(0)"
    )


def placed_counters(layout: Layout) -> list[str]:
    """Return the statements that let SLIs of older versions be limited to an environment or namespace."""
    name = "holdfast_conditions"
    added = ", ".join(f"ADD COLUMN IF NOT EXISTS {column}" for column in _CONDITION_PLACE)
    definition = _definition(layout, name, CONDITION_COLUMNS, "sli", "HASHED")
    return [
        f"ALTER TABLE {layout.database}.{name}{layout.on_cluster} {added}",
        f"CREATE OR REPLACE DICTIONARY {definition}",
        *shorter_counters(layout),
    ]


def shorter_counters(layout: Layout) -> list[str]:
    """Return the statements that give the counters' views this version's queries."""
    spans = layout.stored("otel_traces")
    conditional = conditional_counter_select(spans, layout)
    return [
        view_changed(layout, "holdfast_slo_10s", plain_counter_select(spans, layout)),
        view_changed(layout, "holdfast_slo_10s", conditional, suffix="_conditional_mv"),
    ]


def counter_tables(layout: Layout, width: str) -> list[str]:
    """Return the statements for the SLO counters of one slice width."""
    columns = (
        "sli UInt64, slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)), "
        "good UInt64 CODEC(T64, ZSTD(1)), total UInt64 CODEC(T64, ZSTD(1))"
    )
    # Time first: an evaluation reads a few time ranges for all SLIs at once, and only those rows.
    rest = (
        f"PARTITION BY toYYYYMM(slice) ORDER BY (slice, sli) "
        f"TTL slice + toIntervalDay({COUNTER_SLICES[width]}) {layout.settings()}"
    )
    engine = layout.engine("SummingMergeTree")
    return table(layout, f"holdfast_slo_{width}", columns, engine=engine, rest=rest, shard_by="sli")


def coarser_counters(layout: Layout, finer: str, width: str) -> str:
    """Return the view that sums one slice width of the SLO counters into the next."""
    floor = {"1m": "toStartOfMinute", "1h": "toStartOfHour"}[width]
    return view(
        layout,
        f"holdfast_slo_{width}",
        f"SELECT sli, {floor}(f.slice) AS slice, sum(f.good) AS good, sum(f.total) AS total "
        f"FROM {layout.stored(f'holdfast_slo_{finer}')} AS f GROUP BY sli, slice",
    )


_IS_GOOD = "((c.1 = 0 OR (c.1 = 2) = error) AND Duration <= c.2)"
_IS_PLACED = (
    f"(c.3 = 0 OR ((bitAnd(c.3, {IN_ENVIRONMENT}) = 0 OR c.4 = Environment) "
    f"AND (bitAnd(c.3, {IN_NAMESPACE}) = 0 OR c.5 = Namespace)))"
)
_FIELDS = ("status", "max_duration", "limits", "environment", "namespace")
_ATTRIBUTE = "if(mapContains(SpanAttributes, k), SpanAttributes[k], ResourceAttributes[k])"


def _condition(layout: Layout, *more: str) -> str:
    fields = ", ".join(f"'{name}'" for name in (*_FIELDS, *more))
    return f"dictGet('{layout.database}.holdfast_conditions_dictionary', ({fields}), sli) AS c"


def _matching(layout: Layout, column: str) -> str:
    """Return the expression for the ids of the SLIs a span may count for, by its name."""
    dictionary = f"'{layout.database}.holdfast_selectors_dictionary', '{column}'"
    key = "(toString(ServiceName), toString(SpanName), toString(SpanKind))"
    any_operation = "(toString(ServiceName), '', toString(SpanKind))"
    return (
        f"arrayConcat(if(SpanName = '', [], dictGet({dictionary}, {key})), dictGet({dictionary}, "
        f"{any_operation}))"
    )


def plain_counter_select(spans: str, layout: Layout, *, where: str = "1") -> str:
    """Return the query counting good and total per SLI and slice, for SLIs without attribute conditions.

    The same text serves the view and the backfill of a new SLI.
    """
    columns = "slice, weight, error, Duration, Environment, Namespace"
    return (
        f"SELECT sli, slice, sum(weight * {_IS_GOOD}) AS good, sum(weight) AS total "
        f"FROM (SELECT *, {_condition(layout)} FROM (SELECT {columns}, arrayJoin(ids) AS sli FROM "
        f"(SELECT {SLICE} AS slice, Weight AS weight, IsError AS error, Duration, Environment, Namespace, "
        f"{_matching(layout, 'plain')} AS ids FROM {spans} WHERE {where}))) "
        f"WHERE {_IS_PLACED} GROUP BY sli, slice"
    )


def conditional_counter_select(spans: str, layout: Layout, *, where: str = "1") -> str:
    """Return the query counting good and total per SLI and slice, for SLIs with attribute conditions."""
    condition = _condition(layout, "total_keys", "total_values", "good_keys", "good_values")
    attributes = "Duration, Environment, Namespace, SpanAttributes, ResourceAttributes"
    # Filtered before the join, so that attributes are copied only for the few spans that need them.
    matched = (
        f"SELECT Timestamp, Weight, IsError, {attributes}, {_matching(layout, 'conditional')} AS ids "
        f"FROM {spans} WHERE notEmpty(ids) AND {where}"
    )
    joined = (
        f"SELECT {SLICE} AS slice, Weight AS weight, IsError AS error, {attributes}, arrayJoin(ids) AS sli "
        f"FROM ({matched})"
    )
    good, total = (f"arrayAll((k, v) -> has(v, {_ATTRIBUTE}), {of})" for of in ("c.8, c.9", "c.6, c.7"))
    return (
        f"SELECT sli, slice, sum(weight * {_IS_GOOD} * {good}) AS good, sum(weight) AS total "
        f"FROM (SELECT *, {condition} FROM ({joined})) WHERE {_IS_PLACED} AND {total} GROUP BY sli, slice"
    )
