"""Versions of the warehouse's schema: each change is a numbered step, run once, in order.

Steps use IF NOT EXISTS, so an interrupted step is simply run again.
"""

from collections.abc import Callable, Sequence

from holdfast.telemetry.counting.slo_counters import (
    COUNTER_SLICES,
    backfill_tables,
    coarser_counters,
    conditional_counter_select,
    counter_tables,
    place_columns_of_presence,
    placed_counters,
    placed_presence,
    plain_counter_select,
    presence_select,
    presence_tables,
    selector_tables,
    shorter_counters,
)
from holdfast.telemetry.logs.tables import log_tables, placed_counts, senders_of_lines, word_index
from holdfast.telemetry.metrics.tables import (
    fold_metrics,
    metric_tables,
    placed_series,
    senders_of_series,
    shorter_series,
)
from holdfast.telemetry.names.folding import name_tables, names_taken_over, rooms_again
from holdfast.telemetry.servicemap.tables import map_tables, place_columns_of_map, sides_view
from holdfast.telemetry.services.instance_tables import instance_tables
from holdfast.telemetry.services.tables import (
    RED_COARSE_DAYS,
    coarser_red,
    fold_red,
    place_columns_of_red,
    placed_red,
    red_select,
    red_tables,
    service_rows,
    shorter_red,
)
from holdfast.telemetry.traces.tables import trace_summaries
from holdfast.telemetry.warehouse.layout import Layout, added_by, view, whole_merges
from holdfast.telemetry.warehouse.otel_tables import (
    error_column,
    place_columns,
    root_column,
    telemetry_tables,
    value_indexes,
    weight_column,
)
from holdfast.telemetry.warehouse.protocol import Warehouse

Step = Callable[[Layout], list[str]]


def rollup_tables(layout: Layout) -> list[str]:
    """Return the statements that create roll-up tables, the selectors' dictionary, and the views."""
    return [
        *red_tables(layout, "holdfast_red", layout.retention_days),
        *red_tables(layout, "holdfast_red_5m", RED_COARSE_DAYS),
        *presence_tables(layout),
        *selector_tables(layout),
        *backfill_tables(layout),
        *(s for width in COUNTER_SLICES for s in counter_tables(layout, width)),
        *_views(layout),
    ]


def _views(layout: Layout) -> list[str]:
    spans = layout.stored("otel_traces")
    return [
        view(layout, "holdfast_red", red_select(spans)),
        view(layout, "holdfast_red_5m", coarser_red(layout)),
        view(layout, "holdfast_presence_1m", presence_select(layout)),
        view(layout, "holdfast_slo_10s", plain_counter_select(spans, layout)),
        view(layout, "holdfast_slo_10s", conditional_counter_select(spans, layout), suffix="_conditional_mv"),
        *(coarser_counters(layout, finer, width) for finer, width in (("10s", "1m"), ("1m", "1h"))),
    ]


def _place_columns(layout: Layout) -> list[str]:
    return [
        *place_columns(layout),
        *place_columns_of_red(layout),
        *place_columns_of_presence(layout),
        *place_columns_of_map(layout),
    ]


_STEPS: tuple[tuple[int, str, Step], ...] = (
    (1, "telemetry in the Collector exporter's schema", telemetry_tables),
    (2, "RED, presence and SLO counters", rollup_tables),
    (3, "metrics: numbered series and their table", metric_tables),
    (4, "halves of calls and the map's edges", map_tables),
    (5, "logs: severity, zone, version, words and counts", log_tables),
    (17, "where telemetry comes from: columns that the statements below name", _place_columns),
    (23, "spans are stored with the number of spans they represent", weight_column),
    (6, "spans know whether they begin a trace", root_column),
    (7, "spans are found by the values of their attributes", value_indexes),
    (8, "a row per service beside RED", service_rows),
    (9, "the index of traces holds a line about each", trace_summaries),
    (10, "the map names workloads as their telemetry does, and is made in less time", sides_view),
    (11, "gRPC errors that stand in a proxy's span as a code alone", error_column),
)


def _merge_whole(layout: Layout) -> list[str]:
    return whole_merges(layout, [statement for *_, step in _STEPS for statement in step(layout)])


def _fold_names(layout: Layout) -> list[str]:
    return [
        *name_tables(layout),
        *names_taken_over(layout),
        *fold_red(layout),
        *fold_metrics(layout),
    ]


def _places_of_views(layout: Layout) -> list[str]:
    return [*rooms_again(layout), *placed_red(layout), *placed_presence(layout), *sides_view(layout)]


def _places_of_lines_and_series(layout: Layout) -> list[str]:
    return [*placed_counts(layout), *placed_series(layout)]


def _senders(layout: Layout) -> list[str]:
    return [*senders_of_lines(layout), *senders_of_series(layout)]


def _shorter_views(layout: Layout) -> list[str]:
    return [*shorter_red(layout), *shorter_counters(layout), *sides_view(layout), *shorter_series(layout)]


STEPS = (
    *_STEPS,
    (12, "what comes in does not have all that is stored written anew", _merge_whole),
    (13, "words of log lines without colour codes, and of writings without spaces", word_index),
    (14, "names beyond their caps are added up as other", _fold_names),
    (15, "the map calls a host by one name, and follows more links of a batch", sides_view),
    (16, "errors by any key of a gRPC code, by an error's type, and by an exception", error_column),
    (18, "environments, namespaces and regions are distinguished", _places_of_views),
    (19, "SLIs may be limited to an environment or a namespace", placed_counters),
    (20, "log lines and series have environment, namespace and region", _places_of_lines_and_series),
    (21, "parties that send nothing are distinguished by system, address and port", sides_view),
    (22, "log lines and series without a service are named by their machine", _senders),
    (24, "views in fewer terms, which are analysed with every insert", _shorter_views),
    (25, "minutes in which instances handled requests", instance_tables),
)
"""In the order in which they run, not always that of their numbers: a warehouse runs those it lacks."""


def migrate(warehouse: Warehouse, layout: Layout) -> int:
    """Bring the schema to the newest version and return it.

    The engine deduplicates the rows of a replayed segment in a view by the view's position among those of its
    table. A view that was just created or changed is last, and elsewhere after a restart of the engine. A
    segment stored before a restart and replayed after it would be counted twice, so the engine is restarted
    here, before anything is stored.
    """
    table = f"{layout.database}.holdfast_schema_version"
    warehouse.command(f"CREATE DATABASE IF NOT EXISTS {layout.database}{layout.on_cluster}")
    warehouse.command(
        f"CREATE TABLE IF NOT EXISTS {table}{layout.on_cluster} (version UInt32, name String) "
        f"ENGINE = {layout.engine('MergeTree', everywhere=True)} ORDER BY version"
    )
    done = {int(version) for (version,) in warehouse.query(f"SELECT version FROM {table}")}
    missing = [(version, name, step(layout)) for version, name, step in STEPS if version not in done]
    for version, name, statements in without_superseded(missing):
        for statement in statements:
            warehouse.command(statement)
        warehouse.command(
            f"INSERT INTO {table} VALUES ({{version:UInt32}}, {{name:String}})",
            {"version": version, "name": name},
        )
    if missing:
        warehouse.restart()
    return version_of(warehouse, layout.database)


Statements = tuple[int, str, list[str]]
"""A step as its number, name and statements."""


def without_superseded(steps: Sequence[Statements]) -> list[Statements]:
    """Return steps without statements that a later one of them repeats or undoes.

    Views have this version's queries from the first, and tables its columns; a new warehouse would analyse
    some of them four times.
    """
    found: list[Statements] = []
    replaced: set[str] = set()
    for version, name, statements in reversed(steps):
        kept = []
        for statement in reversed(statements):
            given = _given_by(statement)
            if given not in replaced:
                kept.append(statement)
            replaced |= {given} if given else set()
        found.append((version, name, kept[::-1]))
    return _without_added(found[::-1])


def _given_by(statement: str) -> str:
    """Return the beginning of a statement that gives a view its query or a column its rule, or nothing."""
    view, query, _ = statement.partition(" MODIFY QUERY ")
    if query:
        return view
    return statement if " MODIFY COLUMN " in statement else ""


def _without_added(steps: Sequence[Statements]) -> list[Statements]:
    """Return steps without statements that add columns which an earlier one of them has added."""
    added: set[tuple[str, str]] = set()
    found: list[Statements] = []
    for version, name, statements in steps:
        kept = []
        for statement in statements:
            table, columns = added_by(statement)
            new = {(table, column) for column in columns}
            if not new or new - added:
                kept.append(statement)
            added |= new
        found.append((version, name, kept))
    return found


def version_of(warehouse: Warehouse, database: str = "holdfast") -> int:
    """Return the number of the last step that ran in a warehouse."""
    return int(warehouse.query(f"SELECT max(version) FROM {database}.holdfast_schema_version")[0][0])
