"""Alert tiers: the published thresholds, why a tier is left out, and when one fires."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.objectives.cases import an_objective

from holdfast.catalog.alerts import LeftOut, left_out_sentence
from holdfast.catalog.model import AlertTier, Comparison, Objective, Severity
from holdfast.objectives.alerting.burn import Tier, is_exceeded, seconds_until_firing, tiers_of
from holdfast.telemetry.counting.model import Counts


def _why(tier: Tier, objective: Objective) -> str:
    assert tier.left_out is not None
    bounds = {"target": objective.target, "window": objective.window, "long": tier.long}
    return left_out_sentence(tier.left_out, tier.threshold, **bounds)


@pytest.mark.parametrize(
    ("days", "thresholds"),
    [
        (30, (Fraction(72, 5), Fraction(6), Fraction(3), Fraction(1))),
        (28, (Fraction(336, 25), Fraction(28, 5), Fraction(14, 5), Fraction(14, 15))),
        (7, (Fraction(84, 25), Fraction(7, 5), Fraction(7, 10), Fraction(7, 30))),
    ],
)
def test_thresholds_are_share_times_period_over_long_window(
    days: int, thresholds: tuple[Fraction, ...]
) -> None:
    """30, 28 and 7 days give the workbook's factors, exactly and scaled to the period."""
    tiers = tiers_of(an_objective(window=timedelta(days=days)))
    assert tuple(tier.threshold for tier in tiers) == thresholds
    assert [tier.name for tier in tiers] == [
        "page 2% 1h/5m",
        "page 5% 6h/30m",
        "ticket 10% 1d/2h",
        "ticket 10% 3d/6h",
    ]


def test_the_default_tiers_are_the_workbooks() -> None:
    """Two pages and two tickets, with keys that stored alerts are found by: they never change."""
    found = [
        (tier.key, tier.severity.value, tier.budget_share, tier.long, tier.short, tier.comparison.value)
        for tier in tiers_of(an_objective())
    ]
    assert found == [
        ("page-1h-5m", "page", Fraction(1, 50), timedelta(hours=1), timedelta(minutes=5), "gte"),
        ("page-6h-30m", "page", Fraction(1, 20), timedelta(hours=6), timedelta(minutes=30), "gte"),
        ("ticket-1d-2h", "ticket", Fraction(1, 10), timedelta(days=1), timedelta(hours=2), "gte"),
        ("ticket-3d-6h", "ticket", Fraction(1, 10), timedelta(days=3), timedelta(hours=6), "gte"),
    ]


def test_a_tier_that_can_never_fire_is_left_out_and_says_why() -> None:
    """At a target of 90% burn never passes 10, so a threshold of 13.44 is refused."""
    objective = an_objective(target=Fraction(9, 10))
    tier = tiers_of(objective)[0]
    assert tier.left_out is LeftOut.NEVER_FIRES
    assert "never above 10x" in _why(tier, objective)


def test_tiers_that_would_fire_while_the_objective_is_met_are_left_out() -> None:
    """Over 7 days the two tickets scale to 0.7 and 0.23, burns the objective allows."""
    objective = an_objective(window=timedelta(days=7))
    left_out = [tier.left_out for tier in tiers_of(objective)]
    assert left_out == [None, None, LeftOut.FIRES_WHILE_MET, LeftOut.FIRES_WHILE_MET]
    assert "while it is met" in _why(tiers_of(objective)[3], objective)


def test_a_window_longer_than_the_objectives_is_left_out() -> None:
    """A tier that looks back further than the objective promises is not judged."""
    written = AlertTier(Severity.PAGE, None, timedelta(days=2), timedelta(hours=4), Fraction(2))
    objective = an_objective(window=timedelta(days=1), alert_tiers=(written,))
    assert tiers_of(objective)[0].left_out is LeftOut.LONGER_THAN_WINDOW
    assert "2d is longer than the objective's 1d" in _why(tiers_of(objective)[0], objective)


def test_written_tiers_keep_their_threshold_and_tell_their_budget_share() -> None:
    """A written condition is taken as it is; its share of the budget is worked out for its name."""
    written = AlertTier(
        Severity.TICKET, None, timedelta(hours=28 * 24 // 10), timedelta(hours=6), Fraction(1)
    )
    tier = tiers_of(an_objective(alert_tiers=(written,)))[0]
    assert tier.threshold == 1
    assert tier.name.startswith("ticket 9.97% ")


def test_comparison_decides_at_the_threshold_itself() -> None:
    """`gte` fires at the threshold, `gt` only past it."""
    long, short = timedelta(hours=1), timedelta(minutes=5)
    at_threshold = Counts(98, 100)
    for comparison, fires in ((Comparison.AT_LEAST, True), (Comparison.ABOVE, False)):
        written = AlertTier(Severity.PAGE, None, long, short, Fraction(2), comparison)
        objective = an_objective(target=Fraction(99, 100), alert_tiers=(written,))
        assert is_exceeded(tiers_of(objective)[0], at_threshold, objective.target) is fires


@pytest.mark.parametrize(("tier", "seconds"), [(0, 52), (1, 130), (2, 260), (3, 260)])
def test_a_full_outage_fires_after_the_published_time(tier: int, seconds: int) -> None:
    """With a clean past, a total outage at 99.9% over 30 days fires after 52 s, 2.2 min and 4.3 min."""
    objective = an_objective(target=Fraction(999, 1000), window=timedelta(days=30))
    outage, clean = Counts(0, 100), Counts(100_000, 100_000)
    found = seconds_until_firing(tiers_of(objective)[tier], long=clean, short=outage, target=objective.target)
    assert found is not None
    assert abs(found - seconds) < 1


@given(st.integers(0, 100), st.integers(0, 100))
def test_what_the_long_window_holds_already_brings_firing_nearer(bad: int, worse: int) -> None:
    """More bad events in the long window never make the alert later, and past it the answer is at once."""
    objective = an_objective(target=Fraction(99, 100))
    tier, outage = tiers_of(objective)[0], Counts(0, 100)
    fewer, more = sorted((bad, worse))
    later, sooner = (
        seconds_until_firing(tier, long=Counts(100 - n, 100), short=outage, target=objective.target)
        for n in (fewer, more)
    )
    assert later is not None
    assert sooner is not None
    assert 0 <= sooner <= later
