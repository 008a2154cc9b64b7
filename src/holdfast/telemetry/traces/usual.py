"""From which duration on a span is slow: against the usual p99 of its operation, from the RED roll-up.

Usual is what it is for services (`services.usual`), of each operation for itself. The cost is bounded: some
thirteen hours of slices of five minutes, and the busiest operations.
"""

from collections.abc import Sequence
from datetime import datetime

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.telemetry.services.past_slices import SLICE_SECONDS, PastSlices, moment_key
from holdfast.telemetry.services.usual import PastInterval, Sample, slow_from, usual_of
from holdfast.telemetry.spans.latency_buckets import quantile
from holdfast.telemetry.traces.model import SlowLimits
from holdfast.telemetry.warehouse.protocol import Row, Warehouse

OPERATIONS_MOST = 2_000
"""The busiest operations; spans of others are never called slow."""

KEPT_SECONDS = 300.0
_SHARE = 0.99


class UsualDurations:
    """Reads from which duration on spans are slow; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, clock: Clock) -> None:
        self._warehouse = warehouse
        self._kept = Remembered(clock, seconds=KEPT_SECONDS)

    def limits(self, moment: datetime, services: Sequence[str] = ()) -> SlowLimits:
        """Return from when on spans are slow at a moment, of these services as sent, or of all.

        An operation without enough history has no limit.
        """
        key = f"{moment_key(moment)} {sorted(services)}"
        return self._kept.recall(key, lambda: self._read(PastSlices.at(moment), services))

    def _read(self, past: PastSlices, services: Sequence[str]) -> SlowLimits:
        rows = self._warehouse.query(
            "SELECT service, operation, kind, groupArray(interval), groupArray(requests), "
            "groupArray(latency.1), groupArray(latency.2), groupArray(slices) FROM ("
            "SELECT toString(Service) AS service, toString(Operation) AS operation, toString(Kind) AS kind, "
            f"{past.number} AS interval, sum(Requests) AS requests, sumMap(Latency) AS latency, "
            f"uniqExact(Slice) AS slices FROM holdfast_red_5m WHERE {past.condition}"
            f"{' AND Service IN {services:Array(String)}' if services else ''} "
            "GROUP BY service, operation, kind, interval) "
            "GROUP BY service, operation, kind ORDER BY sum(requests) DESC LIMIT {most:UInt32}",
            {
                **past.parameters,
                "most": OPERATIONS_MOST,
                **({"services": list(services)} if services else {}),
            },
        )
        limits = (_limit(row, past.intervals) for row in rows)
        return SlowLimits(tuple(one for one in limits if one is not None))


def _limit(row: Row, intervals: Sequence[PastInterval]) -> tuple[str, str, str, int] | None:
    service, operation, kind, *columns = row
    usual = usual_of(
        (intervals[number], Sample(requests, 0, _p99(buckets, sizes), slices * SLICE_SECONDS))
        for number, requests, buckets, sizes, slices in zip(*columns, strict=True)
    )
    if usual is None or usual.p99_seconds is None:
        return None
    return service, operation, kind, int(slow_from(usual.p99_seconds) * 1e9)


def _p99(buckets: Sequence[int], sizes: Sequence[int]) -> float | None:
    return quantile(dict(zip(buckets, sizes, strict=True)), _SHARE)
