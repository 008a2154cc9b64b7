"""Installs in the engine which spans count for which SLI, and counts stored spans for a new SLI.

The counters of an SLI are complete from the oldest stored span on: once its selector is installed, the views
count arriving spans, and stored spans are counted once while inserts are paused (senders do not notice: the
spool accepts their spans). A crash in the middle leaves either the old selectors in force or the new ones;
the next start detects it and recounts the new SLIs.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product

from holdfast.catalog.model import Sli, SpanSelector, SpanStatus
from holdfast.telemetry.counting.slo_counters import (
    CONDITION_COLUMNS,
    COUNTER_SLICES,
    IN_ENVIRONMENT,
    IN_NAMESPACE,
    SELECTOR_COLUMNS,
    conditional_counter_select,
    plain_counter_select,
)
from holdfast.telemetry.warehouse import instants
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.protocol import Warehouse
from holdfast.telemetry.warehouse.sql_text import settings_clause

log = logging.getLogger(__name__)

NO_LIMIT = 2**64 - 1
_STATUS_CODES = {None: 0, SpanStatus.OK: 1, SpanStatus.ERROR: 2}
BACKFILL_SECONDS = 600.0
SERVICES_AT_ONCE = 50
"""How many services one backfill statement names, so that it fits into a server's limits."""

SLIS_AT_ONCE = 2_000
"""How many SLIs one statement names, for the same reason."""

# In this order: a selector whose conditions are not loaded yet would count every span as bad.
_TABLES = (("holdfast_conditions", CONDITION_COLUMNS), ("holdfast_selectors", SELECTOR_COLUMNS))
_IN_FORCE = "holdfast_selectors_in_force"

# The engine would deduplicate the same rows inserted again; here the repeat is intended. On a cluster the
# rows must have arrived when the statement returns.
_AS_OFTEN_AS_ASKED = settings_clause({"insert_deduplicate": 0, "distributed_foreground_insert": 1})


class Selectors:
    """The selectors in force in one warehouse; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, layout: Layout) -> None:
        self._warehouse = warehouse
        self._layout = layout

    def install(self, slis: Sequence[Sli], *, now: datetime) -> tuple[int, ...]:
        """Install `slis` as the counted ones; return the ids of those counted from the start.

        No insert may run meanwhile, and no segment may be in doubt: see `SelectorReconciler`.
        """
        # A removed SLI is no longer counted; if it comes back, it is counted from the start.
        wanted = {sli.id for sli in slis}
        self._delete("holdfast_backfills", sorted(self._backfilled() - wanted))
        self._put_in_force(slis)
        done = self._backfilled()
        fresh = [sli for sli in slis if sli.id not in done]
        if fresh:
            self._backfill(fresh, now)
        return tuple(sli.id for sli in fresh)

    def _put_in_force(self, slis: Sequence[Sli]) -> None:
        rows = ([_condition_row(sli) for sli in slis], list(_selector_rows(slis)))
        revision = 1 + max(self._newest(table) for table in (_IN_FORCE, *(table for table, _ in _TABLES)))
        for (table, columns), those in zip(_TABLES, rows, strict=True):
            if those:
                numbered = [{"revision": revision, **row} for row in those]
                self._warehouse.insert_rows(table, f"revision UInt64, {columns}", numbered)
            self._synchronise(table)
        # This one row puts all others into force at once.
        self._warehouse.insert_rows(_IN_FORCE, "revision UInt64", [{"revision": revision}])
        self._synchronise(_IN_FORCE)
        for table, _ in _TABLES:
            name = f"{self._layout.database}.{table}_dictionary"
            self._warehouse.command(f"SYSTEM RELOAD DICTIONARY{self._layout.on_cluster} {name}")
        for table in (*(table for table, _ in _TABLES), _IN_FORCE):
            self._warehouse.command(
                f"DELETE FROM {table}{self._layout.on_cluster} WHERE revision < {{revision:UInt64}}",
                {"revision": revision},
            )

    def _newest(self, table: str) -> int:
        return int(self._warehouse.query(f"SELECT max(revision) FROM {table}")[0][0])

    def _synchronise(self, table: str) -> None:
        # On a cluster the other nodes load their dictionaries from replicas, which must be in sync first.
        if self._layout.cluster:
            name = f"{self._layout.database}.{table}"
            self._warehouse.command(f"SYSTEM SYNC REPLICA{self._layout.on_cluster} {name}")

    def _delete(self, table: str, ids: Sequence[int], *, since: int = 0) -> None:
        """Delete the rows of SLIs in slices that start at `since` (seconds since 1970) or later."""
        also = f"AND {instants.since('slice', 'since')}" if since else ""
        for first in range(0, len(ids), SLIS_AT_ONCE):
            self._warehouse.command(
                f"DELETE FROM {table}{self._layout.on_cluster} WHERE sli IN {{ids:Array(UInt64)}} {also}",
                {"ids": list(ids[first : first + SLIS_AT_ONCE])} | ({"since": since} if since else {}),
            )

    def _backfilled(self) -> set[int]:
        return {int(row[0]) for row in self._warehouse.query("SELECT DISTINCT sli FROM holdfast_backfills")}

    def _backfill(self, slis: Sequence[Sli], now: datetime) -> None:
        services = sorted({service for sli in slis for service in sli.total.services})
        ids = [sli.id for sli in slis]
        oldest = self._oldest_stored_hour()
        if oldest:  # counts of spans that are no longer stored cannot be recomputed, so they stay
            for width in COUNTER_SLICES:
                self._delete(self._layout.stored(f"holdfast_slo_{width}"), ids, since=oldest)
        for first in range(0, len(services), SERVICES_AT_ONCE):
            some = services[first : first + SERVICES_AT_ONCE]
            for day in self._days(some):
                self._backfill_day(some, day)
        finished = int(now.timestamp())
        rows = [{"sli": sli, "finished": finished} for sli in ids]
        self._warehouse.insert_rows("holdfast_backfills", "sli UInt64, finished UInt32", rows)
        self._synchronise("holdfast_backfills")

    def _oldest_stored_hour(self) -> int:
        query = "SELECT toUInt32(toStartOfHour(min(toDateTime(Timestamp, 'UTC')))) FROM otel_traces"
        return int(self._warehouse.query(query, timeout_seconds=BACKFILL_SECONDS)[0][0])

    def _days(self, services: list[str]) -> list[int]:
        rows = self._warehouse.query(
            "SELECT DISTINCT toUInt32(toDate(Timestamp)) AS day FROM otel_traces "
            "WHERE ServiceName IN {services:Array(String)} ORDER BY day",
            {"services": services},
            timeout_seconds=BACKFILL_SECONDS,
        )
        return [int(row[0]) for row in rows]

    def _backfill_day(self, services: list[str], day: int) -> None:
        where = "ServiceName IN {services:Array(String)} AND toDate(Timestamp) = toDate({day:UInt32})"
        for select in (plain_counter_select, conditional_counter_select):
            counts = select("otel_traces", self._layout, where=where)
            self._warehouse.command(
                "INSERT INTO holdfast_slo_10s (sli, slice, good, total) SELECT sli, slice, good, total "
                f"FROM ({counts}) WHERE sli NOT IN (SELECT sli FROM holdfast_backfills){_AS_OFTEN_AS_ASKED}",
                {"services": services, "day": day},
            )


def _is_conditional(sli: Sli) -> bool:
    return bool(sli.total.attributes or sli.good.attributes)


def _selector_rows(slis: Iterable[Sli]) -> Iterable[dict[str, object]]:
    found: dict[tuple[str, str, str], tuple[list[int], list[int]]] = {}
    for sli in slis:
        for key in _keys(sli.total):
            plain, conditional = found.setdefault(key, ([], []))
            (conditional if _is_conditional(sli) else plain).append(sli.id)
    for (service, operation, kind), (plain, conditional) in found.items():
        yield {
            "service": service,
            "operation": operation,
            "kind": kind,
            "plain": plain,
            "conditional": conditional,
        }


def _keys(selector: SpanSelector) -> Iterable[tuple[str, str, str]]:
    # An operation written twice counts once.
    operations = tuple(dict.fromkeys(selector.operations)) or ("",)
    for service, operation, kind in product(selector.services, operations, selector.kinds):
        yield service, operation, kind.value.capitalize()


def _condition_row(sli: Sli) -> dict[str, object]:
    limit = sli.good.max_duration_nanoseconds
    extra = [one for one in sli.good.attributes if one not in sli.total.attributes]
    environment, namespace = sli.total.environment, sli.total.namespace
    limits = (IN_ENVIRONMENT, environment), (IN_NAMESPACE, namespace)
    return {
        "sli": sli.id,
        "status": _STATUS_CODES[sli.good.status],
        "max_duration": NO_LIMIT if limit is None else limit,
        "total_keys": [key for key, _ in sli.total.attributes],
        "total_values": [list(values) for _, values in sli.total.attributes],
        "good_keys": [key for key, _ in extra],
        "good_values": [list(values) for _, values in extra],
        "limits": sum(bit for bit, limit in limits if limit is not None),
        "environment": environment or "",
        "namespace": namespace or "",
    }
