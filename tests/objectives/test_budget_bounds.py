"""Where a budget changes its state and its forecast: each bound on both of its sides."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from tests.objectives.cases import a_catalog, an_objective

from holdfast.objectives.budget import Budget, Pace, budget_of, seconds_to_exhaustion, state_of
from holdfast.objectives.evaluated import ObjectiveEvaluation, status_of
from holdfast.objectives.snapshots import SnapshotCache
from holdfast.telemetry.counting.model import Counts
from holdfast.telemetry.counting.source import MemoryCounts

NOW = datetime(2026, 3, 1, 12, 0, 47, 141_592, tzinfo=UTC)
"""7.141592 s into a slice, and 47 s into a minute."""

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HALF = Fraction(1, 2)
LEAST = Fraction(1, 10**12)
ONE_BAD = Counts(99, 100), Fraction(999, 1000)
"""One bad order of 100 where 0.1 are allowed: overspent, and nothing that chance does not explain."""


@pytest.mark.parametrize(
    ("measured", "state"),
    [
        (Fraction(0), "too_early"),
        (HALF - LEAST, "too_early"),
        (HALF, "exhausted"),
        (Fraction(1), "exhausted"),
    ],
)
def test_counts_decide_alone_from_half_of_the_window_on(measured: Fraction, state: str) -> None:
    """At exactly half of the window an overspent budget is exhausted, and a moment before it is not."""
    counts, target = ONE_BAD
    assert state_of(counts, target, measured=measured) == state


@pytest.mark.parametrize(
    ("bad", "state"), [(9, "within"), (10, "too_early"), (21, "too_early"), (22, "exhausted")]
)
def test_before_half_of_the_window_a_budget_is_exhausted_by_what_chance_does_not_explain(
    bad: int, state: str
) -> None:
    """At 99% ten of 1,000 are allowed: 21 come by chance once in 670 times, 22 in 1,500."""
    assert state_of(Counts(1000 - bad, 1000), Fraction(99, 100), measured=Fraction(0)) == state


@pytest.mark.parametrize(
    ("age", "state"),
    [(14 * DAY - MINUTE, "too_early"), (14 * DAY, "exhausted"), (14 * DAY + MINUTE, "exhausted")],
)
def test_half_of_a_window_is_counted_from_the_first_minute_to_the_last_slice(
    age: timedelta, state: str
) -> None:
    """14 of 28 days lie between the minute of the first slice and the end of the newest one."""
    edge = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
    counts = MemoryCounts()
    counts.record(1, edge - age, good=99, bad=1)
    for minute in range(age // MINUTE):
        counts.see("checkout", edge - (minute + 1) * MINUTE)
    counts.watermark_at = edge
    cache, catalog = SnapshotCache(counts), a_catalog(an_objective())
    snapshot = cache.refresh(catalog, edge + timedelta(seconds=7, microseconds=141_592))
    assert ObjectiveEvaluation(cache.watched(catalog)["orders-succeed"], snapshot).budget_state == state


@pytest.mark.parametrize(("bad", "is_exhausted"), [(0, False), (9, False), (10, True), (11, True)])
def test_a_budget_is_exhausted_when_nothing_is_left(bad: int, *, is_exhausted: bool) -> None:
    """With exactly as many bad events as are allowed nothing is left; with one fewer something is."""
    budget = budget_of(Counts(1000 - bad, 1000), Fraction(99, 100))
    assert (budget.remaining, budget.is_exhausted) == (10 - bad, is_exhausted)


SECONDS_100 = timedelta(seconds=100)
OVER = timedelta(seconds=10)


def _in_seconds(
    remaining: Fraction | int, bad: int, total: int = 10, *, measured: int = 100
) -> Fraction | None:
    """Forecast for a window of 100 s at a target of 50%, with so many bad events in the last 10 s."""
    return seconds_to_exhaustion(
        Budget(Fraction(remaining), 0),
        Pace(counts=Counts(total - bad, total), over=OVER),
        target=HALF,
        window=SECONDS_100,
        measured=timedelta(seconds=measured),
    )


@pytest.mark.parametrize(
    ("remaining", "seconds"),
    [(Fraction(799, 10), Fraction(799, 8)), (80, 100), (80 + LEAST, None), (81, None)],
)
def test_what_takes_longer_than_the_window_is_no_forecast(
    remaining: Fraction | int, seconds: Fraction | int | None
) -> None:
    """At 0.8 bad events a second 80 last exactly the 100 s of the window; more are forgotten before."""
    assert _in_seconds(remaining, 8) == seconds


@pytest.mark.parametrize(
    ("remaining", "seconds"), [(12, 40), (12 + Fraction(8, 10), 41), (20, 50), (60, 100), (61, None)]
)
def test_a_window_that_fills_up_meanwhile_earns_until_it_is_full(
    remaining: Fraction | int, seconds: Fraction | int | None
) -> None:
    """For the 40 s until it is full a budget falls by 0.3 a second, and then by 0.8."""
    assert _in_seconds(remaining, 8, measured=60) == seconds


@pytest.mark.parametrize(
    ("remaining", "bad", "total", "seconds"),
    [
        (1, 5, 10, None),
        (1, 6, 10, Fraction(10, 6)),
        (0, 6, 10, None),
        (-1, 6, 10, None),
        (LEAST, 6, 10, LEAST * 10 / 6),
        (1, 1, 1, 10),
        (1, 0, 0, None),
    ],
)
def test_a_forecast_needs_a_burn_above_one_and_something_left(
    remaining: Fraction | int, bad: int, total: int, seconds: Fraction | int | None
) -> None:
    """Exactly the allowed pace goes on for ever, nothing left is gone already, one event is traffic."""
    assert _in_seconds(remaining, bad, total) == seconds


@pytest.mark.parametrize(("missing", "is_suspended"), [(0, False), (1, False), (2, True), (10, True)])
def test_alerts_are_suspended_below_the_floor_and_not_at_it(missing: int, *, is_suspended: bool) -> None:
    """Nine of the last ten minutes are exactly the floor of 90%; eight are below it."""
    counts = MemoryCounts()
    counts.record(1, NOW - DAY, good=1)
    for minute in range(missing + 1, 1442):
        counts.see("checkout", NOW - minute * MINUTE)
    counts.watermark_at = NOW
    cache, catalog = SnapshotCache(counts), a_catalog(an_objective())
    evaluation = ObjectiveEvaluation(cache.watched(catalog)["orders-succeed"], cache.refresh(catalog, NOW))
    assert (evaluation.recent_coverage.missing, evaluation.is_suspended) == (missing, is_suspended)
    assert status_of(evaluation, ()).suspended is is_suspended
