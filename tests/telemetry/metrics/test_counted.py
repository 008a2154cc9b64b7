"""Rates and increases, worked out by hand: both temporalities, resets, late and repeated points."""

import pytest
from tests.telemetry.metrics.conftest import PlotMetric, StoreMetrics
from tests.telemetry.metrics.points import counter, point


def test_a_cumulative_sum_counts_what_it_grew_by(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """Between two points of one start the difference was counted, and a rate is that per second."""
    store_metrics(counter("calls", [point(at, at * 2, start=-3600) for at in range(0, 660, 60)]))
    found = plot("calls", function="increase")
    assert found.lines[0].values[:9] == pytest.approx([120.0] * 9)
    assert plot("calls", function="rate").lines[0].values[:9] == pytest.approx([2.0] * 9)
    assert found.unit == "{call}"


def test_a_first_point_counts_whole_when_its_start_says_so(
    store_metrics: StoreMetrics, plot: PlotMetric
) -> None:
    """A sender that started within the range counted its first value since then."""
    store_metrics(
        counter("calls", [point(180, 50, start=120), point(240, 80, start=120), point(300, 80, start=120)])
    )
    assert plot("calls", function="increase").lines[0].values[:5] == (None, None, 50, 30, 0)


def test_a_drop_is_a_reset(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """A value below the one before, without a new start, was counted from zero."""
    points = [(0, 100), (60, 160), (120, 30), (180, 50), (240, 50), (300, 50)]
    store_metrics(counter("calls", [point(at, value) for at, value in points]))
    assert plot("calls", function="increase").lines[0].values[:4] == (60, 30, 20, 0)


def test_a_new_start_is_a_reset_even_above_the_old_value(
    store_metrics: StoreMetrics, plot: PlotMetric
) -> None:
    """After a restart the value may exceed all before: the start decides, not the value."""
    before = [point(at, at, start=-3600) for at in (0, 60, 120)]
    after = [point(180, 500, start=120), point(240, 560, start=120), point(300, 560, start=120)]
    store_metrics(counter("calls", before + after))
    assert plot("calls", function="increase").lines[0].values[:4] == (60, 60, 500, 60)
