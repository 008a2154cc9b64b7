"""Every kind of metric against values worked out by hand, from OTLP to the lines of a plot."""

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Exemplar
from tests.telemetry.metrics.conftest import PlotMetric, StoreMetrics
from tests.telemetry.metrics.points import (
    DELTA,
    counter,
    exponential,
    exponential_point,
    gauge,
    histogram,
    histogram_point,
    nano,
    of_service,
    point,
    summary,
)

from holdfast.runtime.errors import Invalid

TRACE = bytes(range(16))
BOUNDS = [0.1, 0.2, 0.4]


def test_delta_sums_are_added_up(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """Each delta point counts what happened between its start and its time."""
    points = [point(at, 6, start=at - 60) for at in range(60, 660, 60)]
    store_metrics(counter("orders", points, temporality=DELTA))
    assert plot("orders", function="increase").lines[0].values[:9] == pytest.approx([6.0] * 9)
    assert plot("orders", function="rate").lines[0].overall == pytest.approx(0.1)


def test_what_was_counted_over_an_edge_is_shared_out(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """Of 60 counted evenly from 0:30 to 1:30, half belong to each minute, and nothing is lost."""
    sent = [point(at, 60 if at == 90 else 0, start=at - 60) for at in (30, 90, 150, 210)]
    store_metrics(counter("orders", sent, temporality=DELTA))
    assert plot("orders", function="increase").lines[0].values[:3] == (30, 30, 0)


def test_repeated_and_late_points_count_once(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """A point sent again, or after younger ones, changes nothing."""
    first, second, third, fourth = (point(at, at, start=-6000) for at in (60, 120, 180, 300))
    store_metrics(counter("calls", [first, third, fourth]))
    store_metrics(counter("calls", [third, second]))
    assert plot("calls", function="increase").lines[0].values[:4] == (None, 60, 60, 60)


def test_replicas_that_share_a_name_do_not_disturb_each_other(
    store_metrics: StoreMetrics, plot: PlotMetric
) -> None:
    """Two senders without an instance id differ by their starts: 60 and 120 a minute, no resets."""
    one = [point(at, at, start=-1000) for at in range(0, 660, 60)]
    other = [point(at + 5, at * 2, start=-2000) for at in range(0, 660, 60)]
    store_metrics(counter("calls", [p for pair in zip(one, other, strict=True) for p in pair]))
    assert plot("calls", function="increase").lines[0].values[1:8] == pytest.approx([180.0] * 7)


def test_starts_that_change_with_every_point_are_left_aside(
    store_metrics: StoreMetrics, plot: PlotMetric
) -> None:
    """A cumulative sum whose sender names the point before as its start is read by its value."""
    store_metrics(counter("calls", [point(at, at + 1000, start=at - 60) for at in range(0, 660, 60)]))
    assert plot("calls", function="increase").lines[0].values[:9] == pytest.approx([60.0] * 9)


def test_a_gauge_shows_what_was_measured(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """Average, least, most and newest of the values of each step."""
    points = [point(at, value) for at, value in ((0, 1), (20, 2), (40, 6), (60, 4), (80, 4), (100, 4))]
    store_metrics(gauge("memory", points))
    found = {
        name: plot("memory", function=name).lines[0].values[:2] for name in ("avg", "min", "max", "last")
    }
    assert found == {"avg": (3, 4), "min": (1, 4), "max": (6, 4), "last": (6, 4)}


def test_a_sum_of_a_gauge_adds_the_newest_values_of_all_series(
    store_metrics: StoreMetrics, plot: PlotMetric
) -> None:
    """Two processes of 3 and 4 are 7, also in a step in which one of them did not report."""
    points = [point(at, 3, pid="1") for at in range(0, 600, 60)] + [
        point(at, 4, pid="2") for at in (0, 60, 180)
    ]
    store_metrics(gauge("memory", points))
    assert plot("memory", function="sum").lines[0].values[:4] == (7, 7, 7, 7)


def test_a_value_stands_for_five_minutes_and_then_is_gone(
    store_metrics: StoreMetrics, plot: PlotMetric
) -> None:
    """A series that ended leaves a gap, not a line; the flag that says so ends it at once."""
    store_metrics(gauge("memory", [point(at, 5) for at in (0, 30, 60)]))
    store_metrics(gauge("threads", [point(0, 5), point(60, 5), point(120, 0, stale=True)]))
    assert plot("memory", function="last").lines[0].values == (5,) * 7 + (None,) * 3
    assert plot("threads", function="last").lines[0].values == (5, 5) + (None,) * 8


def test_a_quantile_is_interpolated_within_its_bucket(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """Of 10 up to 0.1, 80 up to 0.2 and 10 up to 0.4, half do not exceed 0.15 and 95 in 100 not 0.3."""
    points = [
        histogram_point(at, [10 * n, 80 * n, 10 * n, 0], BOUNDS, total=15.0 * n, start=-600)
        for n, at in enumerate(range(0, 660, 60))
    ]
    store_metrics(histogram("duration", points))
    assert plot("duration", function="p50").lines[0].values[:9] == pytest.approx([0.15] * 9)
    assert plot("duration", function="p95").lines[0].values[:9] == pytest.approx([0.3] * 9)
    assert plot("duration", function="avg").lines[0].overall == pytest.approx(0.15)
    assert plot("duration", function="rate").lines[0].overall == pytest.approx(100 / 60)


def test_histograms_of_several_series_are_merged_not_averaged(
    store_metrics: StoreMetrics, plot: PlotMetric
) -> None:
    """Nine fast calls of one and one slow call of another: half of the ten are fast."""
    fast = [histogram_point(at, [9, 0, 0, 0], BOUNDS, start=at - 60, pod="a") for at in range(60, 660, 60)]
    slow = [histogram_point(at, [0, 0, 1, 0], BOUNDS, start=at - 60, pod="b") for at in range(60, 660, 60)]
    store_metrics(histogram("duration", fast + slow, temporality=DELTA))
    assert plot("duration", function="p50").lines[0].overall == pytest.approx(0.1 * 5 / 9)
    by_pod = plot("duration", function="p50", by=("pod",)).lines
    assert [line.labels["pod"] for line in by_pod] == ["b", "a"]


def test_the_extremes_of_a_delta_histogram_are_shown(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """A delta point has the least and most of its own time; one without them is omitted."""
    told = histogram_point(60, [1, 1, 0, 0], BOUNDS, total=0.2, start=0, extremes=(0.05, 0.15))
    silent = histogram_point(120, [1, 1, 0, 0], BOUNDS, total=0.2, start=60)
    store_metrics(histogram("duration", [told, silent], temporality=DELTA))
    assert plot("duration", function="max").lines[0].values[:3] == (None, 0.15, None)


def test_an_exponential_quantile_is_found_across_scales(
    store_metrics: StoreMetrics, plot: PlotMetric
) -> None:
    """At scale 0, 1 up to 2 and 2 up to 4 hold a value each from either scale: half do not exceed 2."""
    coarse = [exponential_point(at, 0, {0: 1, 1: 1}, start=at - 60, pod="a") for at in range(60, 660, 60)]
    fine = [exponential_point(at, 1, {0: 1, 3: 1}, start=at - 60, pod="b") for at in range(60, 660, 60)]
    store_metrics(exponential("duration", coarse + fine, temporality=DELTA))
    assert plot("duration", function="p50").lines[0].overall == pytest.approx(2)
    assert plot("duration", function="p75").lines[0].overall == pytest.approx(2 * 2**0.5)


def test_a_cumulative_exponential_that_gets_coarser_is_no_reset(
    store_metrics: StoreMetrics, plot: PlotMetric
) -> None:
    """What a sender had at scale 1 is taken from what it has at scale 0: one value in (8, 16] was added."""
    before = exponential_point(0, 1, {0: 2, 3: 1}, zero=1, start=-600)
    after = [exponential_point(at, 0, {0: 2, 1: 1, 3: 1}, zero=1, start=-600) for at in (60, 120, 180)]
    store_metrics(exponential("duration", [before, *after]))
    assert plot("duration", function="p50").lines[0].values[:2] == (pytest.approx(8 * 2**0.5), None)
    assert plot("duration", function="increase").lines[0].values[:2] == (1, 0)


def test_zero_and_negative_values_have_their_place(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """Of two in [-2, -1), one zero and one in (1, 2], a quarter is -2 to -1, the middle ones up to 0."""
    points = [
        exponential_point(at, 0, {0: 1}, zero=1, negative={0: 2}, start=at - 60) for at in range(60, 660, 60)
    ]
    store_metrics(exponential("drift", points, temporality=DELTA))
    assert plot("drift", function="p25").lines[0].overall == pytest.approx(-(2**0.5))
    assert plot("drift", function="p75").lines[0].overall == 0


def test_a_summarys_quantiles_are_shown_as_sent(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """Each series has its own line; merging them is refused, and so is one that was not sent."""
    sent = [(at, at, at * 2.0, {0.5: 1.0, 0.99: 7.0}) for at in range(0, 660, 60)]
    store_metrics(of_service("cart", [summary("wait", sent)]), of_service("search", [summary("wait", sent)]))
    lines = plot("wait", function="p99").lines
    assert [(line.labels, line.values[0]) for line in lines] == [
        ({"service.name": "cart"}, 7),
        ({"service.name": "search"}, 7),
    ]
    assert plot("wait", function="avg").lines[0].overall == pytest.approx(2)
    assert plot("wait", function="p90").lines == ()
    with pytest.raises(Invalid, match="cannot be merged"):
        plot("wait", function="p99", by=("service.name",))


def test_exemplars_lead_to_traces(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """The greatest measured value of each step comes with the trace it was measured in."""
    exemplars = [
        Exemplar(time_unix_nano=nano(at), as_double=value, trace_id=TRACE, span_id=TRACE[:8])
        for at, value in ((61, 0.15), (65, 0.3), (119, 0.2))
    ]
    bare = Exemplar(time_unix_nano=nano(70), as_double=9)
    store_metrics(
        histogram("duration", [histogram_point(120, [1, 1, 1, 0], BOUNDS, exemplars=[*exemplars, bare])])
    )
    (found,) = plot("duration", function="p99").exemplars
    assert (found.value, found.trace_id, found.service) == (0.3, TRACE.hex(), "cart")
