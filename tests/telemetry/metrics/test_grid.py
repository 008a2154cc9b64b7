"""The steps of a plot: how wide, how many, where they begin, and which are complete."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.errors import Invalid
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.metrics.grid import Grid, stale_after_seconds

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH = int(NOON.timestamp())


def _over(seconds: float, *, asked: int | None = None, pace: float = 10, begins: float = 0) -> Grid:
    start = NOON + timedelta(seconds=begins)
    return Grid.over(TimeRange(start, start + timedelta(seconds=seconds)), asked=asked, pace_seconds=pace)


@pytest.mark.parametrize(
    ("seconds", "pace", "step"),
    [
        (2_400, 0, 10), (2_400, 10, 10), (2_401, 10, 30), (2_400, 10.001, 30), (2_400, 30, 30),
        (2_400, 30.5, 60), (2_400, 60, 60), (2_400, 61, 300), (86_400, 10, 900),
    ],
)  # fmt: skip
def test_a_plot_has_at_most_240_round_steps_none_narrower_than_senders_report(
    seconds: int, pace: float, step: int
) -> None:
    """With a narrower step most steps of most series would be empty."""
    assert _over(seconds, pace=pace).step_seconds == step


@pytest.mark.parametrize(
    ("asked", "pace", "step"),
    [(10, 10, 10), (20, 10, 20), (20, 15, 20), (20, 20.5, 30), (5, 1, 10), (3_600, 60, 3_600)],
)
def test_a_step_asked_for_is_widened_to_the_pace_of_senders(asked: int, pace: float, step: int) -> None:
    """Ten seconds at least, and whole tens of what senders report in."""
    assert _over(3_600, asked=asked, pace=pace).step_seconds == step


def test_at_most_two_thousand_steps_are_drawn() -> None:
    """A second more is refused, with the step that would do, and that one does."""
    assert _over(20_000, asked=10).steps == 2_000
    with pytest.raises(Invalid) as caught:
        _over(20_001, asked=10)
    assert caught.value.detail == (
        "step=10 would cut the range into 2001 steps; write at least 11 seconds or a shorter range"
    )
    assert (caught.value.value, caught.value.rule) == ("10", "at most 2000 steps")
    assert _over(20_001, asked=11).step_seconds == 11


@pytest.mark.parametrize(
    ("begins", "seconds", "first", "steps"),
    [(0, 60, 0, 1), (0, 60.001, 0, 2), (-0.001, 60, -60, 2), (59.999, 0.002, 0, 2), (60, 60, 60, 1)],
)
def test_steps_begin_at_multiples_and_cover_the_range(
    begins: float, seconds: float, first: int, steps: int
) -> None:
    """A step that is only touched is drawn, so that a reloaded plot does not shift."""
    found = _over(seconds, asked=60, begins=begins)
    assert (found.first_epoch, found.steps) == (EPOCH + first, steps)


@given(st.floats(0, 86_400), st.floats(0.001, 20_000), st.integers(10, 3_600))
def test_every_range_is_covered_by_the_fewest_steps(begins: float, seconds: float, asked: int) -> None:
    """The first step holds the start and the last one the end, at multiples of the step."""
    found = _over(seconds, asked=asked, begins=begins)
    start = NOON + timedelta(seconds=begins)
    end = start + timedelta(seconds=seconds)
    step = timedelta(seconds=found.step_seconds)
    first, last = (datetime.fromtimestamp(at, UTC) for at in (found.times[0], found.end_epoch))
    assert first <= start < first + step
    assert last - step < end <= last
    assert found.first_epoch % found.step_seconds == 0
    assert len(found.times) == found.steps


def test_the_times_of_steps_are_their_starts() -> None:
    """Three minutes from noon, and the end of the last."""
    grid = Grid(EPOCH, 60, 3)
    assert grid.times == [EPOCH, EPOCH + 60, EPOCH + 120]
    assert grid.end_epoch == EPOCH + 180


@pytest.mark.parametrize(
    ("until", "complete"),
    [(-600, 0), (0, 0), (59.999, 0), (60, 1), (119.999, 1), (120, 2), (180, 3), (9_999, 3)],
)
def test_a_step_is_complete_when_its_end_is_reached(until: float, complete: int) -> None:
    """Not a millisecond before, and there are never more than the grid has."""
    assert Grid(EPOCH, 60, 3).complete(EPOCH + until) == complete


@pytest.mark.parametrize(("pace", "seconds"), [(10, 300), (150, 300), (150.5, 301), (600, 1_200)])
def test_a_value_is_stale_after_five_minutes_or_two_reports(pace: float, seconds: float) -> None:
    """One report of a slow sender may be lost before its line is broken."""
    assert stale_after_seconds(pace) == seconds
