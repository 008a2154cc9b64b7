"""What is usual: the same hour of earlier weeks or days, so that evenings are compared with evenings. Pure.

One rule for services, for edges and nodes of the map, and for operations, whose spans are slow against it.
The median over those hours is taken, so that one past outage among them does not become usual. A platform
without enough history is compared with the hours before, and then with the minutes before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from holdfast.runtime.timerange import EARLIEST, TimeRange

WEEKS, DAYS = 4, 6
ENOUGH_REQUESTS = 20
"""Fewer requests in an interval say nothing: by chance alone their number varies by half."""

ENOUGH_FOR_P99 = 100
"""Of fewer requests in an interval p99 is only the slowest one."""

ENOUGH_SECONDS = 1800
"""The minutes just before say what is usual once half an hour is stored: services start slowly."""

OUTAGE_ERROR_RATIO = 0.05
"""An hour in which more failed is an outage, from which nothing is learned, also where it is the only one."""

SLOW_TIMES, SLOW_MORE_SECONDS = 2.5, 0.05
"""Slow is above this multiple of the usual p99, and this much longer: less than that no shopper notices."""

_SLICE = timedelta(minutes=5)
_HALF_HOUR = timedelta(minutes=30)
_BEFORE = (timedelta(hours=3), timedelta(hours=1))
_JUST_BEFORE = (timedelta(hours=1), timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class PastInterval:
    """An earlier range to compare with, and the kind of intervals it belongs to."""

    kind: str
    range: TimeRange


@dataclass(frozen=True, slots=True)
class Sample:
    """What was handled in an interval, over the seconds in which anything was."""

    requests: int
    errors: int
    p99_seconds: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual rate, share of errors and p99, and what they are of."""

    rate_per_second: float
    error_ratio: float
    p99_seconds: float | None
    of: str


NEEDED: Mapping[str, int] = {"week": 2, "day": 2, "before": 1, "just before": 1}
"""How many intervals of a kind a median takes, in the order of preference."""

_HOURS: Mapping[str, str] = {
    "before": "the two hours before the last",
    "just before": "the last hour but for ten minutes",
}


def past_intervals(moment: datetime) -> tuple[PastInterval, ...]:
    """Return the ranges to compare a moment with, in whole slices of five minutes."""
    at = moment - (moment - EARLIEST) % _SLICE
    backs = [("week", timedelta(weeks=number)) for number in range(1, WEEKS + 1)]
    backs += [("day", timedelta(days=number)) for number in range(1, DAYS + 1)]
    same_hours = [
        PastInterval(kind, TimeRange(at - back - _HALF_HOUR, at - back + _HALF_HOUR)) for kind, back in backs
    ]
    hours = [
        PastInterval(kind, TimeRange(at - since, at - until))
        for kind, (since, until) in (("before", _BEFORE), ("just before", _JUST_BEFORE))
    ]
    return (*same_hours, *hours)


def usual_of(samples: Iterable[tuple[PastInterval, Sample]]) -> Usual | None:
    """Return what is usual by the best kind of intervals that has enough requests; None without any."""
    by_kind: dict[str, list[Sample]] = {}
    for interval, sample in samples:
        if _counts(interval, sample):
            by_kind.setdefault(interval.kind, []).append(sample)
    for kind, needed in NEEDED.items():
        if len(found := by_kind.get(kind, [])) >= needed:
            return _median(found, _HOURS.get(kind) or f"the same hour of the last {len(found)} {kind}s")
    return None


def slow_from(usual_p99_seconds: float) -> float:
    """Return the duration in seconds above which something is slow against its usual p99."""
    return max(SLOW_TIMES * usual_p99_seconds, usual_p99_seconds + SLOW_MORE_SECONDS)


def is_outage(requests: int, errors: int) -> bool:
    """Return whether so much failed that it says nothing of what is usual."""
    return errors > OUTAGE_ERROR_RATIO * requests


def _counts(interval: PastInterval, sample: Sample) -> bool:
    if sample.requests < ENOUGH_REQUESTS or is_outage(sample.requests, sample.errors):
        return False
    return interval.kind != "just before" or sample.seconds >= ENOUGH_SECONDS


def _median(samples: Sequence[Sample], of: str) -> Usual:
    enough = (one.p99_seconds for one in samples if one.requests >= ENOUGH_FOR_P99)
    durations = [seconds for seconds in enough if seconds is not None]
    return Usual(
        median(one.requests / one.seconds for one in samples),
        median(one.errors / one.requests for one in samples),
        median(durations) if durations else None,
        of,
    )
