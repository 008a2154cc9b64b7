"""Explicit-bucket histograms: merged, and read at a quantile. Pure.
 Bucket i holds values above bound i-1 and up to bound i; the last has no upper bound (OpenTelemetry metrics
data model, "Histogram"). A quantile is found as Prometheus' `histogram_quantile` does: values are taken to
lie evenly within their bucket; the lowest bucket begins at 0 if its bound is above 0, and otherwise, as the
highest, is read as its one bound. So a quantile is off by at most the width of its bucket.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import isfinite, isnan

WIDE = 2
"""A bucket wider than this many times its lower bound places a value in it only roughly."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The values above `above` and up to `up_to`; None is no bound."""

    above: float | None
    up_to: float | None


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts per bucket; `counts` is one longer than `bounds`, which ascend.

    Counts may be fractions.
    """

    bounds: tuple[float, ...]
    counts: tuple[float, ...]

    @classmethod
    def of(cls, bounds: Sequence[float], counts: Sequence[float]) -> "Histogram":
        """Return the histogram a sender described, without bounds that are infinite or NaN."""
        if any(isnan(bound) for bound in bounds):
            return cls((), (sum(counts),))
        finite = [place for place, bound in enumerate(bounds) if isfinite(bound)]
        edges = [0, *(place + 1 for place in finite), len(counts)]
        sums = tuple(sum(counts[low:high]) for low, high in pairwise(edges))
        return cls(tuple(bounds[place] for place in finite), sums)

    @property
    def total(self) -> float:
        """The number of values."""
        return sum(self.counts)

    def quantile(self, share: float) -> float | None:
        """Return the value that `share` of the values do not exceed; None without values or bounds."""
        reached = self._reached()
        bucket = self._bucket(reached, share)
        if bucket is None:
            return None
        if bucket >= len(self.bounds):
            return self.bounds[-1]
        low, high = self._edges(bucket)
        before = reached[bucket - 1] if bucket else 0.0
        return low + (high - low) * (share * reached[-1] - before) / (reached[bucket] - before)

    def rough(self, share: float) -> Bucket | None:
        """Return the bucket of a quantile if it is all that is known: it has no end, or is too wide."""
        bucket = self._bucket(self._reached(), share)
        if bucket is None:
            return None
        if bucket >= len(self.bounds):
            return Bucket(self.bounds[-1], None)
        low, high = self._edges(bucket)
        if low >= 0 and high - low > WIDE * low:
            return Bucket(low or None, high)
        return None

    def _reached(self) -> list[float]:
        return list(accumulate(max(0.0, count) for count in self.counts))

    def _bucket(self, reached: Sequence[float], share: float) -> int | None:
        """Return the bucket a quantile is in; None without values or bounds."""
        if not self.bounds or not reached[-1] > 0:
            return None
        bucket = bisect_left(reached, share * reached[-1])
        # A share of 0 is in the first non-empty bucket.
        while reached[bucket] == 0:
            bucket += 1
        return bucket

    def _edges(self, bucket: int) -> tuple[float, float]:
        high = self.bounds[bucket]
        if bucket == 0:
            return (0.0 if high > 0 else high), high
        return self.bounds[bucket - 1], high

    def below(self, value: float) -> float:
        """Return the number of values up to `value`, a bound of some histogram."""
        bucket = bisect_left(self.bounds, value)
        whole = sum(self.counts[:bucket])
        if bucket == len(self.bounds):
            return whole
        low, high = self._edges(bucket)
        part = 1.0 if value >= high else max(0.0, (value - low) / (high - low))
        return whole + self.counts[bucket] * part


def merged(histograms: Sequence[Histogram]) -> Histogram:
    """Return one histogram of all values.

    With the same bounds counts are added. Otherwise the result has the bounds of all, and a bucket that they
    divide is split evenly, as a quantile of it would be.
    """
    if not histograms:
        return Histogram((), (0.0,))
    by_bounds: dict[tuple[float, ...], list[float]] = {}
    for one in histograms:
        sums = by_bounds.setdefault(one.bounds, [0.0] * len(one.counts))
        for bucket, count in enumerate(one.counts):
            sums[bucket] += count
    parts = [Histogram(bounds, tuple(counts)) for bounds, counts in by_bounds.items()]
    # Without bounds the place of the values is unknown, and they must not shift those of the others.
    bounded = [part for part in parts if part.bounds] or parts
    return bounded[0] if len(bounded) == 1 else _recut(bounded)


def _recut(parts: Sequence[Histogram]) -> Histogram:
    bounds = tuple(sorted({bound for part in parts for bound in part.bounds}))
    reached = [sum(part.below(bound) for part in parts) for bound in bounds]
    reached.append(sum(part.total for part in parts))
    counts = [now - before for before, now in zip([0.0, *reached], reached, strict=False)]
    return Histogram(bounds, tuple(counts))
