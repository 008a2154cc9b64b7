"""The engine against its slow twin, over series made up at random: resets, restarts, repeats, disorder."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.telemetry.metrics.conftest import PlotMetric, StoreMetrics
from tests.telemetry.metrics.metrics_twin import Reported, shared_out, spans_of_counting, standing
from tests.telemetry.metrics.points import counter, gauge, point

STEPS, PACE = 10, 30
READ_FROM = -300
_names = itertools.count(1)
EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def counters(draw: st.DrawFn) -> list[Reported]:
    """A counter that grows, drops now and then, and is restarted, with or without telling its start."""
    tells = draw(st.booleans())
    start: float | None = draw(st.sampled_from([-5000, -200, -60])) if tells else None
    value, points = draw(st.integers(0, 500)), []
    for at in range(-120, STEPS * 60 + 1, PACE):
        event = draw(st.sampled_from(["grow"] * 8 + ["restart", "gap"]))
        if event == "gap":
            continue
        if event == "restart":
            value = draw(st.integers(0, 50))
            start = at - draw(st.integers(1, PACE - 1)) if tells else None
        else:
            value += draw(st.integers(0, 90))
        if start is None or start < at:
            points.append(Reported(at, value, start))
    return draw(
        st.permutations(points + draw(st.lists(st.sampled_from(points), max_size=4)) if points else [])
    )


def sent(points: Sequence[Reported]) -> list[object]:
    """The points as OTLP."""
    return [point(one.at, one.value, start=one.start) for one in points]


@given(counters())
@EXAMPLES
def test_what_was_counted_is_what_the_twin_counts(
    store_metrics: StoreMetrics, plot: PlotMetric, points: list[Reported]
) -> None:
    """For any order and repetition of points, steps hold the result of plain arithmetic."""
    name, starts = f"calls.{next(_names)}", {one.start for one in points}
    # Starts that change with nearly every point are no starts; the twin has no such rule.
    assume(len({one.at for one in points}) < 4 or len(starts) * 2 <= len({one.at for one in points}))
    # A steady companion keeps the pace, so that steps are those of the twin.
    steady = [point(at, 0, start=-9000, who="steady") for at in range(-120, 661, PACE)]
    store_metrics(counter(name, [*steady, *sent(points)]))
    drawn = plot(name, function="increase")
    assert drawn.grid.step_seconds == 60
    found = drawn.lines[0].values
    expected = shared_out(spans_of_counting(points, READ_FROM), STEPS)
    complete = [value for value in found if value is not None]
    assert complete == pytest.approx([expected.get(step, 0.0) for step in range(len(complete))], abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 599), st.integers(0, 9)), min_size=1, max_size=12))
@EXAMPLES
def test_what_stood_is_what_the_twin_says(
    store_metrics: StoreMetrics, plot: PlotMetric, values: list[tuple[int, int]]
) -> None:
    """The newest value of each step is valid for five minutes, with any gaps."""
    name = f"level.{next(_names)}"
    points = [Reported(at, value) for at, value in values]
    steady = [point(at, 0, who="steady") for at in range(0, 600, PACE)]
    store_metrics(gauge(name, [*steady, *(point(one.at, one.value, who="tested") for one in points)]))
    drawn = plot(name, function="last", filters=("who=tested",))
    assume(drawn.grid.step_seconds == 60)  # or it reports too seldom for the twin's steps
    found = {step: value for step, value in enumerate(drawn.lines[0].values) if value is not None}
    assert found == standing(points, STEPS, stale_after=max(300, 2 * drawn.pace_seconds))
