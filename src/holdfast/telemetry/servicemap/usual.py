"""What is usual for the calls of an edge or node, by the rule that services have (`services.usual`).

The cost is bounded: some thirteen hours of blocks of five minutes, read once in five minutes for the edge or
node that somebody looks at.
"""

from datetime import datetime
from typing import Any

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.telemetry.servicemap.ends import StoredEnds
from holdfast.telemetry.servicemap.schedule import COARSE_SECONDS
from holdfast.telemetry.servicemap.store import in_force
from holdfast.telemetry.services.past_slices import PastSlices, moment_key
from holdfast.telemetry.services.usual import Sample, Usual, usual_of
from holdfast.telemetry.spans.latency_buckets import percentiles
from holdfast.telemetry.warehouse.protocol import Warehouse

_KEPT_MOST = 200


class UsualCalls:
    """Reads past calls; remembers what was usual."""

    def __init__(self, warehouse: Warehouse, clock: Clock) -> None:
        self._warehouse = warehouse
        self._kept = Remembered(clock, seconds=COARSE_SECONDS, most=_KEPT_MOST)

    def usual(self, moment: datetime, ends: StoredEnds, *, of: str) -> Usual | None:
        """Return what is usual at a moment for the calls between some ends; `of` names them."""
        key = f"{moment_key(moment)} {of}"
        (found,) = self._kept.recall(key, lambda: (self._read(PastSlices.at(moment), ends),))
        return found

    def _read(self, past: PastSlices, ends: StoredEnds) -> Usual | None:
        edges = in_force(COARSE_SECONDS, within=past.condition)
        rows = self._warehouse.query(
            f"SELECT {past.number} AS interval, sum(e.Calls), sum(e.Errors) + sum(e.ProxyErrors), "
            "sumMap(e.Latency), uniqExact(e.Slice) "
            f"FROM {edges} AS e WHERE {ends.condition} GROUP BY interval",
            {**past.parameters, **ends.parameters},
        )
        return usual_of(
            (
                past.intervals[interval],
                Sample(calls, failed, _p99(latency), slices * COARSE_SECONDS),
            )
            for interval, calls, failed, latency, slices in rows
        )


def _p99(latency: Any) -> float | None:
    return percentiles([(latency["1"], latency["2"])]).p99_seconds
