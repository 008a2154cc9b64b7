"""Histograms of both kinds, merged and read, against all their values one by one."""

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.metrics import exponential, histograms
from holdfast.telemetry.metrics.exponential import Exponential
from holdfast.telemetry.metrics.histograms import Bucket, Histogram

BOUNDS = (1.0, 2.0, 5.0, 10.0)
values_lists = st.lists(st.floats(0.01, 9.9), min_size=1, max_size=60)
shares = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])


def explicit(values: Sequence[float], bounds: tuple[float, ...] = BOUNDS) -> Histogram:
    """The histogram of values, counted one by one."""
    edges = (-math.inf, *bounds, math.inf)
    counts = [sum(low < v <= high for v in values) for low, high in pairwise(edges)]
    return Histogram(bounds, tuple(map(float, counts)))


def scaled(values: Sequence[float], scale: int) -> Exponential:
    """The exponential histogram of values above and below zero, counted one by one."""
    sides: tuple[dict[int, float], dict[int, float]] = ({}, {})
    for value in values:
        if value:
            index = math.ceil(math.log2(abs(value)) * 2**scale) - 1
            side = sides[value < 0]
            side[index] = side.get(index, 0) + 1
    return Exponential(scale, float(sum(v == 0 for v in values)), *sides)


def at_rank(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@given(values_lists, shares)
def test_a_quantile_lies_in_the_bucket_of_the_value_it_stands_for(values: list[float], share: float) -> None:
    """It is off by at most the width of one bucket."""
    found = explicit(values).quantile(share)
    true = at_rank(values, share)
    edges = (0.0, *BOUNDS)
    low = max(edge for edge in edges if edge < true)
    assert found is not None
    assert low <= found <= min(bound for bound in BOUNDS if bound >= true)


@given(values_lists, values_lists, shares)
def test_merging_is_counting_all_values_together(one: list[float], other: list[float], share: float) -> None:
    """Histograms of the same bounds are added up exactly, in any order."""
    merged = histograms.merged([explicit(one), explicit(other)])
    assert merged == explicit(one + other)
    assert merged.quantile(share) == histograms.merged([explicit(other), explicit(one)]).quantile(share)


@given(values_lists, values_lists)
def test_merging_different_bounds_keeps_what_is_known(one: list[float], other: list[float]) -> None:
    """At bounds both have, the count below stays exact; nothing is lost."""
    merged = histograms.merged([explicit(one), explicit(other, (2.0, 4.0, 10.0))])
    assert merged.bounds == (1.0, 2.0, 4.0, 5.0, 10.0)
    assert merged.total == pytest.approx(len(one) + len(other))
    for bound in (2.0, 10.0):
        assert merged.below(bound) == pytest.approx(sum(v <= bound for v in one + other))


def test_without_values_or_bounds_there_is_no_quantile() -> None:
    """Nothing counted is no number; a histogram of one bucket does not say how its values lie."""
    assert Histogram(BOUNDS, (0.0,) * 5).quantile(0.5) is None
    assert Histogram((), (7.0,)).quantile(0.5) is None
    assert Exponential(0).quantile(0.5) is None
    assert histograms.merged([]).quantile(0.5) is None


def test_beyond_the_bounds_the_bound_is_told() -> None:
    """The highest bucket has no end, so its bound is read; a lowest one below zero has no beginning."""
    assert explicit([50.0]).quantile(0.99 - 0.49) == 10.0
    assert Histogram((-1.0, 1.0), (3.0, 0.0, 0.0)).quantile(0.5) == -1.0


@given(st.lists(st.floats(-50, 50).map(lambda v: round(v, 3)), min_size=1, max_size=60), shares)
def test_an_exponential_quantile_is_within_one_bucket(values: list[float], share: float) -> None:
    """It is off from the value it stands for by at most the base of its scale."""
    found = scaled(values, 3).quantile(share)
    true = at_rank(values, share)
    assert found is not None
    if true == 0:
        assert found == 0
    else:
        assert 1 / 2**0.125 - 1e-9 <= found / true <= 2**0.125 + 1e-9


@given(values_lists, values_lists, st.integers(-2, 6), st.integers(-2, 6))
def test_scales_are_merged_at_the_coarsest(one: list[float], other: list[float], a: int, b: int) -> None:
    """A finer histogram made coarser is the one that would have been counted so."""
    merged = exponential.merged([scaled(one, a), scaled(other, b)])
    assert merged == scaled(one + other, min(a, b))


def test_what_the_engine_packs_is_unpacked() -> None:
    """Scale, sign and index survive; what cancels is gone."""

    def code(scale: int, index: int, *, is_negative: bool = False) -> int:
        return (scale + 64) * 2**34 + is_negative * 2**33 + index + 2**31

    codes = [code(1, -3), code(0, 2), code(1, 5), code(0, 1, is_negative=True)]
    found = exponential.unpacked(codes, [2.0, 1.0, -1.0, 4.0], 3.0)
    assert found == Exponential(0, 3.0, {-2: 2.0}, {1: 4.0})


def test_a_quantile_of_a_wide_bucket_is_only_its_bucket() -> None:
    """The last bucket has no end, the first begins at nothing: a figure between would be invented."""
    bounds = (5.0, 10.0, 50.0)
    assert Histogram(bounds, (9.0, 0.0, 0.0, 0.0)).rough(0.99) == Bucket(None, 5.0)
    assert Histogram(bounds, (0.0, 9.0, 0.0, 0.0)).rough(0.99) is None
    assert Histogram(bounds, (0.0, 0.0, 9.0, 0.0)).rough(0.99) == Bucket(10.0, 50.0)
    assert Histogram(bounds, (0.0, 0.0, 0.0, 9.0)).rough(0.99) == Bucket(50.0, None)
    assert Histogram(bounds, (0.0, 0.0, 0.0, 0.0)).rough(0.99) is None
    assert Histogram((), (9.0,)).rough(0.99) is None
