"""A point that is no number, or endless, takes nothing from the other series of its line."""

from collections.abc import Callable
from itertools import pairwise
from math import inf, isfinite, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1.metrics_pb2 import Exemplar, Metric
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
    request,
    summary,
)
from tests.telemetry.otlp_builders import segment

from holdfast.telemetry.metrics.histograms import Histogram
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

AT = range(0, 660, 60)
POISONS = [nan, inf, -inf]
Kinds = dict[str, tuple[Callable[[float], Metric], tuple[str, ...]]]


def _gauge(poison: float) -> Metric:
    return gauge("m", [point(at, poison if at == 300 else 5.0) for at in AT])


def _counter(poison: float) -> Metric:
    return counter("m", [point(at, poison if at == 300 else at, start=-3600) for at in AT])


def _delta(poison: float) -> Metric:
    points = [point(at, poison if at == 300 else 3, start=at - 60) for at in AT]
    return counter("m", points, temporality=DELTA)


def _sum(at: int, poison: float) -> float:
    # One such value makes the sum of all none, from then on.
    return poison if at >= 300 else at


def _histogram(poison: float) -> Metric:
    points = [histogram_point(at, [at, at], [1.0], start=-3600, total=_sum(at, poison)) for at in AT]
    return histogram("m", points)


def _delta_histogram(poison: float) -> Metric:
    sound = [
        histogram_point(at, [1, 1], [1.0], start=at - 60, total=1.5, extremes=(0.5, 1.0))
        for at in AT
        if at < 300
    ]
    broken = [
        histogram_point(at, [1, 1], [1.0], start=at - 60, total=poison, extremes=(0.5, poison))
        for at in AT
        if at >= 300
    ]
    return histogram("m", sound + broken, temporality=DELTA)


def _unbounded(poison: float) -> Metric:
    points = [histogram_point(at, [at, at, 0], [1.0, poison], start=-3600, total=at) for at in AT]
    return histogram("m", points)


def _exponential(poison: float) -> Metric:
    points = [exponential_point(at, 1, {0: at, 1: at}, total=_sum(at, poison), start=-3600) for at in AT]
    return exponential("m", points)


def _summary(poison: float) -> Metric:
    return summary("m", [(at, at, _sum(at, poison), {0.5: poison}) for at in AT])


KINDS: Kinds = {
    "gauge": (_gauge, ("avg", "sum", "min", "max", "last")),
    "counter": (_counter, ("rate", "increase")),
    "delta": (_delta, ("rate", "increase")),
    "histogram": (_histogram, ("rate", "increase", "avg", "p50", "p99")),
    "delta histogram": (_delta_histogram, ("rate", "avg", "p50", "max", "min")),
    "bounds": (_unbounded, ("rate", "avg", "p50")),
    "exponential": (_exponential, ("rate", "avg", "p50")),
    "summary": (_summary, ("rate", "avg")),
}


def _named(name: str, metric: Metric) -> Metric:
    metric.name = name
    return metric


@pytest.fixture(scope="module")
def poisoned(opened_warehouse: ChdbWarehouse, tmp_path_factory: pytest.TempPathFactory) -> ChdbWarehouse:
    """The file's warehouse with a sound metric of each kind, and one that has each poison in it, too."""
    sound, broken = [], []
    for kind, (made, _) in KINDS.items():
        sound += [_named(f"{kind} {one}", made(1.0)) for one in ("alone", *POISONS)]
        broken += [_named(f"{kind} {poison}", made(poison)) for poison in POISONS]
    path = segment(
        tmp_path_factory.mktemp("poisoned"), request(of_service("sound", sound), of_service("broken", broken))
    )
    opened_warehouse.insert_segment(Signal.METRICS, path, "poisoned")
    return opened_warehouse


@pytest.fixture
def warehouse(poisoned: ChdbWarehouse) -> ChdbWarehouse:
    """The same one for every test: metrics are told apart by their names."""
    return poisoned


@pytest.mark.parametrize("kind", KINDS)
def test_one_bad_point_blanks_no_merged_line(plot: PlotMetric, kind: str) -> None:
    """Merged with a sound series, a line has a finite number wherever the sound one alone has."""
    for function in KINDS[kind][1]:
        alone = plot(f"{kind} alone", function=function).lines[0].values
        assert any(value is not None for value in alone), function
        for poison in POISONS:
            merged = plot(f"{kind} {poison}", function=function).lines[0]
            blanked = [n for n, value in enumerate(merged.values) if value is None]
            assert [n for n in blanked if alone[n] is not None] == [], (function, poison)
            assert _are_finite(*merged.values, merged.overall), (function, poison)
            rest = plot(f"{kind} {poison}", function=function, by=("service.name",), top=1).lines[-1]
            assert _are_finite(*rest.values, rest.overall), (function, poison)


def _are_finite(*values: float | None) -> bool:
    return all(value is None or isfinite(value) for value in values)


def test_an_exemplar_that_is_no_number_hides_no_other(store_metrics: StoreMetrics, plot: PlotMetric) -> None:
    """The greatest number of each step is shown, though an endless value was measured beside it."""
    values = [nan, inf, 2.0, 1.0]
    seen = [Exemplar(time_unix_nano=nano(300), as_double=value, trace_id=b"t" * 16) for value in values]
    found: list[Any] = [histogram_point(at, [at, at], [1.0], start=-3600) for at in AT]
    found.append(histogram_point(301, [301, 301], [1.0], start=-3600, exemplars=seen))
    store_metrics(histogram("m", found))
    assert [one.value for one in plot("m", function="p50").exemplars] == [2.0]


_BOUNDS = st.lists(st.sampled_from([-inf, -1.0, 0.5, 1.0, 2.0, inf]), unique=True).map(sorted)


@given(bounds=_BOUNDS, data=st.data())
def test_bounds_that_are_endless_bound_nothing(bounds: list[float], data: Any) -> None:
    """A bucket between an endless bound and the next is one with its neighbour; no value is lost."""
    size = len(bounds) + 1
    counts = data.draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))
    found = Histogram.of(bounds, counts)
    finite = [bound for bound in bounds if isfinite(bound)]
    assert list(found.bounds) == finite
    edges = [-inf, *finite, inf]
    lows = [-inf, *bounds]
    expected = [
        sum(
            count
            for low, count in zip(lows, counts, strict=True)
            if below <= low < above or (low == above == inf)
        )
        for below, above in pairwise(edges)
    ]
    assert list(found.counts) == expected
    assert found.total == sum(counts)


def test_a_bound_that_is_no_number_leaves_a_histogram_without_bounds() -> None:
    """Where its values lie is not known then; that there are some is."""
    assert Histogram.of([1.0, nan], [1, 2, 3]) == Histogram((), (6,))
