"""Tells the engine which spans count for which SLI, and counts stored spans for an SLI that is new.

The counters of an SLI are complete from the oldest stored span on: from the moment its selector is
installed the views count what arrives, and what was there before is counted once, while inserts wait (senders
do not notice: the spool takes their spans). A crash in the middle is seen at the next start, and the SLI's
counters are made anew.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from holdfast.catalog.model import Sli, SpanSelector, SpanStatus
from holdfast.telemetry.rollups import (
    CONDITION_COLUMNS,
    COUNTER_SLICES,
    SELECTOR_COLUMNS,
    conditional_counter_select,
    plain_counter_select,
)
from holdfast.telemetry.schema import Layout
from holdfast.telemetry.warehouse import Warehouse

log = logging.getLogger(__name__)

NO_LIMIT = 2**64 - 1
_STATUS_CODES = {None: 0, SpanStatus.OK: 1, SpanStatus.ERROR: 2}
BACKFILL_SECONDS = 600.0


class Selectors:
    """The selectors in force in one warehouse; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, layout: Layout) -> None:
        self._warehouse = warehouse
        self._layout = layout

    def install(self, slis: Sequence[Sli], *, now: datetime) -> tuple[int, ...]:
        """Make `slis` the ones that are counted; return the ids of those that were counted afresh.

        No insert may run meanwhile, and no segment be in doubt: see `SelectorKeeper`.
        """
        self._write(slis)
        fresh = self._not_backfilled(slis)
        if fresh:
            self._backfill(fresh, now)
        return tuple(sli.id for sli in fresh)

    def _write(self, slis: Sequence[Sli]) -> None:
        for table, columns, rows in (
            ("holdfast_selectors", SELECTOR_COLUMNS, list(_selector_rows(slis))),
            ("holdfast_conditions", CONDITION_COLUMNS, [_condition_row(sli) for sli in slis]),
        ):
            self._warehouse.command(f"TRUNCATE TABLE {table}")
            if rows:
                # The rows travel as one JSON parameter: names come from the catalog, never from SQL text.
                self._warehouse.command(
                    f"INSERT INTO {table} SELECT * FROM format(JSONEachRow, '{columns}', {{rows:String}})",
                    {"rows": "\n".join(json.dumps(row) for row in rows)},
                )
            self._warehouse.command(f"SYSTEM RELOAD DICTIONARY {self._layout.database}.{table}_dictionary")

    def _not_backfilled(self, slis: Sequence[Sli]) -> list[Sli]:
        done = {row[0] for row in self._warehouse.query("SELECT sli FROM holdfast_backfills")}
        return [sli for sli in slis if sli.id not in done]

    def _backfill(self, slis: Sequence[Sli], now: datetime) -> None:
        ids = [sli.id for sli in slis]
        for width in COUNTER_SLICES:
            self._warehouse.command(
                f"DELETE FROM {self._layout.stored(f'holdfast_slo_{width}')} "
                "WHERE sli IN {ids:Array(UInt64)}",
                {"ids": ids},
            )
        services = sorted({sli.total.service for sli in slis})
        for day in self._days(services):
            self._backfill_day(ids, services, day)
        self._warehouse.command(
            "INSERT INTO holdfast_backfills SELECT arrayJoin({ids:Array(UInt64)}), "
            "toDateTime({now:UInt32}, 'UTC')",
            {"ids": ids, "now": int(now.timestamp())},
        )

    def _days(self, services: list[str]) -> list[int]:
        rows = self._warehouse.query(
            "SELECT DISTINCT toUInt32(toDate(Timestamp)) AS day FROM otel_traces "
            "WHERE ServiceName IN {services:Array(String)} ORDER BY day",
            {"services": services},
            timeout_seconds=BACKFILL_SECONDS,
        )
        return [int(row[0]) for row in rows]

    def _backfill_day(self, ids: list[int], services: list[str], day: int) -> None:
        where = "ServiceName IN {services:Array(String)} AND toDate(Timestamp) = toDate({day:UInt32})"
        for select in (plain_counter_select, conditional_counter_select):
            counts = select("otel_traces", self._layout, where=where)
            self._warehouse.command(
                "INSERT INTO holdfast_slo_10s (sli, slice, good, total) SELECT sli, slice, good, total "
                f"FROM ({counts}) WHERE sli IN {{ids:Array(UInt64)}}",
                {"ids": ids, "services": services, "day": day},
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
    for operation in dict.fromkeys(selector.operations) or ("",):
        for kind in selector.kinds:
            yield selector.service, operation, kind.value.capitalize()


def _condition_row(sli: Sli) -> dict[str, object]:
    limit = sli.good.max_duration_nanoseconds
    extra = [one for one in sli.good.attributes if one not in sli.total.attributes]
    return {
        "sli": sli.id,
        "status": _STATUS_CODES[sli.good.status],
        "max_duration": NO_LIMIT if limit is None else limit,
        "total_keys": [key for key, _ in sli.total.attributes],
        "total_values": [list(values) for _, values in sli.total.attributes],
        "good_keys": [key for key, _ in extra],
        "good_values": [list(values) for _, values in extra],
    }
