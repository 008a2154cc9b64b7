"""What was measured and what is missing: presence per sender and minute, and what a gap means. Pure.

A minute is covered when any span of the SLI's service arrived in it, from the environment and namespace that
the SLI is limited to: a service that handles no orders but is alive has zero traffic, not missing data. Only
whole minutes that are over count, and only from the minute of the objective's first slice on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from holdfast.catalog.model import NoData
from holdfast.objectives.model import Coverage
from holdfast.telemetry.counting.model import Counts, Sender
from holdfast.telemetry.counting.windows import Grain

MINUTE = Grain.MINUTE.value

RECENT = timedelta(minutes=10)
"""Alerts are suspended when less than the coverage floor of this was measured ..."""

BACK_AFTER = timedelta(minutes=2)
"""... unless the last of it was measured without a gap: data is back, and a page must not wait longer."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Which senders sent spans in which minutes of [start, end), in seconds since 1970, minute-aligned."""

    start: int
    end: int
    minutes: Mapping[Sender, NDArray[np.bool_]]

    def coverage(self, sender: Sender, *, start: int, end: int, since: int) -> Coverage:
        """Return the covered and expected minutes of [start, end) that are over and not before `since`."""
        low = max(Grain.MINUTE.floor(start), Grain.MINUTE.floor(since), self.start)
        high = min(Grain.MINUTE.floor(end), self.end)
        if high <= low:
            return Coverage(0, 0)
        known = self.minutes.get(sender)
        if known is None:
            return Coverage(0, (high - low) // MINUTE)
        part = known[(low - self.start) // MINUTE : (high - self.start) // MINUTE]
        return Coverage(int(np.count_nonzero(part)), (high - low) // MINUTE)

    def recent(self, sender: Sender, *, end: int, since: int) -> Coverage:
        """Return the coverage that suspends alerts: of `RECENT`, or of `BACK_AFTER` if that is full."""
        newest = Grain.MINUTE.floor(end)
        back = self.coverage(sender, start=newest - _seconds(BACK_AFTER), end=newest, since=since)
        if not back.missing:
            return back
        return self.coverage(sender, start=newest - _seconds(RECENT), end=newest, since=since)


def presence_of(minutes: Mapping[Sender, NDArray[np.int64]], *, start: int, end: int) -> Presence:
    """Lay out the minutes (starts, in seconds since 1970) in which each sender sent spans."""
    low, high = Grain.MINUTE.floor(start), Grain.MINUTE.floor(end)
    size = max(0, (high - low) // MINUTE)
    laid = {}
    for sender, starts in minutes.items():
        row = np.zeros(size, dtype=np.bool_)
        inside = starts[(starts >= low) & (starts < high)]
        row[(inside - low) // MINUTE] = True
        laid[sender] = row
    return Presence(low, high, laid)


def with_gaps(counts: Counts, coverage: Coverage, policy: NoData, *, per_minute: Fraction) -> Counts:
    """Return the counts as the objective's policy reads them, gaps included.

    `good` and `bad` fill each missing minute with `per_minute` events, the mean of the minutes that were
    measured over the objective's whole window; `freeze` and `ignore` leave the counts as they are.
    """
    if policy not in (NoData.GOOD, NoData.BAD) or not coverage.missing:
        return counts
    filled = int(per_minute * coverage.missing)
    return counts + Counts(filled if policy is NoData.GOOD else 0, filled)


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
