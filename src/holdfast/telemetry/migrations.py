"""Versions of the warehouse's schema: each change is a numbered step, run once, in order.

Steps use IF NOT EXISTS, so a step cut off in the middle is simply run again.
"""

from collections.abc import Callable

from holdfast.telemetry.logs.schema import log_tables, word_index
from holdfast.telemetry.metrics.tables import fold_metrics, metric_tables
from holdfast.telemetry.name_folding import name_tables, names_taken_over
from holdfast.telemetry.rollups import fold_red, rollup_tables, service_rows
from holdfast.telemetry.schema import (
    Layout,
    error_column,
    root_column,
    telemetry_tables,
    value_indexes,
    whole_merges,
)
from holdfast.telemetry.servicemap.tables import halves_view, map_tables
from holdfast.telemetry.traces.schema import trace_summaries
from holdfast.telemetry.warehouse import Warehouse

Step = Callable[[Layout], list[str]]

_STEPS: tuple[tuple[int, str, Step], ...] = (
    (1, "telemetry in the Collector exporter's schema", telemetry_tables),
    (2, "RED, presence and SLO counters", rollup_tables),
    (3, "metrics: numbered series and their table", metric_tables),
    (4, "halves of calls and the map's edges", map_tables),
    (5, "logs: severity, zone, version, words and counts", log_tables),
    (6, "spans know whether they begin a trace", root_column),
    (7, "spans are found by the values of their attributes", value_indexes),
    (8, "a row per service beside RED", service_rows),
    (9, "the index of traces holds a line about each", trace_summaries),
    (10, "the map names workloads as their telemetry does, and is made in less time", halves_view),
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


STEPS = (
    *_STEPS,
    (12, "what comes in does not have all that is stored written anew", _merge_whole),
    (13, "words of log lines without colour codes, and of writings without spaces", word_index),
    (14, "names beyond their caps are added up as other", _fold_names),
    (15, "the map calls a host by one name, and follows more links of a batch", halves_view),
)


def migrate(warehouse: Warehouse, layout: Layout) -> int:
    """Bring the schema to the newest version and return it.

    The engine recognises what a replayed segment sends through a view by the view's place among those of its
    table. A view that was made or changed stands last there, and elsewhere once the engine has started again.
    A segment stored before that and replayed after it would be counted twice, so the engine is started again
    here, before anything is stored.
    """
    table = f"{layout.database}.holdfast_schema_version"
    warehouse.command(f"CREATE DATABASE IF NOT EXISTS {layout.database}{layout.on_cluster}")
    warehouse.command(
        f"CREATE TABLE IF NOT EXISTS {table}{layout.on_cluster} (version UInt32, name String) "
        f"ENGINE = {layout.engine('MergeTree', everywhere=True)} ORDER BY version"
    )
    done = version_of(warehouse, layout.database)
    for version, name, step in STEPS:
        if version > done:
            for statement in step(layout):
                warehouse.command(statement)
            warehouse.command(
                f"INSERT INTO {table} VALUES ({{version:UInt32}}, {{name:String}})",
                {"version": version, "name": name},
            )
    if done < STEPS[-1][0]:
        warehouse.restart()
    return STEPS[-1][0]


def version_of(warehouse: Warehouse, database: str = "holdfast") -> int:
    """Return the number of the last step that a warehouse has seen."""
    return int(warehouse.query(f"SELECT max(version) FROM {database}.holdfast_schema_version")[0][0])
