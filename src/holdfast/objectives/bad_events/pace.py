"""Whether an objective's events come faster or slower than usual: a sale, a retry storm, lost traffic. Pure.

What is usual is as for services (`telemetry.services.usual`), of the events the objective counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from holdfast.telemetry.counting.model import Slices
from holdfast.telemetry.services.usual import PastInterval, Sample, Usual, usual_of

LATELY = timedelta(minutes=5)
LEAST = timedelta(minutes=1)
"""The pace is that of the last minutes of a range; of a shorter range nothing is said."""

MORE_TIMES, LESS_TIMES = 1.5, 0.5
"""A pace is unusual outside these multiples of the usual one, unless chance explains it."""

_CHANCE = 5
"""Standard deviations of a count that chance explains, as for services."""


@dataclass(frozen=True, slots=True)
class UnusualPace:
    """How many events a second came in the minutes before `at`, and how many are usual then."""

    at: datetime
    per_second: float
    usual_per_second: float


def unusual(events: int, seconds: float, usual: Usual | None, at: datetime) -> UnusualPace | None:
    """Return the pace of events if it is unusual; None if it is as usual, or no usual is known."""
    if usual is None or seconds < LEAST.total_seconds():
        return None
    expected = usual.rate_per_second * seconds
    chance = _CHANCE * sqrt(expected)
    low, high = min(LESS_TIMES * expected, expected - chance), max(MORE_TIMES * expected, expected + chance)
    return None if low <= events <= high else UnusualPace(at, events / seconds, usual.rate_per_second)


def usual_pace(past: list[tuple[PastInterval, Slices]]) -> Usual | None:
    """Return the usual pace, given the slices counted in each past interval."""
    return usual_of((interval, _sample(interval, slices)) for interval, slices in past)


def _sample(interval: PastInterval, slices: Slices) -> Sample:
    """Return what was counted in an interval, since it was first counted at all."""
    counted = slices.starts[slices.total > 0]
    if not len(counted):
        return Sample(0, 0, None, 0.0)
    begun = max(interval.range.start.timestamp(), float(counted[0]))
    total = int(slices.total.sum())
    return Sample(total, total - int(slices.good.sum()), None, interval.range.end.timestamp() - begun)
