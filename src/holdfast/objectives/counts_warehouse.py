"""Counts read from the warehouse: every window of every SLI in one pass over the fewest rows.

The rows of all windows are read once, each into the segment between two windows' left edges; the windows
are running totals over segments (`windows.plan`). All sums are made by the engine in 64-bit integers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from holdfast.objectives.counts import Numbers, Slices, WindowSums
from holdfast.objectives.windows import Grain, Plan, epoch, left_edge, plan
from holdfast.telemetry.instants import between, since
from holdfast.telemetry.warehouse import Warehouse

_REFINED_FOR = timedelta(days=2)
"""Younger objectives know their first slice to the minute, older ones to the hour."""

SERVICES_AT_ONCE = 1_000
"""How many services one statement names, so that it fits into a server's limits."""

_FROM = since("slice", "start")
_BETWEEN = between("slice", "start", "end")


class WarehouseCounts:
    """Reads the counters that the intake keeps in the warehouse; `watermark` tells what is complete."""

    def __init__(self, warehouse: Warehouse, watermark: Callable[[], datetime | None]) -> None:
        self._warehouse = warehouse
        self._watermark = watermark

    def watermark(self) -> datetime | None:
        """Return the intake's watermark."""
        return self._watermark()

    def sums(self, edge: int, windows: Sequence[timedelta]) -> WindowSums:
        """Return the sums of all SLIs over all windows ending at `edge`."""
        reading = plan(edge, windows)
        parts = [self._segments(reading, grain, spans) for grain, spans in reading.ranges]
        slis = np.unique(np.concatenate([part["sli"] for part in parts])).astype(np.int64)
        good = np.zeros((len(slis), len(reading.starts)), dtype=np.int64)
        total = np.zeros_like(good)
        starts = np.array(reading.starts, dtype=np.int64)
        for part in parts:
            where = (np.searchsorted(slis, part["sli"]), np.searchsorted(starts, part["segment"]))
            # Each (sli, segment) comes at most once per part, so adding by index loses nothing.
            good[where] += part["good"]
            total[where] += part["total"]
        return _windows(reading, windows, slis, good, total)

    def first_slices(self, slis: Iterable[int]) -> Mapping[int, int]:
        """Return each SLI's first slice: its hour, or its minute if that is recent."""
        hours = self._first(Grain.HOUR, sorted(slis), 0)
        watermark = self._watermark()
        if watermark is None:
            return hours
        recent = epoch(watermark - _REFINED_FOR)
        young = sorted(sli for sli, hour in hours.items() if hour >= recent)
        return {**hours, **(self._first(Grain.MINUTE, young, recent) if young else {})}

    def presence(self, services: Sequence[str], start: int, end: int) -> Mapping[str, Numbers]:
        """Return the minutes each of these services sent spans in."""
        sql = (
            "SELECT toString(service) AS name, groupArray(toUInt32(slice)) AS minutes "
            f"FROM holdfast_presence_1m WHERE service IN {{services:Array(String)}} AND {_BETWEEN} "
            "GROUP BY name"
        )
        # As columns each service's minutes come as one array: a month of 200 services are 8 million.
        minutes: dict[str, Numbers] = {}
        for first in range(0, len(services), SERVICES_AT_ONCE):
            some = list(services[first : first + SERVICES_AT_ONCE])
            found = self._warehouse.columns(sql, {"services": some, "start": start, "end": end})
            for name, starts in zip(found.get("name", ()), found.get("minutes", ()), strict=True):
                minutes[str(name)] = np.asarray(starts).astype(np.int64)
        return minutes

    def slices(self, sli: int, start: int, end: int, grain: Grain) -> Slices:
        """Return one SLI's slices."""
        sql = (
            "SELECT toUInt32(slice) AS start, sum(good) AS good, sum(total) AS total "
            f"FROM {grain.table} WHERE sli = {{sli:UInt64}} AND {_BETWEEN} GROUP BY slice ORDER BY slice"
        )
        found = _numbers(self._warehouse.columns(sql, {"sli": sli, "start": start, "end": end}))
        return Slices(grain, found["start"], found["good"], found["total"])

    def bad_by_step(
        self, slis: Sequence[int], start: int, end: int, step_seconds: int
    ) -> Mapping[int, Numbers]:
        """Return bad events per step from the minute counters."""
        result = {sli: np.zeros((end - start) // step_seconds, dtype=np.int64) for sli in slis}
        sql = (
            "SELECT sli, intDiv(toUInt32(slice) - {start:UInt32}, {step:UInt32}) AS step, "
            "sum(total) - sum(good) AS bad FROM holdfast_slo_1m "
            f"WHERE sli IN {{slis:Array(UInt64)}} AND {_BETWEEN} GROUP BY sli, step"
        )
        parameters = {"slis": list(slis), "start": start, "end": end, "step": step_seconds}
        found = _numbers(self._warehouse.columns(sql, parameters))
        for sli, step, bad in zip(found["sli"], found["step"], found["bad"], strict=True):
            if step < len(result[int(sli)]):
                result[int(sli)][step] = bad
        return result

    def _segments(self, reading: Plan, grain: Grain, spans: Sequence[tuple[int, int]]) -> dict[str, Numbers]:
        ranges = " OR ".join(f"({between('slice', f'f{n}', f't{n}')})" for n in range(len(spans)))
        sql = (
            "SELECT sli, roundDown(toUInt32(slice), {starts:Array(UInt32)}) AS segment, "
            f"sum(good) AS good, sum(total) AS total FROM {grain.table} WHERE {ranges} GROUP BY sli, segment"
        )
        parameters: dict[str, object] = {"starts": list(reading.starts)}
        for number, (start, end) in enumerate(spans):
            parameters |= {f"f{number}": start, f"t{number}": end}
        return _numbers(self._warehouse.columns(sql, parameters))

    def _first(self, grain: Grain, slis: Sequence[int], start: int) -> dict[int, int]:
        sql = (
            f"SELECT sli, min(toUInt32(slice)) AS first FROM {grain.table} "
            f"WHERE sli IN {{slis:Array(UInt64)}} AND {_FROM} GROUP BY sli"
        )
        found = _numbers(self._warehouse.columns(sql, {"slis": list(slis), "start": start}))
        return dict(zip(found["sli"].tolist(), found["first"].tolist(), strict=True))


_EMPTY = np.zeros(0, dtype=np.int64)


def _numbers(columns: Mapping[str, Any]) -> "_Columns":
    return _Columns({name: values.astype(np.int64, copy=False) for name, values in columns.items()})


class _Columns(dict[str, Numbers]):
    """Columns of a result; one without rows may come without columns, which then read as empty."""

    def __missing__(self, _name: str) -> Numbers:
        return _EMPTY


def _windows(
    reading: Plan, windows: Sequence[timedelta], slis: Numbers, good: Numbers, total: Numbers
) -> WindowSums:
    """Turn segments (oldest first) into windows: everything from a window's left edge to the right edge."""
    columns = [reading.starts.index(left_edge(reading.edge, window)) for window in windows]
    since_good = np.cumsum(good[:, ::-1], axis=1)[:, ::-1]
    since_total = np.cumsum(total[:, ::-1], axis=1)[:, ::-1]
    return WindowSums(reading.edge, tuple(windows), slis, since_good[:, columns], since_total[:, columns])
