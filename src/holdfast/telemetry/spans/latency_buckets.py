"""Latency percentiles from log-linear buckets, as the RED roll-up keeps them. Pure.

Bucket b holds durations from 2^(b/8) µs up to 2^((b+1)/8) µs and is read as its geometric mean, which is
within 2^(1/16) - 1 = 4.43% of every duration in it. Interpolating by rank would look finer and be off by up
to 9%. The lowest bucket also holds all shorter durations, the highest all longer ones.
"""

from collections.abc import Iterable, Sequence

from holdfast.telemetry.model import Percentiles

BUCKETS_PER_OCTAVE = 8
"""Latency sketch: log-linear buckets, eight per doubling from 1 µs, so a percentile is within 4.5%."""

BUCKET = f"toUInt8(least(255, floor(log2(greatest(Duration, 1000) / 1000.) * {BUCKETS_PER_OCTAVE})))"
"""The bucket of a span, as SQL over its `Duration` in nanoseconds."""

Buckets = tuple[Sequence[int], Sequence[int]]


def percentiles(buckets: Iterable[Buckets]) -> Percentiles:
    """Return p50, p90 and p99 of the merged buckets."""
    merged = merge(buckets)
    return Percentiles(quantile(merged, 0.5), quantile(merged, 0.9), quantile(merged, 0.99))


def merge(buckets: Iterable[Buckets]) -> dict[int, int]:
    """Sum sketches: counts by bucket."""
    counts: dict[int, int] = {}
    for numbers, sizes in buckets:
        for number, size in zip(numbers, sizes, strict=True):
            counts[number] = counts.get(number, 0) + size
    return counts


def quantile(counts: dict[int, int], share: float) -> float | None:
    """Return the duration in seconds that `share` of the events do not exceed; None without events."""
    total = sum(counts.values())
    if total == 0:
        return None
    reached = 0
    for bucket in sorted(counts):
        reached += counts[bucket]
        if reached >= share * total:
            return _middle_seconds(bucket)
    return _middle_seconds(max(counts))


def _middle_seconds(bucket: int) -> float:
    seconds: float = 1e-6 * 2 ** ((bucket + 0.5) / BUCKETS_PER_OCTAVE)
    return seconds
