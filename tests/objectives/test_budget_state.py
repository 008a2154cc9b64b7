"""When a budget is exhausted: counted over a measured window, proved beyond chance over a young one."""

from datetime import timedelta
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.objectives.cases import a_catalog, an_objective
from tests.objectives.conftest import World

from holdfast.catalog.model import NoData
from holdfast.objectives.alerting.chance import CHANCE, FEWEST_BAD
from holdfast.objectives.budget import MEASURED_ENOUGH, BudgetState, budget_of, state_of
from holdfast.objectives.evaluated import ObjectiveEvaluation, reason, status_of
from holdfast.objectives.model import State
from holdfast.objectives.snapshots import SnapshotCache
from holdfast.runtime.clock import ManualClock
from holdfast.telemetry.counting.model import Counts
from holdfast.telemetry.counting.source import MemoryCounts

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TARGETS = st.fractions(Fraction(1, 2), Fraction(9_999, 10_000), max_denominator=10_000)
YOUNG, GROWN = Fraction(1, 2000), MEASURED_ENOUGH
THREE_NINES = Fraction(999, 1000)


def _counts(bad: int, total: int) -> Counts:
    return Counts(total - bad, total)


def _chance_exactly(bad: int, total: int, ratio: Fraction) -> Fraction:
    """Return P(at least `bad` of `total`), term by term in fractions: slow, obvious, the twin of `tail`."""
    return sum(
        (comb(total, k) * ratio**k * (1 - ratio) ** (total - k) for k in range(bad, total + 1)), Fraction(0)
    )


@given(bad=st.integers(0, 50), more=st.integers(0, 50), target=TARGETS)
def test_a_young_budget_is_exhausted_when_exact_chance_says_so(bad: int, more: int, target: Fraction) -> None:
    """Over a young window the state is what overspending and the exact binomial sum make it."""
    total = max(1, bad + more)
    if (1 - target) * total > bad or not bad:
        expected = BudgetState.WITHIN
    elif bad < FEWEST_BAD or _chance_exactly(bad, total, 1 - target) > CHANCE:
        expected = BudgetState.TOO_EARLY
    else:
        expected = BudgetState.EXHAUSTED
    assert state_of(_counts(bad, total), target, measured=YOUNG) is expected


@given(bad=st.integers(0, 10**9), more=st.integers(0, 10**9), target=TARGETS)
def test_a_measured_budget_is_what_was_counted(bad: int, more: int, target: Fraction) -> None:
    """From half of the window on nothing but the counts decides, whatever their number."""
    counts = _counts(bad, bad + more)
    found = state_of(counts, target, measured=GROWN)
    assert (found is BudgetState.EXHAUSTED) == budget_of(counts, target).is_exhausted
    assert found is not BudgetState.TOO_EARLY


@given(bad=st.integers(0, 2000), more=st.integers(1, 10**6), target=TARGETS, measured=st.fractions(0, 1))
def test_more_bad_events_and_more_of_the_window_never_make_it_better(
    bad: int, more: int, target: Fraction, measured: Fraction
) -> None:
    """One more bad event of as many, or the window measured further, never takes `exhausted` back."""
    total = bad + more
    order = list(BudgetState)
    now = state_of(_counts(bad, total), target, measured=measured)
    worse = state_of(_counts(bad + 1, total), target, measured=measured)
    later = state_of(_counts(bad, total), target, measured=Fraction(1))
    assert order.index(worse) >= order.index(now)
    assert order.index(later) >= order.index(now)


@given(total=st.integers(1, 300), target=st.sampled_from([Fraction(9, 10), Fraction(99, 100), THREE_NINES]))
def test_a_service_that_keeps_its_promise_is_hardly_ever_called_exhausted(
    total: int, target: Fraction
) -> None:
    """At the target itself a young budget is exhausted in less than one of a thousand samples."""
    wrong = (n for n in range(total + 1) if _is_exhausted_young(n, total, target))
    first = next(wrong, None)
    assert first is None or _chance_exactly(first, total, 1 - target) <= CHANCE


def _is_exhausted_young(bad: int, total: int, target: Fraction) -> bool:
    return state_of(_counts(bad, total), target, measured=YOUNG) is BudgetState.EXHAUSTED


def test_the_first_bad_event_of_a_shops_day_is_not_the_end_of_its_budget(world: World) -> None:
    """A slow order in the first minutes is shown exactly and called chance; an outage is exhaustion."""
    world.per_tick = 12
    world.past(5 * MINUTE)
    world.bad = 1
    world.run(timedelta(seconds=10))
    evaluation = _evaluation(world)
    assert (status_of(evaluation, ()).state, evaluation.budget_state) == (State.OK, BudgetState.TOO_EARLY)
    assert evaluation.budget.remaining == Fraction(12 * 31, 1000) - 1
    assert reason(evaluation, ()) == "1 bad order of 0.372 allowed could be chance: 5m of 28d measured so far"
    world.bad = 6
    world.run(MINUTE)
    assert _evaluation(world).budget_state is BudgetState.EXHAUSTED
    assert status_of(_evaluation(world), ()).state is State.EXHAUSTED


def _evaluation(world: World) -> ObjectiveEvaluation:
    return _read(world.counts, world.clock)


def _read(counts: MemoryCounts, clock: ManualClock, **given: object) -> ObjectiveEvaluation:
    cache, catalog = SnapshotCache(counts), a_catalog(an_objective(**given))  # type: ignore[arg-type]
    snapshot = cache.refresh(catalog, clock.now())
    return ObjectiveEvaluation(cache.watched(catalog)["orders-succeed"], snapshot)


@pytest.mark.parametrize(
    ("age", "present", "given", "measured"),
    [
        (7 * DAY, 7 * DAY, {}, Fraction(1, 4)),
        (40 * DAY, 28 * DAY, {}, Fraction(1)),
        (40 * DAY, 7 * DAY, {}, Fraction(1, 4)),
        (40 * DAY, 7 * DAY, {"no_data": NoData.IGNORE}, Fraction(1)),
        (40 * DAY, 7 * DAY, {"coverage_floor": Fraction(1, 5)}, Fraction(1)),
        (60 * DAY, 45 * DAY, {"window": 90 * DAY}, Fraction(2, 3)),
    ],
)
def test_how_much_of_a_window_is_measured(
    clock: ManualClock, age: timedelta, present: timedelta, given: dict[str, object], measured: Fraction
) -> None:
    """Age counts, and gaps below the floor where the objective calls a gap unknown; never more than all."""
    counts = MemoryCounts()
    counts.record(1, clock.now() - age, good=1)
    for minute in range(int(present.total_seconds()) // 60):
        counts.see("checkout", clock.now() - (minute + 1) * MINUTE)
    counts.watermark_at = clock.now()
    assert float(_read(counts, clock, **given).measured) == pytest.approx(float(measured), rel=0.01)


def test_nothing_counted_is_nothing_measured(clock: ManualClock) -> None:
    """Before the first event there is no budget to have come to anything."""
    evaluation = _read(MemoryCounts(), clock)
    assert (evaluation.measured, evaluation.budget_state) == (0, BudgetState.WITHIN)
