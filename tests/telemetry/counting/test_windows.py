"""Windows are read from the fewest stored slices, each exactly once."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.objectives.alerting.burn import SHOWN_WINDOWS
from holdfast.telemetry.counting.windows import Grain, at, edge_before, epoch, left_edge, left_grain, plan

EDGES = st.integers(170_000_000, 180_000_000).map(lambda tens: tens * 10)
WINDOWS = st.lists(
    st.one_of(
        st.sampled_from([*SHOWN_WINDOWS, timedelta(days=7), timedelta(days=28)]),
        st.integers(1, 60 * 24 * 7).map(lambda minutes: timedelta(minutes=minutes)),
    ),
    min_size=1,
    max_size=9,
)


@given(EDGES, WINDOWS)
def test_ranges_tile_the_longest_window_exactly_once(edge: int, windows: list[timedelta]) -> None:
    """Over all grains the ranges touch without gap or overlap, from the oldest left edge on."""
    reading = plan(edge, windows)
    spans = sorted(span for _, spans in reading.ranges for span in spans)
    assert spans[0][0] == reading.starts[0] == min(left_edge(edge, window) for window in windows)
    assert spans[-1][1] == edge
    assert all(before[1] == after[0] for before, after in pairwise(spans))


@given(EDGES, WINDOWS)
def test_ranges_are_whole_slices_within_one_segment(edge: int, windows: list[timedelta]) -> None:
    """A range is made of whole slices of its grain and never crosses a window's left edge."""
    reading = plan(edge, windows)
    for grain, spans in reading.ranges:
        for start, end in spans:
            assert start % grain.value == 0
            assert end % grain.value == 0
            assert not any(start < other < end for other in reading.starts)


@given(EDGES, WINDOWS)
def test_few_fine_slices_are_read(edge: int, windows: list[timedelta]) -> None:
    """Per segment at most two hours of minutes and two minutes of 10 s slices are read."""
    reading = plan(edge, windows)
    seconds = {grain: sum(end - start for start, end in spans) for grain, spans in reading.ranges}
    segments = len(reading.starts)
    assert seconds.get(Grain.MINUTE, 0) <= segments * 2 * 3600
    assert seconds.get(Grain.TEN_SECONDS, 0) <= segments * 2 * 60


@given(EDGES, st.integers(1, 40 * 24 * 60))
def test_a_window_is_never_shorter_than_written(edge: int, minutes: int) -> None:
    """Left edges are aligned down: exact up to an hour, by a minute up to 3 days, by an hour beyond."""
    window = timedelta(minutes=minutes)
    excess = edge - left_edge(edge, window) - int(window.total_seconds())
    allowed = 0 if minutes <= 60 else 59 if minutes <= 3 * 24 * 60 else 3599
    assert 0 <= excess <= allowed


NOON = 1_772_366_400
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SLICE = timedelta(seconds=10)


@pytest.mark.parametrize(
    ("window", "grain", "table"),
    [
        (SLICE, 10, "holdfast_slo_10s"),
        (HOUR - SLICE, 10, "holdfast_slo_10s"),
        (HOUR, 10, "holdfast_slo_10s"),
        (HOUR + SLICE, 60, "holdfast_slo_1m"),
        (3 * DAY - SLICE, 60, "holdfast_slo_1m"),
        (3 * DAY, 60, "holdfast_slo_1m"),
        (3 * DAY + SLICE, 3600, "holdfast_slo_1h"),
        (28 * DAY, 3600, "holdfast_slo_1h"),
    ],
)
def test_the_grain_of_a_left_edge_changes_after_an_hour_and_after_three_days(
    window: timedelta, grain: int, table: str
) -> None:
    """A window of exactly 1 h is still exact to 10 s, and one of exactly 3 d to the minute."""
    assert (left_grain(window).value, left_grain(window).table) == (grain, table)


@pytest.mark.parametrize(
    ("edge", "window", "start"),
    [
        (NOON + 50, HOUR, NOON + 50 - 3600),
        (NOON + 50, HOUR + MINUTE, NOON - 3660),
        (NOON + 60, HOUR + MINUTE, NOON + 60 - 3660),
        (NOON + 70, HOUR + MINUTE, NOON + 60 - 3660),
        (NOON + 3590, 3 * DAY, NOON + 3540 - 259_200),
        (NOON + 3590, 4 * DAY, NOON - 345_600),
        (NOON + 3600, 4 * DAY, NOON + 3600 - 345_600),
        (NOON - 10, 4 * DAY, NOON - 3600 - 345_600),
    ],
)
def test_a_left_edge_is_aligned_down(edge: int, window: timedelta, start: int) -> None:
    """To the slice, the minute or the hour that holds it, for any second at which the window ends."""
    assert left_edge(edge, window) == start


@pytest.mark.parametrize(
    ("microseconds", "edge"),
    [
        (-1, NOON - 10),
        (0, NOON),
        (1, NOON),
        (9_999_999, NOON),
        (10_000_000, NOON + 10),
        (13_141_592, NOON + 10),
    ],
)
def test_windows_end_with_the_last_slice_that_is_over(microseconds: int, edge: int) -> None:
    """A slice is over at its end, not a microsecond before."""
    assert edge_before(at(NOON) + timedelta(microseconds=microseconds)) == at(edge)


@pytest.mark.parametrize(
    ("second", "floors", "ceilings"),
    [
        (NOON, (NOON,) * 3, (NOON,) * 3),
        (NOON + 1, (NOON,) * 3, (NOON + 10, NOON + 60, NOON + 3600)),
        (NOON - 1, (NOON - 10, NOON - 60, NOON - 3600), (NOON,) * 3),
    ],
)
def test_slices_begin_at_whole_multiples_of_their_width(
    second: int, floors: tuple[int, ...], ceilings: tuple[int, ...]
) -> None:
    """A start of a slice is its own floor and ceiling; one second beside it is not."""
    assert tuple(grain.floor(second) for grain in Grain) == floors
    assert tuple(grain.ceiling(second) for grain in Grain) == ceilings


def test_a_window_is_read_as_whole_hours_between_minutes_between_slices() -> None:
    """12:00:50 less 4 h and 1 h: the ranges of each grain, to the second."""
    edge, hour = NOON + 50, 3600
    reading = plan(edge, [4 * HOUR, HOUR])
    assert reading.edge == edge
    assert reading.starts == (NOON - 4 * hour, NOON - hour + 50)
    assert dict(reading.ranges) == {
        Grain.HOUR: ((NOON - 4 * hour, NOON - hour),),
        Grain.MINUTE: ((NOON - hour + 60, NOON),),
        Grain.TEN_SECONDS: (
            (NOON - hour, NOON - hour + 50),
            (NOON - hour + 50, NOON - hour + 60),
            (NOON, NOON + 50),
        ),
    }


@pytest.mark.parametrize(
    ("instant", "seconds"),
    [
        (datetime(2026, 3, 1, 12, tzinfo=UTC), NOON),
        (datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC), NOON),
        (datetime(2026, 3, 1, 17, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))), NOON),
        (datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC), -1),
    ],
)
def test_seconds_are_counted_from_1970_in_utc_and_rounded_down(instant: datetime, seconds: int) -> None:
    """Before 1970 too down is earlier; and back again it is an aware instant, to the second."""
    assert epoch(instant) == seconds
    assert at(seconds) == instant.replace(microsecond=0)
    assert at(seconds).utcoffset() == timedelta(0)
