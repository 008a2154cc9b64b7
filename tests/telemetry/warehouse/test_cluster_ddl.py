"""The schema for one machine and for a cluster: what it says, and that the engine understands it."""

import os
import re
from pathlib import Path

import pytest

from holdfast.telemetry.migrations import STEPS
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

GOLDEN = Path(__file__).parents[2] / "golden"
CLUSTER = Layout(cluster="prod")


def statements(layout: Layout) -> list[str]:
    """Every statement of the newest schema, in order."""
    return [" ".join(one.split()) for _, _, step in STEPS for one in step(layout)]


def created(layout: Layout, what: str) -> dict[str, str]:
    """The statements that create tables, views or dictionaries, by the name of what they create."""
    found = {}
    for one in statements(layout):
        match = re.match(rf"CREATE {what} IF NOT EXISTS (\S+)", one)
        if match:
            found[match[1]] = one
    return found


@pytest.mark.parametrize(("name", "layout"), [("schema.sql", Layout()), ("cluster_schema.sql", CLUSTER)])
def test_the_golden_schema_is_the_schema(name: str, layout: Layout) -> None:
    """The schema is as written down; `make golden` rewrites it; read it before committing."""
    text = ";\n\n".join(statements(layout)) + ";\n"
    path = GOLDEN / name
    if os.environ.get("HOLDFAST_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_the_engine_understands_every_statement_for_a_cluster(warehouse: ChdbWarehouse) -> None:
    """Each statement parses, and what the engine makes of it still runs on the cluster."""
    for one in statements(CLUSTER):
        (row,) = warehouse.query("SELECT formatQuerySingleLine({statement:String})", {"statement": one})
        # What is stored already is moved once, through the tables in front of all nodes.
        is_moved = row[0].startswith("INSERT INTO") and "_local" not in row[0]
        assert is_moved or "ON CLUSTER prod" in row[0]


def test_every_table_of_a_cluster_is_replicated_with_a_distributed_one_in_front() -> None:
    """Rows live in replicated local tables; the plain name reads and writes all shards."""
    tables = created(CLUSTER, "TABLE")
    local = {name for name in tables if name.endswith("_local")}
    assert local
    for name in local:
        assert re.search(r"ENGINE = Replicated\w*MergeTree\('/clickhouse/tables/\{shard\}/", tables[name])
        assert "replicated_deduplication_window" in tables[name]
        assert "ENGINE = Distributed('prod'" in tables[name.removesuffix("_local")]


def test_what_every_node_must_know_is_on_every_node() -> None:
    """Selectors and what has been backfilled have one path for all shards, so all nodes count alike."""
    tables = created(CLUSTER, "TABLE")
    for name in ("selectors", "conditions", "selectors_in_force", "backfills", "names"):
        statement = tables[f"holdfast.holdfast_{name}"]
        assert "'/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}'" in statement


def test_views_stay_on_their_node() -> None:
    """A view reads and writes local tables: counting costs no network and is deduplicated with its rows."""
    for name, statement in created(CLUSTER, "MATERIALIZED VIEW").items():
        # Names are noted in a table that every node has whole: there is no distributed one in front of it.
        assert re.search(r" TO (\S+_local|holdfast\.holdfast_names) AS ", statement), name
        assert re.search(r" FROM \S+_local\b", statement), name


def test_rows_are_never_spread_by_chance() -> None:
    """What is inserted through a Distributed table goes to the same shard again when it is replayed."""
    for name, statement in created(CLUSTER, "TABLE").items():
        if "Distributed(" in statement and name.startswith("holdfast.otel_"):
            assert "rand()" not in statement, name


@pytest.mark.parametrize(
    ("table", "days"),
    [
        ("otel_traces", 14),
        ("otel_logs", 14),
        ("otel_metrics_sum", 14),
        ("holdfast_red", 14),
        ("holdfast_red_5m", 400),
        ("holdfast_red_services", 14),
        ("holdfast_red_services_5m", 400),
        ("holdfast_presence_1m", 45),
        ("holdfast_slo_10s", 2),
        ("holdfast_slo_1m", 45),
        ("holdfast_slo_1h", 400),
    ],
)
def test_rows_are_kept_as_long_as_the_layout_says(table: str, days: int) -> None:
    """Telemetry is kept for the days asked for, counters as long as objectives read them."""
    statement = created(Layout(retention_days=14), "TABLE")[f"holdfast.{table}"]
    assert re.search(rf"TTL \S+ \+ toIntervalDay\({days}\) ", statement)
