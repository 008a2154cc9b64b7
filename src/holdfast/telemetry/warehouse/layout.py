"""The layout of tables: databases, engines, clusters, and the settings they all share. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.telemetry.warehouse.name_caps import NAME_CAPS, NameCaps

DEDUPLICATION_BLOCKS = 10_000
"""How many inserted blocks each table remembers. Replays follow a crash at once, so hours are enough."""


DEDUPLICATION_SECONDS = 7 * 86_400
"""How long replicated tables remember a block."""


# By default the engine leaves parts under a hundredth of a merge's size out of it. With little traffic every
# second those are all new parts but one, so that each new part rewrote everything stored so far.
_WHOLE_MERGES = "merge_selector_enable_heuristic_to_remove_small_parts_at_right = 0"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tables live and how long rows are kept.

    `caps` limits the distinct names that senders choose. With `cluster` set, every statement runs ON CLUSTER,
    local tables are replicated and end in `_local`, and a Distributed table in front has the plain name.
    """

    database: str = "holdfast"
    retention_days: int = 30
    cluster: str | None = None
    caps: NameCaps = NAME_CAPS

    @property
    def on_cluster(self) -> str:
        """The clause that runs a statement on all nodes of the cluster."""
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
        # By default servers forget tokens of replicated tables after an hour; a segment may wait on a stopped
        # machine over a long weekend.
        window = (
            f"replicated_deduplication_window = {DEDUPLICATION_BLOCKS}, "
            f"replicated_deduplication_window_seconds = {DEDUPLICATION_SECONDS}"
            if self.cluster
            else f"non_replicated_deduplication_window = {DEDUPLICATION_BLOCKS}"
        )
        return f"SETTINGS {window}, {_WHOLE_MERGES}{', ' + extra if extra else ''}"


def whole_merges(layout: Layout, made: Sequence[str]) -> list[str]:
    """Return the statements that give older tables the merge settings of new ones; `made` created them."""
    created = (
        re.match(rf"CREATE TABLE IF NOT EXISTS (\S+).*{_WHOLE_MERGES}", one, re.DOTALL) for one in made
    )
    return [
        f"ALTER TABLE {one[1]}{layout.on_cluster} MODIFY SETTING {_WHOLE_MERGES}" for one in created if one
    ]


def table(
    layout: Layout, name: str, columns: str, *, engine: str, rest: str, shard_by: str = "rand()"
) -> list[str]:
    """Return the statements for one table: a local one, and on a cluster a distributed one in front."""
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


def widened(layout: Layout, name: str, columns: Sequence[str], *, key: str = "") -> list[str]:
    """Return the statements that add columns to a table, and to the end of its sorting key if it is given.

    They may be run again: columns and key are then as they should be.
    """
    added = columns_added(columns)
    sorted_by = f", MODIFY ORDER BY ({key})" if key else ""
    statements = [f"ALTER TABLE {layout.stored(name)}{layout.on_cluster} {added}{sorted_by}"]
    # A Distributed table is created like its local one, but does not follow its later changes.
    if layout.cluster:
        statements.append(f"ALTER TABLE {layout.database}.{name}{layout.on_cluster} {added}")
    return statements


def columns_added(columns: Sequence[str]) -> str:
    """Return the part of a statement that adds columns; each statement takes as long as one of them."""
    return ", ".join(f"{_ADD} {column}" for column in columns)


_ADD = "ADD COLUMN IF NOT EXISTS"


def added_by(statement: str) -> tuple[str, frozenset[str]]:
    """Return the table and the columns that a statement adds, or none if it does anything else."""
    alter, *columns = statement.split(f" {_ADD} ")
    added = frozenset(column.removesuffix(",") for column in columns)
    return alter, frozenset() if "MODIFY ORDER BY" in statement else added


def view_changed(layout: Layout, name: str, select: str, *, suffix: str = "_mv") -> str:
    """Return the statement that gives the view of table `name` another query; stored rows do not change."""
    return f"ALTER TABLE {layout.database}.{name}{suffix}{layout.on_cluster} MODIFY QUERY {select}"


def control_table(layout: Layout, name: str, columns: str, key: str) -> str:
    """Return the statement for a small table that has the same rows on all nodes."""
    engine = layout.engine("MergeTree", everywhere=True)
    return (
        f"CREATE TABLE IF NOT EXISTS {layout.database}.{name}{layout.on_cluster} ({columns}) "
        f"ENGINE = {engine} ORDER BY ({key})"
    )


def view(layout: Layout, name: str, select: str, *, suffix: str = "_mv") -> str:
    """Return the statement for a view that fills table `name` with its query over new rows."""
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {layout.database}.{name}{suffix}{layout.on_cluster} "
        f"TO {layout.stored(name)} AS {select}"
    )
