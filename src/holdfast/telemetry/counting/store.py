"""Reads counts from the warehouse: every window of every SLI in one pass over the fewest rows.

The rows of all windows are read once, each into the segment between two windows' left edges; the windows
are running totals over segments (`windows.plan`). The engine computes all sums in 64-bit integers.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from holdfast.telemetry.counting.model import Numbers, Sender, Slices, WindowSums
from holdfast.telemetry.counting.windows import Grain, SliceReads, epoch, left_edge, plan
from holdfast.telemetry.identity.model import EVERYWHERE, ServiceId
from holdfast.telemetry.warehouse.instants import between, since
from holdfast.telemetry.warehouse.protocol import Warehouse

_REFINED_FOR = timedelta(days=2)
"""The first slice of SLIs younger than this is known to the minute, that of older ones to the hour."""

SERVICES_AT_ONCE = 1_000
"""How many services one statement names, so that it fits into a server's limits."""

_PLACE = "toString(namespace) AS within, toString(environment) AS of"
_NO_PLACE = "'' AS within, '' AS of"

_FROM = since("slice", "start")
_BETWEEN = between("slice", "start", "end")


class WarehouseCounts:
    """Reads the counters that inserts keep in the warehouse; up to the `watermark` they are complete."""

    def __init__(self, warehouse: Warehouse, watermark: Callable[[], datetime | None]) -> None:
        self._warehouse = warehouse
        self._watermark = watermark

    def watermark(self) -> datetime | None:
        """Return the intake's watermark."""
        return self._watermark()

    def sums(self, edge: int, windows: Sequence[timedelta]) -> WindowSums:
        """Return the sums of all SLIs over all windows ending at `edge`."""
        reading = plan(edge, windows)
        found = self._segments(reading)
        slis = np.unique(found["sli"]).astype(np.int64)
        good = np.zeros((len(slis), len(reading.starts)), dtype=np.int64)
        total = np.zeros_like(good)
        starts = np.array(reading.starts, dtype=np.int64)
        where = (np.searchsorted(slis, found["sli"]), np.searchsorted(starts, found["segment"]))
        # An SLI has a row per width of slices in a segment.
        np.add.at(good, where, found["good"])
        np.add.at(total, where, found["total"])
        return _windows(reading, windows, slis, good, total)

    def first_slices(self, slis: Iterable[int]) -> Mapping[int, int]:
        """Return each SLI's first slice: its hour, or its minute if that is recent."""
        hours = self._first(Grain.HOUR, sorted(slis), 0)
        watermark = self._watermark()
        if watermark is None:
            return hours
        recent = epoch(watermark - _REFINED_FOR)
        recent_slis = sorted(sli for sli, hour in hours.items() if hour >= recent)
        return {**hours, **(self._first(Grain.MINUTE, recent_slis, recent) if recent_slis else {})}

    def presence(self, senders: Sequence[Sender], start: int, end: int) -> Mapping[Sender, Numbers]:
        """Return the minutes each of these sent spans in."""
        anywhere = [one for one in senders if one.within == EVERYWHERE]
        placed = [one for one in senders if one.within != EVERYWHERE]
        found: dict[Sender, Numbers] = {}
        for some, place in ((anywhere, _NO_PLACE), (placed, _PLACE)):
            names = sorted({name for one in some for name in one.names})
            of_name: dict[str, list[tuple[ServiceId, Numbers]]] = {}
            for one, minutes in self._minutes(names, start, end, place):
                of_name.setdefault(one.name, []).append((one, minutes))
            for sender in some:
                every = (pair for name in sender.names for pair in of_name.get(name, ()))
                if its := [minutes for one, minutes in every if sender.within.covers(one)]:
                    found[sender] = its[0] if len(its) == 1 else np.concatenate(its)
        return found

    def _minutes(
        self, services: Sequence[str], start: int, end: int, place: str = _NO_PLACE
    ) -> Iterator[tuple[ServiceId, Numbers]]:
        sql = (
            f"SELECT toString(service) AS name, {place}, groupArray(toUInt32(slice)) AS minutes "
            f"FROM holdfast_presence_1m WHERE service IN {{services:Array(String)}} AND {_BETWEEN} "
            "GROUP BY name, within, of"
        )
        # As columns, so that each service's minutes are one array: a month of 200 services is 8 million.
        for first in range(0, len(services), SERVICES_AT_ONCE):
            some = list(services[first : first + SERVICES_AT_ONCE])
            found = self._warehouse.columns(sql, {"services": some, "start": start, "end": end})
            columns = (found.get(name, ()) for name in ("name", "within", "of", "minutes"))
            for name, namespace, environment, starts in zip(*columns, strict=True):
                one = ServiceId(str(name), str(namespace), str(environment))
                yield one, np.asarray(starts).astype(np.int64)

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

    def _segments(self, reading: SliceReads) -> dict[str, Numbers]:
        parameters: dict[str, object] = {"starts": list(reading.starts)}
        # One statement: at rest, what each costs is more than what it reads.
        parts = []
        for grain, spans in reading.ranges:
            names = [f"{grain.value}_{number}" for number in range(len(spans))]
            for name, (start, end) in zip(names, spans, strict=True):
                parameters |= {f"f{name}": start, f"t{name}": end}
            ranges = " OR ".join(f"({between('slice', f'f{name}', f't{name}')})" for name in names)
            parts.append(
                "SELECT sli, roundDown(toUInt32(slice), {starts:Array(UInt32)}) AS segment, sum(good) AS "
                f"good, sum(total) AS total FROM {grain.table} WHERE {ranges} GROUP BY sli, segment"
            )
        return _numbers(self._warehouse.columns(f"SELECT * FROM ({' UNION ALL '.join(parts)})", parameters))

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
    """Columns of a result; one without rows may lack its columns, which are then empty."""

    def __missing__(self, _name: str) -> Numbers:
        return _EMPTY


def _windows(
    reading: SliceReads, windows: Sequence[timedelta], slis: Numbers, good: Numbers, total: Numbers
) -> WindowSums:
    """Turn segments (oldest first) into windows: everything from a window's left edge to the right edge."""
    columns = [reading.starts.index(left_edge(reading.edge, window)) for window in windows]
    since_good = np.cumsum(good[:, ::-1], axis=1)[:, ::-1]
    since_total = np.cumsum(total[:, ::-1], axis=1)[:, ::-1]
    return WindowSums(reading.edge, tuple(windows), slis, since_good[:, columns], since_total[:, columns])
