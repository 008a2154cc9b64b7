"""Budgets and burn rates: the published figures, and agreement with plain sums over random series."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.objectives.alerting.burn import burn_rate
from holdfast.objectives.budget import Pace, budget_of, seconds_to_exhaustion
from holdfast.telemetry.counting.model import Counts

TARGETS = st.fractions(min_value=Fraction(1, 2), max_value=Fraction(99_999, 100_000), max_denominator=100_000)
SERIES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), max_size=20)
DAYS_28 = timedelta(days=28)


@settings(max_examples=30)
@given(SERIES, TARGETS)
def test_budget_equals_counting_events_one_by_one(series: list[tuple[int, int]], target: Fraction) -> None:
    """Summed counts give the same budget as walking through every event and paying for each bad one."""
    remaining, bad = Fraction(0), 0
    for good, failed in series:
        for _ in range(good):
            remaining += 1 - target
        for _ in range(failed):
            remaining += 1 - target - 1
            bad += 1
    total = sum(good + failed for good, failed in series)
    budget = budget_of(Counts(total - bad, total), target)
    assert (budget.remaining, budget.spent) == (remaining, bad)
    assert budget.is_exhausted == (total > 0 and remaining <= 0)


@given(SERIES, TARGETS)
def test_remaining_ratio_is_one_minus_the_burn_over_the_window(
    series: list[tuple[int, int]], target: Fraction
) -> None:
    """Burn over the whole window is exactly the share of its budget that is spent."""
    counts = sum((Counts(good, good + bad) for good, bad in series), Counts(0, 0))
    budget, rate = budget_of(counts, target), burn_rate(counts, target)
    assert budget.remaining_ratio == (None if rate is None else 1 - rate)


def test_without_events_there_is_no_ratio() -> None:
    """No traffic is neither perfect nor broken: there is no ratio, no burn, and nothing is exhausted."""
    budget = budget_of(Counts(0, 0), Fraction(999, 1000))
    assert budget.remaining_ratio is None
    assert not budget.is_exhausted
    assert burn_rate(Counts(0, 0), Fraction(999, 1000)) is None


def test_contradicting_counts_are_refused() -> None:
    """More good events than events is a fault of the counters, not an attainment above one."""
    with pytest.raises(ValueError, match="3 good of 2"):
        Counts(3, 2)


def test_a_full_window_is_exhausted_after_what_is_left_at_the_present_burn() -> None:
    """11% of 28 days left at burn 14.9 and even traffic lasts 0.11 x 28 d / 14.9."""
    target = Fraction(99, 100)
    budget = budget_of(Counts(1_000_000 - 8_900, 1_000_000), target)
    hourly = 1_000_000 / Fraction(28 * 24)
    over = timedelta(hours=672)  # the same pace, written over 28 days so that it is a whole number
    pace = Pace(counts=Counts(1_000_000 - 149_000, 1_000_000), over=over)
    seconds = seconds_to_exhaustion(budget, pace, target=target, window=DAYS_28, measured=DAYS_28)
    assert seconds == Fraction(11, 100) * 28 * 86_400 / Fraction(149, 10)
    assert hourly > 0


def test_a_young_window_earns_budget_while_it_fills() -> None:
    """While the window fills, each event brings budget too: 50% errors against 90% leave 0.4 per event."""
    target, minute = Fraction(9, 10), timedelta(minutes=1)
    budget = budget_of(Counts(600, 600), target)
    pace = Pace(counts=Counts(30, 60), over=minute)
    seconds = seconds_to_exhaustion(
        budget, pace, target=target, window=DAYS_28, measured=timedelta(minutes=10)
    )
    assert seconds == Fraction(60) / (Fraction(1, 2) - Fraction(1, 10))


@settings(max_examples=50)
@given(
    bad=st.integers(0, 2000),
    total=st.integers(1, 2000),
    pace_bad=st.integers(0, 300),
    pace_total=st.integers(0, 300),
    measured_hours=st.integers(0, 700),
    target=TARGETS,
)
def test_exhaustion_agrees_with_walking_second_by_second(
    bad: int, total: int, pace_bad: int, pace_total: int, measured_hours: int, target: Fraction
) -> None:
    """The closed form agrees with stepping hour by hour through the assumptions it states."""
    bad, pace_bad = min(bad, total), min(pace_bad, pace_total)
    measured = timedelta(hours=measured_hours)
    budget = budget_of(Counts(total - bad, total), target)
    pace = Pace(counts=Counts(pace_total - pace_bad, pace_total), over=timedelta(hours=1))
    seconds = seconds_to_exhaustion(budget, pace, target=target, window=DAYS_28, measured=measured)
    walked = _walk(budget.remaining, pace.counts, target, measured_hours)
    if seconds is None:
        assert walked is None
    else:
        assert walked is not None
        assert walked - 1 <= seconds / 3600 <= walked


def _walk(remaining: Fraction, hourly: Counts, target: Fraction, measured_hours: int) -> int | None:
    if remaining <= 0 or hourly.bad <= (1 - target) * hourly.total:
        return None
    for hour in range(28 * 24):
        filling = measured_hours + hour < 28 * 24
        remaining -= hourly.bad - ((1 - target) * hourly.total if filling else 0)
        if remaining <= 0:
            return hour + 1
    return None
