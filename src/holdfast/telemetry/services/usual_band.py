"""What is usual over a range: where most values of the same hour lay on earlier weeks or days. Pure.

Of each of those hours the middle eight of ten five-minute values are taken, and of their ends the median over
the hours, so that one past outage among them does not widen the band. Five minutes in which much failed are
left out: what is usual is not learned from an outage.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import sqrt
from statistics import median

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.services.model import RedPoint
from holdfast.telemetry.services.usual import (
    DAYS,
    ENOUGH_REQUESTS,
    ENOUGH_SECONDS,
    NEEDED,
    WEEKS,
    PastInterval,
    is_outage,
    past_intervals,
)
from holdfast.telemetry.spans.slices import COARSE_SECONDS

LONGEST = timedelta(days=1)
"""A longer range has no band: its days would be compared with each other."""

ENOUGH_HISTORY = timedelta(minutes=40)
"""A service has a band from here on: half an hour is known that ended ten minutes before."""

_AROUND = timedelta(minutes=30)
_BEFORE = timedelta(hours=3)
_LEAST_SLICES: Mapping[str, int] = {
    "before": 3600 // COARSE_SECONDS,
    "just before": ENOUGH_SECONDS // COARSE_SECONDS,
}
_TENTH = 0.1
_DEVIATIONS = 1.28
"""Eight of ten values of a normal distribution lie within this many standard deviations."""

Slices = Mapping[int, RedPoint]
"""What a service handled per five minutes, by their beginning in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class ValueRange:
    """Where most values lie."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class UsualStep:
    """Where rate, share of errors and p99 usually lie in five minutes."""

    rate_per_second: ValueRange
    error_ratio: ValueRange
    p99_seconds: ValueRange | None


@dataclass(frozen=True, slots=True)
class UsualBand:
    """What is usual per five minutes of a range; `begins_epoch` is when there will be enough history."""

    steps: Mapping[int, UsualStep]
    begins_epoch: int | None

    def at(self, epoch: int, step_seconds: int) -> UsualStep | None:
        """Return what is usual in one step of a chart.

        Shorter steps count less, so by chance alone their rates vary more than those of five minutes.
        """
        found = self.steps.get(epoch // COARSE_SECONDS * COARSE_SECONDS)
        if found is None or step_seconds >= COARSE_SECONDS:
            return found
        rate = found.rate_per_second
        chance = (rate.low + rate.high) / 2 * (1 / step_seconds - 1 / COARSE_SECONDS)
        return replace(found, rate_per_second=_widened(rate, chance))


def past_of(within: TimeRange) -> tuple[TimeRange, ...]:
    """Return the ranges to read for a band: its own range with the hours before, and earlier ones."""
    backs = [timedelta(weeks=number) for number in range(1, WEEKS + 1)]
    backs += [timedelta(days=number) for number in range(1, DAYS + 1)]
    earlier = (TimeRange(within.start - back - _AROUND, within.end - back + _AROUND) for back in backs)
    return (TimeRange(within.start - _BEFORE, within.end), *earlier)


def band_of(within: TimeRange, slices: Slices) -> UsualBand:
    """Return what is usual in each five minutes of a range, as far as enough is stored."""
    start = int(within.start.timestamp()) // COARSE_SECONDS * COARSE_SECONDS
    epochs = range(start, int(within.end.timestamp()), COARSE_SECONDS)
    found = {epoch: _step(datetime.fromtimestamp(epoch, UTC), slices) for epoch in epochs}
    steps = {epoch: step for epoch, step in found.items() if step is not None}
    begins = min(slices, default=0) + int(ENOUGH_HISTORY.total_seconds())
    return UsualBand(steps, begins if not steps and begins >= within.end.timestamp() else None)


def _step(moment: datetime, slices: Slices) -> UsualStep | None:
    by_kind: dict[str, list[Sequence[RedPoint]]] = {}
    for interval in past_intervals(moment):
        points = _points(interval, slices)
        if sum(point.requests for point in points) >= ENOUGH_REQUESTS:
            by_kind.setdefault(interval.kind, []).append(points)
    for kind, needed in NEEDED.items():
        if len(hours := by_kind.get(kind, [])) >= needed:
            return _usual(hours)
    return None


def _points(interval: PastInterval, slices: Slices) -> Sequence[RedPoint]:
    start, end = (int(at.timestamp()) for at in (interval.range.start, interval.range.end))
    found = [slices[epoch] for epoch in range(start, end, COARSE_SECONDS) if epoch in slices]
    calm = [one for one in found if one.requests > 0 and not is_outage(one.requests, one.errors)]
    return [] if len(calm) < _LEAST_SLICES.get(interval.kind, 0) else calm


def _usual(hours: Sequence[Sequence[RedPoint]]) -> UsualStep:
    durations = [[p.latency.p99_seconds for p in hour if p.latency.p99_seconds is not None] for hour in hours]
    return UsualStep(
        _range([[point.requests / COARSE_SECONDS for point in hour] for hour in hours]),
        _range([[point.errors / point.requests for point in hour] for hour in hours]),
        _range(known) if (known := [each for each in durations if each]) else None,
    )


def _range(hours: Sequence[Sequence[float]]) -> ValueRange:
    ordered = [sorted(hour) for hour in hours]
    ends = [(hour[int(_TENTH * len(hour))], hour[-1 - int(_TENTH * len(hour))]) for hour in ordered]
    return ValueRange(median(low for low, _ in ends), median(high for _, high in ends))


def _widened(spread: ValueRange, variance: float) -> ValueRange:
    middle = (spread.low + spread.high) / 2
    half = sqrt(((spread.high - spread.low) / 2) ** 2 + _DEVIATIONS**2 * variance)
    return ValueRange(max(0.0, middle - half), middle + half)
