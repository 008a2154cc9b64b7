"""Windows are read from the fewest stored slices, each exactly once."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from holdfast.objectives.burn import SHOWN_WINDOWS
from holdfast.objectives.windows import Grain, left_edge, plan

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
