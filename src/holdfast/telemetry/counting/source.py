"""The source of counts: one small protocol, and an in-memory implementation for tests and fakes.

`MemoryCounts` keeps every 10 s slice and sums them one by one. It is the slow, obvious twin that the
warehouse's source is compared with.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np

from holdfast.telemetry.counting.model import Numbers, Sender, Slices, WindowSums
from holdfast.telemetry.counting.windows import Grain, at, epoch, left_edge
from holdfast.telemetry.identity.model import ServiceId


class CountSource(Protocol):
    """Reads SLO counters and presence. All times are seconds since 1970; ranges are half-open."""

    def watermark(self) -> datetime | None:
        """Return the end of the newest complete 10 s slice, or None before any telemetry."""
        ...

    def sums(self, edge: int, windows: Sequence[timedelta]) -> WindowSums:
        """Return the sums of all SLIs over all windows ending at `edge`."""
        ...

    def first_slices(self, slis: Iterable[int]) -> Mapping[int, int]:
        """Return the start of each SLI's first slice, to the minute; SLIs never counted are omitted."""
        ...

    def presence(self, senders: Sequence[Sender], start: int, end: int) -> Mapping[Sender, Numbers]:
        """Return the starts of the minutes in which each of these sent spans."""
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
    """Counts in memory, for tests, timelines and `--fake`.

    If `watermark_at` is None, everything recorded so far is complete.
    """

    def __init__(self) -> None:
        self.watermark_at: datetime | None = None
        self._slices: dict[int, dict[int, list[int]]] = defaultdict(dict)
        self._presence: dict[ServiceId, set[int]] = defaultdict(set)
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

    def see(self, service: str | ServiceId, when: datetime) -> None:
        """Record that the service sent a span, whether or not any SLI counts it."""
        one = ServiceId(service) if isinstance(service, str) else service
        self._presence[one].add(Grain.MINUTE.floor(epoch(when)))

    def watermark(self) -> datetime | None:
        """Return the set watermark, or the end of the newest slice recorded."""
        if self.watermark_at is not None:
            return self.watermark_at
        return None if self._newest is None else at(self._newest)

    def sums(self, edge: int, windows: Sequence[timedelta]) -> WindowSums:
        """Sum every slice of every window."""
        slis = sorted(self._slices)
        sums = [self._sums(sli, [left_edge(edge, window) for window in windows], edge) for sli in slis]
        both = np.array(sums, dtype=np.int64).reshape(len(slis), len(windows), 2)
        ids = np.array(slis, dtype=np.int64)
        return WindowSums(edge, tuple(windows), ids, both[:, :, 0], both[:, :, 1])

    def first_slices(self, slis: Iterable[int]) -> Mapping[int, int]:
        """Return the minute of each SLI's oldest slice."""
        return {sli: Grain.MINUTE.floor(min(self._slices[sli])) for sli in slis if self._slices.get(sli)}

    def presence(self, senders: Sequence[Sender], start: int, end: int) -> Mapping[Sender, Numbers]:
        """Return the minutes each of these was seen in."""
        found = {sender: self._seen(sender) for sender in senders}
        return {
            sender: np.array(sorted(minute for minute in minutes if start <= minute < end), dtype=np.int64)
            for sender, minutes in found.items()
            if minutes
        }

    def slices(self, sli: int, start: int, end: int, grain: Grain) -> Slices:
        """Return one SLI's slices, summed to the requested width."""
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

    def _seen(self, sender: Sender) -> set[int]:
        return set().union(*(minutes for one, minutes in self._presence.items() if sender.covers(one)))

    def _sums(self, sli: int, starts: Sequence[int], end: int) -> list[tuple[int, int]]:
        rows = [(when, good, total) for when, (good, total) in self._slices[sli].items()]
        when, good, total = np.array(rows, dtype=np.int64).reshape(len(rows), 3).T
        inside = [(when >= start) & (when < end) for start in starts]
        return [(int(good[chosen].sum()), int(total[chosen].sum())) for chosen in inside]
