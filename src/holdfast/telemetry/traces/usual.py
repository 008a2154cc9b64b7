"""From which duration on a span is slow: 2.5 times the usual p99 of its operation, from the RED roll-up."""

from collections.abc import Sequence
from typing import Any

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.spans.latency_buckets import quantile
from holdfast.telemetry.traces.model import SlowLimits
from holdfast.telemetry.warehouse.instants import between
from holdfast.telemetry.warehouse.protocol import Row, Warehouse

SLOW_TIMES = 2.5
"""A span is slow if it took this many times the p99 that is usual of its operation."""

USUAL_SECONDS = 86_400
USUAL_LEAST = 100
"""With fewer requests in the day before, those of the range itself say what is usual."""

OPERATIONS_MOST = 2_000
"""The busiest operations; spans of others are never called slow."""

KEPT_SECONDS = 60.0
_SLICE_SECONDS = 300
_SHARE = 0.99


class UsualDurations:
    """Reads from which duration on spans are slow; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, clock: Clock) -> None:
        self._warehouse = warehouse
        self._kept = Remembered(clock, seconds=KEPT_SECONDS)

    def limits(self, within: TimeRange, services: Sequence[str] = ()) -> SlowLimits:
        """Return from when on spans of a range are slow, of these services as sent, or of all.

        Usual is the day before the range; of an operation without 100 requests in it, day and range together.
        """
        asked = _seconds(within)
        key = f"{asked['start'] // _SLICE_SECONDS} {asked['end'] // _SLICE_SECONDS} {sorted(services)}"
        return self._kept.recall(key, lambda: self._read(asked, services))

    def _read(self, asked: dict[str, int], services: Sequence[str]) -> SlowLimits:
        rows = self._warehouse.query(
            "SELECT toString(Service) AS service, toString(Operation) AS operation, toString(Kind) AS kind, "
            f"sumIf(Requests, {_BEFORE}) AS requests_before, sumMapIf(Latency, {_BEFORE}), sumMap(Latency) "
            f"FROM holdfast_red_5m WHERE {between('Slice', 'usual_from', 'end')}"
            f"{' AND Service IN {services:Array(String)}' if services else ''} "
            "GROUP BY service, operation, kind ORDER BY sum(Requests) DESC LIMIT {most:UInt32}",
            {**asked, "most": OPERATIONS_MOST, **({"services": list(services)} if services else {})},
        )
        limits = (_limit(row) for row in rows)
        return SlowLimits(tuple(one for one in limits if one is not None))


_BEFORE = between("Slice", "usual_from", "start")


def _seconds(within: TimeRange) -> dict[str, int]:
    start, end = int(within.start.timestamp()), int(within.end.timestamp())
    return {"usual_from": max(0, start - USUAL_SECONDS), "start": start, "end": end}


def _limit(row: Row) -> tuple[str, str, str, int] | None:
    service, operation, kind, requests, before, every = row
    usual = quantile(_counts(before if requests >= USUAL_LEAST else every), _SHARE)
    return None if usual is None else (service, operation, kind, int(usual * SLOW_TIMES * 1e9))


def _counts(latency: Any) -> dict[int, int]:
    return dict(zip(latency["1"], latency["2"], strict=True))
