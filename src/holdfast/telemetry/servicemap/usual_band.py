"""Reads what is usual at each time for the calls of an edge or node, by the rule of services.

The cost is bounded: some forty hours of blocks of five minutes, read once in five minutes for the edge or
node that somebody looks at.
"""

from typing import Any

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.servicemap.ends import StoredEnds
from holdfast.telemetry.servicemap.schedule import COARSE_SECONDS
from holdfast.telemetry.servicemap.store import in_force
from holdfast.telemetry.services.model import RedPoint
from holdfast.telemetry.services.usual_band import LONGEST, UsualBand, band_of, past_of
from holdfast.telemetry.spans.latency_buckets import percentiles
from holdfast.telemetry.warehouse.instants import between, second_from
from holdfast.telemetry.warehouse.protocol import Warehouse

_NO_BAND = UsualBand({}, None)
_KEPT_MOST = 100


class UsualCallsBand:
    """Reads bands from past calls; remembers them."""

    def __init__(self, warehouse: Warehouse, clock: Clock) -> None:
        self._warehouse = warehouse
        self._kept = Remembered(clock, seconds=COARSE_SECONDS, most=_KEPT_MOST)

    def band(self, within: TimeRange, ends: StoredEnds, *, of: str) -> UsualBand:
        """Return what is usual for the calls between some ends; `of` names them. Nothing for over a day."""
        if within.seconds > LONGEST.total_seconds():
            return _NO_BAND
        blocks = [second_from(at) // COARSE_SECONDS for at in (within.start, within.end)]
        return self._kept.recall(f"{of} {blocks}", lambda: self._read(within, ends))

    def _read(self, within: TimeRange, ends: StoredEnds) -> UsualBand:
        ranges = past_of(within)
        is_in = " OR ".join(between("Slice", f"from_{n}", f"to_{n}") for n in range(len(ranges)))
        bounds = {f"from_{n}": second_from(each.start) for n, each in enumerate(ranges)}
        bounds |= {f"to_{n}": second_from(each.end) for n, each in enumerate(ranges)}
        rows = self._warehouse.query(
            "SELECT toUInt32(e.Slice) AS epoch, sum(e.Calls), sum(e.Errors) + sum(e.ProxyErrors), "
            f"sumMap(e.Latency) FROM {in_force(COARSE_SECONDS, within=f'({is_in})')} AS e "
            f"WHERE {ends.condition} GROUP BY epoch",
            {**bounds, **ends.parameters},
        )
        return band_of(within, {row[0]: _point(*row) for row in rows})


def _point(epoch: int, calls: int, failed: int, latency: Any) -> RedPoint:
    return RedPoint(epoch, calls, failed, percentiles([(latency["1"], latency["2"])]))
