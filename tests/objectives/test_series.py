"""Series agree with reading every moment by itself."""

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.objectives.cases import an_objective

from holdfast.objectives.alerting.burn import burn_rate
from holdfast.objectives.budget import budget_of
from holdfast.objectives.series import grain_for, nullable, onset_of, series_of
from holdfast.telemetry.counting.model import Slices
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.counting.windows import Grain, epoch

EDGE = epoch(datetime(2026, 3, 1, 12, 34, 50, tzinfo=UTC))


def _history() -> MemoryCounts:
    chance, memory = random.Random(11), MemoryCounts()
    for _ in range(3000):
        when = datetime.fromtimestamp(EDGE - int(40 * 86_400 * chance.random() ** 5) - 1, UTC)
        memory.record(1, when, good=chance.randrange(1, 60), bad=chance.randrange(4))
    return memory


@pytest.mark.parametrize(
    "window", [timedelta(hours=12), timedelta(days=3), timedelta(days=7), timedelta(days=28)]
)
@pytest.mark.parametrize(("span", "step"), [(1800, 10), (6 * 3600, 300), (9 * 86_400, 3600)])
def test_each_point_equals_the_budget_and_burn_read_at_that_moment(
    window: timedelta, span: int, step: int
) -> None:
    """Running totals give, at every step's end, what an evaluation at that moment gives."""
    memory, objective = _history(), an_objective(window=window)
    start = EDGE - span
    series = series_of(objective, memory.slices, start=start, end=EDGE, step=step, edge=EDGE)
    budgets, burns = nullable(series.budget_remaining_ratio), [nullable(one) for one in series.burn]
    for n in range(0, len(series.times), max(1, len(series.times) // 25)):
        end = min(int(series.times[n]) + step, EDGE)
        if end % 60 and step >= 60:
            continue  # the last, unfinished step of a coarse series is read to its finest slice only
        sums = memory.sums(end, (window, timedelta(hours=1), timedelta(hours=6)))
        ratio = budget_of(sums.counts(1, window), objective.target).remaining_ratio
        assert budgets[n] == (None if ratio is None else pytest.approx(float(ratio), rel=1e-9, abs=1e-9))
        for line, hours in zip(burns, (1, 6), strict=True):
            rate = burn_rate(sums.counts(1, timedelta(hours=hours)), objective.target)
            assert line[n] == (None if rate is None else pytest.approx(float(rate), rel=1e-9))


def test_events_per_step_are_conserved() -> None:
    """The steps of a range hold exactly the events of the range, in whole numbers."""
    memory = _history()
    start = EDGE - 86_400 - EDGE % 300
    series = series_of(an_objective(), memory.slices, start=start, end=EDGE, step=300, edge=EDGE)
    raw = memory.slices(1, start, EDGE, Grain.TEN_SECONDS)
    assert (series.good.sum(), series.total.sum()) == (raw.good.sum(), raw.total.sum())
    assert (series.good.dtype, series.total.dtype) == (np.int64, np.int64)


@pytest.mark.filterwarnings("error")
def test_without_events_points_are_empty_not_perfect() -> None:
    """A range before any event has zero counts and no ratios, and nothing is logged about it."""
    series = series_of(an_objective(), MemoryCounts().slices, start=EDGE - 600, end=EDGE, step=60, edge=EDGE)
    assert series.total.sum() == 0
    assert set(nullable(series.budget_remaining_ratio)) == {None}
    assert [set(nullable(one)) for one in series.burn] == [{None}, {None}]


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        (0, 60, [0]),
        (59, 60, [0]),
        (59, 61, [0, 60]),
        (0, 61, [0, 60]),
        (60, 60, [60]),
        (119, 119, [60]),
        (119, 0, [60]),
    ],
)
def test_steps_begin_at_multiples_and_cover_the_range(start: int, end: int, times: list[int]) -> None:
    """From the step that holds the start to the one before the end; an empty range has the step it is in."""
    noon = EDGE - EDGE % 86_400
    series = series_of(
        an_objective(), _history().slices, start=noon + start, end=noon + end, step=60, edge=EDGE
    )
    assert (series.times - noon).tolist() == times
    assert series.step_seconds == 60
    assert {len(one) for one in (series.good, series.total, *series.burn)} == {len(times)}


def test_what_is_not_measured_yet_has_no_events() -> None:
    """Steps after the edge are drawn empty, and the one the edge is in holds what is measured of it."""
    memory = MemoryCounts()
    for second in (0, 20, 40, 60):
        memory.record(1, datetime.fromtimestamp(EDGE - EDGE % 60 + second, UTC), good=1)
    begins = EDGE - EDGE % 60
    series = series_of(
        an_objective(), memory.slices, start=begins, end=begins + 180, step=60, edge=begins + 30
    )
    assert series.total.tolist() == [2, 0, 0]
    later = series_of(
        an_objective(), memory.slices, start=begins, end=begins + 180, step=60, edge=begins - 60
    )
    assert later.total.tolist() == [0, 0, 0]


HOUR, DAY = 3_600, 86_400


@pytest.mark.parametrize(
    ("window", "step", "reads"),
    [
        (timedelta(hours=1), 60, [(-7 * HOUR, Grain.MINUTE)]),
        (timedelta(hours=12), 60, [(-13 * HOUR, Grain.MINUTE)]),
        (timedelta(days=3), 60, [(-3 * DAY - HOUR, Grain.MINUTE)]),
        (timedelta(days=28), 60, [(-7 * HOUR, Grain.MINUTE), (-28 * DAY, Grain.HOUR)]),
        (timedelta(days=28), 10, [(-7 * HOUR, Grain.TEN_SECONDS), (-28 * DAY, Grain.HOUR)]),
    ],
)
def test_a_long_window_is_read_in_hours_and_only_the_shown_range_in_fine_slices(
    window: timedelta, step: int, reads: list[tuple[int, Grain]]
) -> None:
    """An hour more than the longest trailing window in fine slices; 28 days in minutes are never read."""
    memory, found, noon = _history(), [], EDGE - EDGE % DAY + 12 * HOUR

    def read(sli: int, start: int, end: int, grain: Grain) -> Slices:
        found.append((sli, start - noon, end - noon, grain))
        return memory.slices(sli, start, end, grain)

    objective = an_objective(window=window)
    series_of(objective, read, start=noon, end=noon + 600, step=step, edge=noon + 590)
    assert found == [(objective.sli.id, start, 590, grain) for start, grain in reads]


def test_the_finest_kept_slices_that_are_needed_are_read() -> None:
    """Fine steps of old ranges fall back to the slices that are still kept."""
    ten_seconds_kept, minutes_kept = 2 * DAY, 45 * DAY
    assert grain_for(10, age=ten_seconds_kept - 1) is Grain.TEN_SECONDS
    assert grain_for(59, age=0) is Grain.TEN_SECONDS
    assert grain_for(10, age=ten_seconds_kept) is Grain.MINUTE
    assert grain_for(60, age=0) is Grain.MINUTE
    assert grain_for(3_599, age=minutes_kept - 1) is Grain.MINUTE
    assert grain_for(60, age=minutes_kept) is Grain.HOUR
    assert grain_for(3_600, age=0) is Grain.HOUR


@pytest.mark.parametrize("began", [0, 1, 30, 59])
def test_onset_is_where_the_errors_began(began: int) -> None:
    """A step from no errors to a third of them is found to the slice, through ordinary noise."""
    bad = np.array([1 if n % 17 == 3 else 0 for n in range(60)], dtype=np.int64)
    bad[began:] = 33
    total = np.full(60, 100, dtype=np.int64)
    slices = Slices(Grain.TEN_SECONDS, np.arange(60, dtype=np.int64) * 10, total - bad, total)
    assert onset_of(slices, allowed_ratio=0.0067) == began * 10


@pytest.mark.parametrize(
    ("bad", "onset"),
    [
        ([1, 0, 0, 0, 10, 20, 20], 40),
        ([1, 0, 1, 0, 10, 20, 20], 40),
        ([2, 0, 0, 0, 10, 20, 20], 0),
        ([1, 10, 20, 20], 0),
        ([1, 0, 1, 0, 1, 0, 2, 1, 20, 20, 20], 0),
        ([0, 0, 1], 20),
    ],
)
def test_a_stray_before_the_rise_is_not_its_beginning(bad: list[int], onset: int) -> None:
    """One bad event and a clean stretch are left out, where the first minute of the run has none such."""
    events = np.full(len(bad), 20, dtype=np.int64)
    starts = np.arange(len(bad), dtype=np.int64) * 10
    slices = Slices(Grain.TEN_SECONDS, starts, events - np.array(bad), events)
    assert onset_of(slices, allowed_ratio=0.0072) == onset


@pytest.mark.parametrize(("clean", "onset"), [(9, 0), (10, 20)])
def test_a_clean_stretch_is_one_that_chance_does_not_explain(clean: int, onset: int) -> None:
    """At a run of half its events bad, nine good ones come once in 512 times, ten once in 1,024."""
    events = np.array([1, clean, 10, 10], dtype=np.int64)
    bad, starts = np.array([1, 0, 5, 5], dtype=np.int64), np.arange(4, dtype=np.int64) * 10
    assert onset_of(Slices(Grain.TEN_SECONDS, starts, events - bad, events), allowed_ratio=0.01) == onset


def test_there_is_no_onset_without_errors() -> None:
    """A healthy series, or none, has no onset."""
    total = np.full(9, 100, dtype=np.int64)
    slices = Slices(Grain.TEN_SECONDS, np.arange(9, dtype=np.int64) * 10, total, total)
    assert onset_of(slices, allowed_ratio=0.01) is None
    nothing = np.zeros(0, dtype=np.int64)
    assert onset_of(Slices(Grain.MINUTE, nothing, nothing, nothing), allowed_ratio=0.01) is None


@pytest.mark.parametrize(("bad", "onset"), [(49, None), (50, None), (51, 10)])
def test_an_onset_needs_more_errors_than_are_allowed(bad: int, onset: int | None) -> None:
    """Exactly what is allowed is none, and one event more is, in the slice in which it came."""
    total = np.array([100, 100], dtype=np.int64)
    good = np.array([100, 100 - bad], dtype=np.int64)
    slices = Slices(Grain.TEN_SECONDS, np.array([0, 10], dtype=np.int64), good, total)
    assert onset_of(slices, allowed_ratio=0.5) == onset
