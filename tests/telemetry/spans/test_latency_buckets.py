"""Percentiles from the buckets of the RED roll-up are close to the exact ones."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.spans.latency_buckets import BUCKETS_PER_OCTAVE, merge, percentiles, quantile

WORST = 0.045
DURATIONS = st.integers(min_value=1_000, max_value=3_600 * 10**9)


def bucket(nanoseconds: int) -> int:
    """The bucket of a duration, as the roll-up's view computes it."""
    return min(255, math.floor(math.log2(max(nanoseconds, 1000) / 1000) * BUCKETS_PER_OCTAVE))


def counted(durations: list[int]) -> dict[int, int]:
    """Counts by bucket."""
    counts: dict[int, int] = {}
    for one in durations:
        counts[bucket(one)] = counts.get(bucket(one), 0) + 1
    return counts


def exact(durations: list[int], share: float) -> float:
    """The least duration, in seconds, that at least `share` of all do not exceed."""
    ordered = sorted(durations)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] / 1e9


@given(st.lists(DURATIONS, min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_percentile_is_within_four_and_a_half_percent(durations: list[int], share: float) -> None:
    """From a microsecond to an hour, a percentile is within 4.5% of the exact one."""
    found = quantile(counted(durations), share)
    assert found == pytest.approx(exact(durations, share), rel=WORST)


@given(st.lists(DURATIONS, min_size=1), st.lists(DURATIONS))
def test_merged_sketches_are_the_sketch_of_all(some: list[int], others: list[int]) -> None:
    """Merging sketches is the same as making one of all durations."""
    parts = [counted(some), counted(others)]
    merged = merge((list(part), list(part.values())) for part in parts)
    assert merged == counted(some + others)


@given(st.lists(DURATIONS, min_size=1))
def test_percentiles_are_ordered(durations: list[int]) -> None:
    """p50 is never above p90, nor p90 above p99."""
    counts = counted(durations)
    found = percentiles([(list(counts), list(counts.values()))])
    assert found.p50_seconds is not None
    assert found.p90_seconds is not None
    assert found.p99_seconds is not None
    assert found.p50_seconds <= found.p90_seconds <= found.p99_seconds


def test_without_events_there_is_no_percentile() -> None:
    """Nothing measured gives None, not zero."""
    assert percentiles([]).p50_seconds is None
    assert quantile({3: 0}, 0.5) is None


@pytest.mark.parametrize(("nanoseconds", "expected"), [(0, 1e-6), (10**6 * 10**9, 2**32 * 1e-6)])
def test_the_outermost_buckets_hold_what_lies_beyond(nanoseconds: int, expected: float) -> None:
    """Below a microsecond and beyond the last bucket, the percentile is that bucket's."""
    assert quantile(counted([nanoseconds]), 0.5) == pytest.approx(expected, rel=0.05)
