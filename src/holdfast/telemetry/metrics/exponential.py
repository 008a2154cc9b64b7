"""Exponential histograms: merged across scales, and read at a quantile. Pure.
 At scale s the buckets grow by base = 2^(2^-s): bucket i holds values above base^i and up to base^(i+1), for
negative values mirrored; zero has a count of its own (OpenTelemetry metrics data model,
"ExponentialHistogram"). One scale down two neighbours become one, i → ⌊i/2⌋, exactly, so histograms of
different scales are merged at the coarsest. Within a bucket values are taken to lie evenly on the logarithmic
scale, as Prometheus does for its native histograms (`histogram_quantile`, "exponential interpolation"), so a
quantile is off by at most a factor of base.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_SCALE_OFFSET = 64
_INDEX_OFFSET = 2**31


def code_sql(index: str, *, is_negative: bool) -> str:
    """Return the SQL expression that packs scale, sign and index of a bucket into one number."""
    sign = 2**33 if is_negative else 0
    return f"toUInt64((toInt64(Scale) + {_SCALE_OFFSET}) * {2**34} + {sign} + {index} + {_INDEX_OFFSET})"


@dataclass(frozen=True, slots=True)
class Exponential:
    """Counts per bucket by index, at one scale. Counts may be fractions."""

    scale: int
    zero: float = 0.0
    positive: Mapping[int, float] = field(default_factory=dict)
    negative: Mapping[int, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The number of values."""
        return self.zero + sum(self.positive.values()) + sum(self.negative.values())

    def downscaled(self, scale: int) -> "Exponential":
        """Return the same values at a scale that is as coarse or coarser."""
        shift = self.scale - scale
        return Exponential(scale, self.zero, _shifted(self.positive, shift), _shifted(self.negative, shift))

    def quantile(self, share: float) -> float | None:
        """Return the value that `share` of the values do not exceed; None without values."""
        buckets = [bucket for bucket in self._ascending() if bucket[2] > 0]
        total = sum(count for *_, count in buckets)
        if not total > 0:
            return None
        wanted, reached = share * total, 0.0
        for low, high, count in buckets:
            if reached + count >= wanted:
                return _between(low, high, max(0.0, wanted - reached) / count)
            reached += count
        return buckets[-1][1]

    def _ascending(self) -> list[tuple[float, float, float]]:
        """Return the buckets as (low, high, count), lowest first."""
        base_exponent = 2.0**-self.scale

        def edge(index: int) -> float:
            exponent = index * base_exponent
            return float(2.0**exponent) if exponent < 1024 else float("inf")

        below = [(-edge(i + 1), -edge(i), self.negative[i]) for i in sorted(self.negative, reverse=True)]
        above = [(edge(i), edge(i + 1), self.positive[i]) for i in sorted(self.positive)]
        return [*below, (0.0, 0.0, self.zero), *above]


def _between(low: float, high: float, part: float) -> float:
    """Return the value at `part` of the way from `low` to `high`, evenly on the logarithmic scale."""
    if low == high or high == float("inf"):
        return low
    if low > 0:
        return float(low * (high / low) ** part)
    if high < 0:
        return float(low * (high / low) ** part)
    return low


def _shifted(counts: Mapping[int, float], shift: int) -> dict[int, float]:
    found: dict[int, float] = {}
    for index, count in counts.items():
        found[index >> shift] = found.get(index >> shift, 0.0) + count
    return found


def merged(histograms: Sequence[Exponential]) -> Exponential:
    """Return one histogram of all values, at the coarsest scale of those with values."""
    filled = [one for one in histograms if one.positive or one.negative]
    scale = min((one.scale for one in filled), default=0)
    positive: dict[int, float] = {}
    negative: dict[int, float] = {}
    for one in (one.downscaled(scale) for one in filled):
        for sums, counts in ((positive, one.positive), (negative, one.negative)):
            for index, count in counts.items():
                sums[index] = sums.get(index, 0.0) + count
    return Exponential(scale, sum(one.zero for one in histograms), positive, negative)


def unpacked(codes: Iterable[int], counts: Iterable[float], zero: float) -> Exponential:
    """Return the histogram of packed buckets of several scales; counts near zero are rounding errors."""
    by_scale: dict[int, tuple[dict[int, float], dict[int, float]]] = {}
    for code, count in zip(codes, counts, strict=True):
        scale, rest = divmod(int(code), 2**34)
        is_negative, index = divmod(rest, 2**33)
        sides = by_scale.setdefault(scale - _SCALE_OFFSET, ({}, {}))
        sides[is_negative][index - _INDEX_OFFSET] = float(count)
    parts = [Exponential(scale, 0.0, *sides) for scale, sides in by_scale.items()]
    whole = merged([*parts, Exponential(0, zero)])
    kept = [
        {i: count for i, count in side.items() if count > 1e-9} for side in (whole.positive, whole.negative)
    ]
    return Exponential(whole.scale, max(0.0, zero), *kept)
