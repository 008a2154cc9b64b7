"""Where alerts change: evidence at half of a slow tier's threshold, and the slice in which one resolves."""

from datetime import timedelta
from fractions import Fraction

import pytest
from tests.objectives.alerting.alert_cases import (
    MINUTE,
    PAGE,
    SLOW_PAGE,
    START,
    TICK,
    a_case,
    an_alert,
    burns,
)
from tests.objectives.cases import an_objective

from holdfast.catalog.alerts import left_out
from holdfast.catalog.model import AlertTier, Comparison, Severity
from holdfast.objectives.alerting import chance
from holdfast.objectives.alerting.burn import is_exceeded, seconds_until_firing, tiers_of
from holdfast.objectives.alerting.chance import evidence_against, tail, weigh
from holdfast.objectives.alerting.condition import Phase
from holdfast.objectives.alerting.decision import judge
from holdfast.objectives.bad_events.evidence import BadEvents
from holdfast.telemetry.counting.model import Counts
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.traces.by_sli import MemorySpans

TWO_NINES = Fraction(99, 100)
ODD = START + timedelta(seconds=20)
"""An edge that is no whole minute."""


@pytest.mark.parametrize(
    ("threshold", "bad", "evidence"),
    [
        # Fine is what burns at 7/15 (half of 14/15): 14 of 1,000 come about once in 2,900 times, 13 in 1,000.
        (Fraction(14, 15), 13, "could_be_chance"),
        (Fraction(14, 15), 14, "enough"),
        # From a threshold of 2 on fine is what burns at 1: 22 of 1,000 are enough, whatever the threshold.
        (Fraction(2), 21, "could_be_chance"),
        (Fraction(2), 22, "enough"),
        (Fraction(336, 25), 21, "could_be_chance"),
        (Fraction(336, 25), 22, "enough"),
    ],
)
def test_a_slow_tier_weighs_its_evidence_at_half_of_its_threshold(
    threshold: Fraction, bad: int, evidence: str
) -> None:
    """Below a threshold of 2 the service counts as fine at half of it, above at what the objective allows."""
    assert weigh(Counts(1000 - bad, 1000), threshold=threshold, target=TWO_NINES) == evidence


def test_chance_of_exactly_one_in_a_thousand_is_enough() -> None:
    """Two of two at a ratio whose square is 1/1000 is no more probable than what counts as a fault."""
    root = 0.001**0.5
    below, above = Fraction(root) - Fraction(1, 10**9), Fraction(root) + Fraction(1, 10**9)
    assert evidence_against(Counts(0, 2), fine=below) == "enough"
    assert evidence_against(Counts(0, 2), fine=above) == "could_be_chance"


def test_at_most_the_limit_includes_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """No target gives 1/1000 to the last bit on every machine, so the limit is set to what a case gives."""
    monkeypatch.setattr(chance, "CHANCE", tail(2, 5, 0.0625))
    assert evidence_against(Counts(3, 5), fine=Fraction(1, 16)) == "enough"


@pytest.mark.parametrize(
    ("bad", "total", "probability"),
    [
        (0, 9, 1.0), (-1, 9, 1.0), (9, 9, 2.0**-9), (10, 9, 0.0), (1, 1, 0.5),
        (1, 2, 3 / 4), (1, 4, 15 / 16), (2, 4, 11 / 16), (3, 4, 5 / 16), (3, 5, 1 / 2),
    ],
)  # fmt: skip
def test_the_tail_of_a_fair_coin(bad: int, total: int, probability: float) -> None:
    """None or more is certain, more than all is impossible; between them, above the mean and below it."""
    assert tail(bad, total, 0.5) == pytest.approx(probability, rel=1e-12)


@pytest.mark.parametrize(("bad", "is_past"), [(139, False), (140, True), (141, True)])
def test_a_tier_is_past_its_threshold_from_the_event_on_that_reaches_it(bad: int, *, is_past: bool) -> None:
    """14/15 of a budget of 150 is 140 bad events: exact in fractions, and 139 are below."""
    ticket = tiers_of(an_objective(target=TWO_NINES))[3]
    assert is_exceeded(ticket, Counts(15_000 - bad, 15_000), TWO_NINES) is is_past


@pytest.mark.parametrize(("bad", "seconds"), [(5, 5 * 360), (9, 360), (10, 0), (11, 0)])
def test_the_time_until_firing_ends_where_the_threshold_is_reached(bad: int, seconds: int) -> None:
    """With 10 to reach, each burn of 1 that is missing takes a tenth of the hour at a burn of 10."""
    page = a_case().tiers[0]
    found = seconds_until_firing(page, long=Counts(100 - bad, 100), short=Counts(90, 100), target=TWO_NINES)
    assert found == seconds


def test_nothing_is_forecast_while_the_short_window_is_below() -> None:
    """At the short window's present rate the tier would never fire."""
    page, nothing = a_case().tiers[0], Counts(0, 0)
    clean, burning = Counts(91, 100), Counts(0, 100)
    assert seconds_until_firing(page, long=burning, short=clean, target=TWO_NINES) is None
    assert seconds_until_firing(page, long=nothing, short=burning, target=TWO_NINES) is None
    assert seconds_until_firing(page, long=burning, short=nothing, target=TWO_NINES) is None


@pytest.mark.parametrize(
    ("threshold", "comparison", "why"),
    [
        (Fraction(100), Comparison.AT_LEAST, None),
        (Fraction(100), Comparison.ABOVE, "never_fires"),
        (Fraction(10_001, 100), Comparison.AT_LEAST, "never_fires"),
        (Fraction(9_999, 100), Comparison.ABOVE, None),
        (Fraction(9, 10), Comparison.AT_LEAST, None),
        (Fraction(899, 1000), Comparison.AT_LEAST, "fires_while_met"),
    ],
)
def test_a_tier_takes_part_up_to_a_total_outage_and_down_to_nine_tenths(
    threshold: Fraction, comparison: Comparison, why: str | None
) -> None:
    """At 99% a total outage burns at 100: a threshold of 100 can be reached and not be passed."""
    hour, month = timedelta(hours=1), timedelta(days=28)
    found = left_out(threshold, target=TWO_NINES, window=month, long=hour, comparison=comparison)
    assert found == why


@pytest.mark.parametrize(
    ("long", "why"),
    [(timedelta(days=1), None), (timedelta(days=1, microseconds=1), "longer_than_window")],
)
def test_a_tier_may_look_back_as_far_as_its_objective(long: timedelta, why: str | None) -> None:
    """A long window as long as the objective's own is judged."""
    assert left_out(Fraction(2), target=TWO_NINES, window=timedelta(days=1), long=long) == why


@pytest.mark.parametrize(
    ("reset_window", "slices"), [(5 * MINUTE, 6), (30 * MINUTE, 36), (timedelta(hours=6), 432)]
)
def test_an_alert_resolves_in_the_slice_that_completes_its_quiet_time(
    reset_window: timedelta, slices: int
) -> None:
    """A fifth of its window after the first quiet slice: not one slice before, and not one late."""
    alert = an_alert(ago=timedelta(0), reset_window=reset_window)
    phases = []
    for number in range(slices + 1):
        (alert,) = judge(a_case(burns(h1=40), edge=ODD + number * TICK), [alert]).alerts
        phases.append(alert.phase)
    assert phases == [Phase.FIRING] * slices + [Phase.RESOLVED]
    assert (alert.quiet_since, alert.edge) == (ODD, ODD + slices * TICK)


@pytest.mark.parametrize(
    ("ago", "phase"),
    [
        (-TICK, Phase.RESOLVED),
        (timedelta(0), Phase.RESOLVED),
        (5 * TICK, Phase.RESOLVED),
        (6 * TICK, Phase.FIRING),
    ],
)
def test_what_ended_fires_again_once_a_whole_minute_is_news(ago: timedelta, phase: Phase) -> None:
    """Not at the edge it ended at, and not while the last minute reaches back past its end."""
    ended = an_alert(Phase.RESOLVED, ago=ago, ended_at=START)
    (alert,) = judge(a_case(burns(h1=40, m5=40)), [ended]).alerts
    assert alert.phase is phase


def test_the_shortest_window_of_several_that_fire_is_shared_and_no_longer_one() -> None:
    """A page that joins brings its 5 minutes; an alert with a shorter window keeps its own."""
    shorter = an_alert(key=SLOW_PAGE, reset_window=2 * MINUTE)
    alerts = judge(a_case(burns(m5=40, m30=40, h1=40, h6=40)), [shorter]).alerts
    assert {alert.tier_key: alert.reset_window for alert in alerts} == {
        PAGE: 2 * MINUTE,
        SLOW_PAGE: 2 * MINUTE,
    }


def _onset(bad_before: int) -> timedelta | None:
    counts, fired = MemoryCounts(), ODD + timedelta(seconds=3, microseconds=141_592)
    for number in range(360):
        is_outage = number < 6
        counts.record(1, ODD - (number + 1) * TICK, good=1000, bad=500 if is_outage else bad_before)
    objective = an_objective(target=TWO_NINES)
    found = BadEvents(counts, MemorySpans()).onset(objective, tiers_of(objective)[0], fired)
    return None if found is None else ODD - found


@pytest.mark.parametrize(("bad_before", "began"), [(0, MINUTE), (72, MINUTE), (73, timedelta(hours=1))])
def test_errors_began_where_they_passed_half_of_the_threshold(bad_before: int, began: timedelta) -> None:
    """Half of 13.44 at 99% is 6.72%: 72 bad beside 1,000 good ones are below, 73 are part of the trouble."""
    assert _onset(bad_before) == began


def test_an_alert_is_quiet_for_a_fifth_of_its_window() -> None:
    """5 minutes give one, 30 give six, 6 hours give 72 minutes."""
    windows = (5 * MINUTE, 30 * MINUTE, timedelta(hours=6))
    assert [an_alert(reset_window=one).quiet_for for one in windows] == [MINUTE, 6 * MINUTE, 72 * MINUTE]


def test_a_written_tier_is_taken_as_it_is_written() -> None:
    """Severity, share, both windows, threshold and comparison, and a key that tells it from the others."""
    hour, share = timedelta(hours=1), Fraction(1, 50)
    one = AlertTier(Severity.TICKET, share, 2 * hour, 5 * MINUTE, Fraction(100), Comparison.ABOVE)
    (tier,) = tiers_of(an_objective(target=TWO_NINES, alert_tiers=(one,)))
    assert (tier.key, tier.severity, tier.budget_share) == ("ticket-2h-5m-0", "ticket", share)
    assert (tier.long, tier.short, tier.threshold) == (2 * hour, 5 * MINUTE, 100)
    assert (tier.comparison, tier.left_out) == ("gt", "never_fires")
