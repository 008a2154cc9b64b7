"""Where counts come from: one small protocol, what it returns, and an in-memory source for tests and fakes.

`MemoryCounts` keeps every 10 s slice and adds them up one by one. It is the slow, obvious twin that the
warehouse's source is compared with.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from holdfast.objectives.model import NOTHING, Counts
from holdfast.objectives.windows import Grain, at, epoch, left_edge

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WindowSums:
    """Good and total events of every SLI over every window ending at `edge` (seconds since 1970).

    `good[i, j]` belongs to the SLI `slis[i]` (ascending) and the window `windows[j]`.
    """

    edge: int
    windows: tuple[timedelta, ...]
    slis: Numbers
    good: Numbers
    total: Numbers

    def row(self, sli: int) -> int | None:
        """Return the SLI's row, or None if nothing was counted in any window."""
        found = int(np.searchsorted(self.slis, sli))
        return found if found < len(self.slis) and self.slis[found] == sli else None

    def counts(self, sli: int, window: timedelta) -> Counts:
        """Return one SLI's counts over one window.

        Raises:
            ValueError: when the stored counters contradict themselves.
        """
        row = self.row(sli)
        if row is None:
            return NOTHING
        column = self.windows.index(window)
        return Counts(int(self.good[row, column]), int(self.total[row, column]))


@dataclass(frozen=True, slots=True)
class Slices:
    """One SLI's counts in slices of one width that hold any, oldest first; `starts` in seconds since 1970."""

    grain: Grain
    starts: Numbers
    good: Numbers
    total: Numbers


class CountSource(Protocol):
    """Reads SLO counters and presence. All times are seconds since 1970; ranges are half-open."""

    def watermark(self) -> datetime | None:
        """Return the end of the newest complete 10 s slice, or None before any telemetry."""
        ...

    def sums(self, edge: int, windows: Sequence[timedelta]) -> WindowSums:
        """Return the sums of all SLIs over all windows ending at `edge`."""
        ...

    def first_slices(self, slis: Iterable[int]) -> Mapping[int, int]:
        """Return when each SLI's first slice starts, to the minute; SLIs never counted are left out."""
        ...

    def presence(self, services: Sequence[str], start: int, end: int) -> Mapping[str, Numbers]:
        """Return the starts of the minutes in which each of these services sent spans."""
        ...

    def slices(self, sli: int, start: int, end: int, grain: Grain) -> Slices:
        """Return one SLI's slices."""
        ...

    def bad_by_step(
        self, slis: Sequence[int], start: int, end: int, step_seconds: int
    ) -> Mapping[int, Numbers]:
        """Return each SLI's bad events per step (whole minutes) of [start, end)."""
        ...


class MemoryCounts:
    """Counts held in memory: for tests, timelines and `--fake`.

    `watermark_at` None means that everything recorded so far is complete.
    """

    def __init__(self) -> None:
        self.watermark_at: datetime | None = None
        self._slices: dict[int, dict[int, list[int]]] = defaultdict(dict)
        self._presence: dict[str, set[int]] = defaultdict(set)
        self._newest: int | None = None

    def record(self, sli: int, when: datetime, *, good: int, bad: int = 0, service: str = "") -> None:
        """Count events in the slice that holds `when`, and the service's presence in its minute."""
        start = Grain.TEN_SECONDS.floor(epoch(when))
        counted = self._slices[sli].setdefault(start, [0, 0])
        counted[0] += good
        counted[1] += good + bad
        self._newest = max(self._newest or 0, start + Grain.TEN_SECONDS.value)
        if service:
            self.see(service, when)

    def see(self, service: str, when: datetime) -> None:
        """Note that the service sent a span, whether or not any SLI counts it."""
        self._presence[service].add(Grain.MINUTE.floor(epoch(when)))

    def watermark(self) -> datetime | None:
        """Return the set watermark, or the end of the newest slice recorded."""
        if self.watermark_at is not None:
            return self.watermark_at
        return None if self._newest is None else at(self._newest)

    def sums(self, edge: int, windows: Sequence[timedelta]) -> WindowSums:
        """Add up every slice of every window."""
        slis = sorted(self._slices)
        sums = [self._sums(sli, [left_edge(edge, window) for window in windows], edge) for sli in slis]
        both = np.array(sums, dtype=np.int64).reshape(len(slis), len(windows), 2)
        ids = np.array(slis, dtype=np.int64)
        return WindowSums(edge, tuple(windows), ids, both[:, :, 0], both[:, :, 1])

    def first_slices(self, slis: Iterable[int]) -> Mapping[int, int]:
        """Return the minute of each SLI's oldest slice."""
        return {sli: Grain.MINUTE.floor(min(self._slices[sli])) for sli in slis if self._slices.get(sli)}

    def presence(self, services: Sequence[str], start: int, end: int) -> Mapping[str, Numbers]:
        """Return the minutes each of these services was seen in."""
        return {
            service: np.array(sorted(minute for minute in minutes if start <= minute < end), dtype=np.int64)
            for service, minutes in self._presence.items()
            if service in services
        }

    def slices(self, sli: int, start: int, end: int, grain: Grain) -> Slices:
        """Return one SLI's slices, added up to the width asked for."""
        merged: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for when, (good, total) in self._slices.get(sli, {}).items():
            if start <= when < end:
                merged[grain.floor(when)][0] += good
                merged[grain.floor(when)][1] += total
        rows = sorted((when, good, total) for when, (good, total) in merged.items())
        laid = np.array(rows, dtype=np.int64).reshape(len(rows), 3)
        return Slices(grain, laid[:, 0], laid[:, 1], laid[:, 2])

    def bad_by_step(
        self, slis: Sequence[int], start: int, end: int, step_seconds: int
    ) -> Mapping[int, Numbers]:
        """Return bad events per step."""
        result = {sli: np.zeros((end - start) // step_seconds, dtype=np.int64) for sli in slis}
        for sli in slis:
            for when, (good, total) in self._slices.get(sli, {}).items():
                if start <= when < end:
                    result[sli][(when - start) // step_seconds] += total - good
        return result

    def _sums(self, sli: int, starts: Sequence[int], end: int) -> list[tuple[int, int]]:
        rows = [(when, good, total) for when, (good, total) in self._slices[sli].items()]
        when, good, total = np.array(rows, dtype=np.int64).reshape(len(rows), 3).T
        inside = [(when >= start) & (when < end) for start in starts]
        return [(int(good[chosen].sum()), int(total[chosen].sum())) for chosen in inside]
