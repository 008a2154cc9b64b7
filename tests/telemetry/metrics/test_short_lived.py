"""Counters that live for seconds: all they counted is shown once they fall silent, nothing is invented."""

import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from tests.telemetry.metrics.conftest import PlotMetric, StoreMetrics, between
from tests.telemetry.metrics.metrics_twin import Reported, shared_out, spans_of_counting
from tests.telemetry.metrics.points import (
    DELTA,
    counter,
    exponential,
    exponential_point,
    histogram,
    histogram_point,
    point,
)
from tests.telemetry.otlp_builders import T0

from holdfast.runtime.clock import ManualClock
from holdfast.telemetry.metrics.grid import Grid, silent_after_seconds
from holdfast.telemetry.metrics.service import Ask, MetricsService
from holdfast.telemetry.warehouse.protocol import Warehouse

READ_FROM, STEPS, PACE = -300, 10, 30
_names = itertools.count(1)
EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EIGHT_SECONDS = ((302, 1), (305, 3), (308, 5))


def _counter(name: str) -> Metric:
    return counter(name, [point(at, count, start=300) for at, count in EIGHT_SECONDS])


def _delta(name: str) -> Metric:
    sent = [point(302, 1, start=300), point(305, 2, start=302), point(308, 2, start=305)]
    return counter(name, sent, temporality=DELTA)


def _histogram(name: str) -> Metric:
    sent = [histogram_point(at, [0, count, 0], [1.0, 2.0], start=300) for at, count in EIGHT_SECONDS]
    return histogram(name, sent)


def _exponential(name: str) -> Metric:
    return exponential(name, [exponential_point(at, 0, {0: count}, start=300) for at, count in EIGHT_SECONDS])


KINDS = pytest.mark.parametrize("kind", [_counter, _delta, _histogram, _exponential])


@KINDS
def test_a_batch_job_of_eight_seconds_is_counted_half_a_minute_later(
    store_metrics: StoreMetrics, metrics: MetricsService, clock: ManualClock, kind: Callable[[str], Metric]
) -> None:
    """Its five calls are shown 31 s after its last point, for every kind that counts."""
    store_metrics(kind("jobs"))
    clock.advance(timedelta(seconds=308 + 31))
    drawn = metrics.plot("jobs", between(0, 339), Ask(function="increase"))
    assert sum(value or 0 for value in drawn.lines[0].values) == pytest.approx(5)


@KINDS
def test_a_batch_job_that_may_still_report_stays_open(
    store_metrics: StoreMetrics, metrics: MetricsService, clock: ManualClock, kind: Callable[[str], Metric]
) -> None:
    """29 s after its last point another may come: no half count is drawn."""
    store_metrics(kind("jobs"))
    clock.advance(timedelta(seconds=308 + 29))
    drawn = metrics.plot("jobs", between(0, 337), Ask(function="increase"))
    assert {value for line in drawn.lines for value in line.values} == {None}


@pytest.mark.parametrize("kind", [_histogram, _exponential])
def test_buckets_of_a_batch_job_count_from_its_start(
    store_metrics: StoreMetrics, plot: PlotMetric, kind: Callable[[str], Metric]
) -> None:
    """All five values lie between 1 and 2, the first one too."""
    store_metrics(kind("jobs"))
    found = plot("jobs", function="p50").lines[0].overall
    assert found is not None
    assert 1 < found < 2
    assert plot("jobs", function="increase").lines[0].overall == pytest.approx(5)


def test_a_job_that_reports_once_counts_whole(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """An SDK that is shut down sends one point: 7 calls since its start eight seconds before."""
    store_metrics(counter("jobs", [point(308, 7, start=300)]))
    assert plot("jobs", function="increase").lines[0].overall == pytest.approx(7)


def test_what_waits_to_be_stored_is_not_silence(
    store_metrics: StoreMetrics, warehouse: Warehouse, clock: ManualClock
) -> None:
    """While points received at 5:10 wait, a stream whose newest stored point is of 5:08 may have more."""
    store_metrics(_counter("jobs"))
    received = clock.now() + timedelta(seconds=310)
    clock.advance(timedelta(minutes=10))
    lagging = MetricsService(warehouse, clock, lambda: received)
    (line,) = lagging.plot("jobs", between(0, 600), Ask(function="increase")).lines
    assert line.overall is None


def test_a_range_that_ended_long_ago_is_complete(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """Read five minutes later, a range that ends two seconds after the last point has its last step."""
    store_metrics(_counter("jobs"))
    drawn = plot("jobs", function="increase", end=310, step=10)
    assert sum(value or 0 for value in drawn.lines[0].values) == pytest.approx(5)


def test_a_point_at_its_own_start_is_only_a_base(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """A collector that began to scrape at 2:00 does not know the start: 9,000 calls before it are not new."""
    sent = [(120, 9_000), (180, 9_030), (240, 9_090), (300, 9_090)]
    store_metrics(counter("calls", [point(at, value, start=120) for at, value in sent]))
    assert plot("calls", function="increase").lines[0].values[:5] == (None, None, 30, 60, 0)


def test_starts_equal_to_each_points_own_time_say_nothing(
    store_metrics: StoreMetrics, plot: PlotMetric
) -> None:
    """Three points that name their own times as starts are read by their values."""
    store_metrics(counter("calls", [point(at, 1_000 + at, start=at) for at in (60, 120, 180)]))
    assert plot("calls", function="increase").lines[0].values[:3] == (None, 60, 60)


@st.composite
def short_lived(draw: st.DrawFn) -> list[Reported]:
    """A counter of up to a minute that begins around the edge of what is read, or anywhere in the range."""
    start = draw(st.sampled_from([READ_FROM - 2, READ_FROM - 1, READ_FROM, READ_FROM + 1, -1, 0, 1, 59, 400]))
    known = draw(st.sampled_from(["start", "none", "first"]))
    first = draw(st.integers(max(start, READ_FROM) + 1, max(start, 0) + 60))
    times = [first, *(first + more for more in draw(st.sets(st.integers(1, 8), max_size=3)))]
    value, points = draw(st.integers(0, 9_000)), []
    for at in sorted(times):
        named = {"start": start, "none": None, "first": first}[known]
        points.append(Reported(at, value, named))
        value += draw(st.integers(0, 9))
    return points


def _sent(points: Sequence[Reported], kind: str, who: str) -> list[Any]:
    if kind == "counter":
        return [point(one.at, one.value, start=one.start, who=who) for one in points]
    return [histogram_point(one.at, [int(one.value)], [], start=one.start, who=who) for one in points]


@given(short_lived(), st.sampled_from(["counter", "histogram"]))
@EXAMPLES
def test_a_short_life_is_counted_as_the_twin_counts_it(
    store_metrics: StoreMetrics, plot: PlotMetric, points: list[Reported], kind: str
) -> None:
    """Known starts within what is read count whole, others only what grew; never more than the last value."""
    name, make = f"short.{next(_names)}", {"counter": counter, "histogram": histogram}[kind]
    steady = [Reported(at, 0, -9_000) for at in range(-120, 661, PACE)]
    store_metrics(make(name, [*_sent(steady, kind, "steady"), *_sent(points, kind, "short")]))
    found = plot(name, function="increase", by=("who",)).lines
    short = next((line.values for line in found if line.labels["who"] == "short"), ())
    expected = shared_out(spans_of_counting(points, READ_FROM), STEPS)
    shown = [value or 0.0 for value in short] or [0.0] * STEPS
    assert shown == pytest.approx([expected.get(step, 0.0) for step in range(STEPS)], abs=1e-6)
    assert sum(shown) <= points[-1].value + 1e-6


@pytest.mark.parametrize(("pace", "seconds"), [(0, 30), (3, 30), (15, 30), (15.5, 31), (60, 120)])
def test_a_stream_is_silent_after_two_missed_reports(pace: float, seconds: float) -> None:
    """Thirty seconds at least: a collector's batch may be that late."""
    assert silent_after_seconds(pace) == seconds


def test_the_grid_of_these_tests_is_one_of_minutes() -> None:
    """Steps of the twin are those of the plots."""
    assert Grid.over(between(0, 600), asked=60, pace_seconds=PACE) == Grid(T0, 60, STEPS)
