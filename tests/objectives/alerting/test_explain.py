"""Why an alert is as it is: every status with its reason and sentence, and agreement with the decision."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from tests.objectives.alerting.alert_cases import (
    DAY,
    HOUR,
    MINUTE,
    PAGE,
    SLOW_PAGE,
    START,
    TICK,
    TICKET,
    a_case,
    alert_tiers,
    an_alert,
    burns,
    counted_at,
    firing,
    histories,
    lived,
)
from tests.objectives.cases import an_objective

from holdfast.catalog.model import Comparison
from holdfast.objectives.alerting.burn import tiers_of
from holdfast.objectives.alerting.condition import Alert, Case, Phase
from holdfast.objectives.alerting.decision import AlertTransition, judge
from holdfast.objectives.alerting.explain import AlertStatus, Explanation, Reason, explain
from holdfast.objectives.alerting.sentences import against, sentence
from holdfast.telemetry.counting.model import Counts


def _of(case: Case, alerts: Iterable[Alert] = (), key: str = PAGE) -> Explanation:
    return next(one for one in explain(case, alerts) if one.tier.key == key)


EVERYTHING = burns(m5=40, m30=40, h1=40, h6=40, d3=40)
RECOVERED = burns(m5=0, m30=20, h1=40, h6=20, d3=2)
OVER = {"ended_at": START - MINUTE}


@pytest.mark.parametrize(
    ("counts", "alerts", "status", "reason", "words"),
    [
        (burns(), (), AlertStatus.QUIET, Reason.CLEAN, "The last hour is clean"),
        (
            burns(h1=3, m5=40),
            (),
            AlertStatus.QUIET,
            Reason.BELOW_THRESHOLD,
            "The last hour is below the threshold (3× against 10×)",
        ),
        (burns(h1=None, m5=None), (), AlertStatus.QUIET, Reason.NO_EVENTS, "No events came in the last hour"),
        (
            burns(h1=40, m5=2),
            (),
            AlertStatus.QUIET,
            Reason.BELOW_THRESHOLD,
            "The last 5 minutes are below the threshold (2× against 10×); "
            "the 1-hour window is over its threshold",
        ),
        (
            burns(h1=40, m5=40),
            (),
            AlertStatus.QUIET,
            Reason.FIRES_NEXT,
            "Over the 1-hour page threshold (40× against 10×; 40× over the last 5 minutes); "
            "fires at the next evaluation",
        ),
        (
            {HOUR: Counts(3, 4), 5 * MINUTE: Counts(0, 1)},
            (),
            AlertStatus.QUIET,
            Reason.TOO_FEW,
            "Not enough data yet: 1 bad of 4 events, one alone never fires",
        ),
        (
            {HOUR: Counts(18, 20), 5 * MINUTE: Counts(0, 2)},
            (),
            AlertStatus.QUIET,
            Reason.COULD_BE_CHANCE,
            "Not enough data yet: 2 bad of 20 events could be chance",
        ),
        (
            EVERYTHING,
            (an_alert(),),
            AlertStatus.FIRING,
            Reason.OVER_THRESHOLD,
            "Over the 1-hour page threshold (40× against 10×; 40× over the last 5 minutes)",
        ),
        (
            RECOVERED,
            (an_alert(quiet_since=START - TICK),),
            AlertStatus.FIRING,
            Reason.RECOVERING,
            "The last 5 minutes are clean; resolves in 50 s unless errors return",
        ),
        (
            RECOVERED,
            (an_alert(quiet_since=START - MINUTE),),
            AlertStatus.FIRING,
            Reason.RECOVERING,
            "The last 5 minutes are clean; resolves at the next evaluation",
        ),
        (
            RECOVERED,
            (an_alert(Phase.RESOLVED, **OVER),),
            AlertStatus.RESOLVED,
            Reason.CLEAN,
            "The last 5 minutes are clean; the 1-hour window is still over its threshold",
        ),
        (
            burns(h1=3, m5=0),
            (an_alert(Phase.RESOLVED, **OVER),),
            AlertStatus.QUIET,
            Reason.BELOW_THRESHOLD,
            "The last hour is below the threshold (3× against 10×)",
        ),
        (
            EVERYTHING,
            (an_alert(Phase.RESOLVED, ago=timedelta(0), **OVER),),
            AlertStatus.RESOLVED,
            Reason.DECIDED_BEFORE,
            "Already decided for this moment: evaluated again when time goes on",
        ),
        (
            RECOVERED,
            (an_alert(ago=-MINUTE),),
            AlertStatus.FIRING,
            Reason.DECIDED_BEFORE,
            "Already decided for this moment: evaluated again when time goes on",
        ),
    ],
)
def test_each_status_has_its_reason_and_sentence(
    counts: Mapping[timedelta, Counts],
    alerts: tuple[Alert, ...],
    status: AlertStatus,
    reason: Reason,
    words: str,
) -> None:
    """One tier in every position it can be in: the status, the named reason, the sentence to the letter."""
    found = _of(a_case(counts), alerts)
    assert (found.status, found.reason, sentence(found)) == (status, reason, words)


@pytest.mark.parametrize(
    ("key", "by", "words"),
    [
        (TICKET, PAGE, "Also over the 3-day ticket threshold (58× against 0.93×); covered by the page alert"),
        (
            SLOW_PAGE,
            PAGE,
            "Also over the 6-hour page threshold (58× against 0.93×); covered by the 1-hour page alert",
        ),
        (
            SLOW_PAGE,
            "gone",
            "Also over the 6-hour page threshold (58× against 0.93×); covered by a faster alert",
        ),
    ],
)
def test_a_covered_alert_names_what_covers_it(key: str, by: str, words: str) -> None:
    """The sentence has the tier's own long window and threshold, and the alert that is shown instead."""
    page, slow, ticket = alert_tiers()
    low = Fraction(14, 15)
    tiers = page, replace(slow, threshold=low), replace(ticket, threshold=low)
    rate = Fraction(579, 10)
    counts = {window: counted_at(rate, 100_000) for tier in tiers for window in (tier.long, tier.short)}
    found = _of(a_case(counts, tiers=tiers), [an_alert(key=key, inhibited_by=by)], key)
    assert (found.status, found.reason, sentence(found)) == (
        AlertStatus.COVERED,
        Reason.OVER_THRESHOLD,
        words,
    )


def test_a_covered_alert_that_recovers_is_still_covered() -> None:
    """It says that its windows fall and what covers it, and claims no threshold it is not over."""
    found = _of(a_case(RECOVERED), [an_alert(key=SLOW_PAGE, inhibited_by=PAGE)], SLOW_PAGE)
    assert (found.status, found.reason) == (AlertStatus.COVERED, Reason.RECOVERING)
    assert sentence(found) == (
        "The last 5 minutes are clean; resolves in 60 s unless errors return; "
        "covered by the 1-hour page alert"
    )


def test_what_recovers_first_is_the_window_the_alert_resets_on() -> None:
    """Where that one and others are below, the sentence speaks of the one that will resolve it."""
    case = a_case(burns(m30=2, h6=20))
    found = _of(case, [an_alert(key=SLOW_PAGE, quiet_since=START - TICK)], SLOW_PAGE)
    assert sentence(found) == "The last 5 minutes are clean; resolves in 50 s unless errors return"


def test_an_alert_resolved_with_its_episode_says_what_still_remembers_it() -> None:
    """The 6 h window is still past its threshold: the alert stays quiet until it falls."""
    counts = burns(m5=0, m30=20, h1=40, h6=20)
    found = _of(a_case(counts), [an_alert(Phase.SPENT, SLOW_PAGE, **OVER)], SLOW_PAGE)
    assert (found.status, found.reason) == (AlertStatus.RESOLVED, Reason.REMEMBERS_EPISODE)
    assert sentence(found) == (
        "The last 5 minutes are clean; the 6-hour window is still over its threshold, "
        "quiet until it falls or errors return"
    )
    assert (found.since, found.fires_in_seconds) == (OVER["ended_at"], None)


@pytest.mark.parametrize(
    ("alerts", "reason", "words"),
    [
        ((), Reason.SUSPENDED, "No data: cannot fire until there is data"),
        ((an_alert(),), Reason.SUSPENDED_WHILE_FIRING, "No data: stays firing until data is back"),
    ],
)
def test_without_data_alerts_are_suspended(alerts: tuple[Alert, ...], reason: Reason, words: str) -> None:
    """Neither fires nor resolves, whatever the counts say."""
    case = a_case(RECOVERED, suspended=True)
    found = _of(case, alerts)
    assert (found.status, found.reason, sentence(found)) == (AlertStatus.SUSPENDED, reason, words)
    assert judge(case, alerts).alerts == alerts


def test_an_inactive_tier_says_why() -> None:
    """A tier that takes no part has its reason from the catalog's rule."""
    tiers = tiers_of(an_objective(window=7 * DAY))
    found = explain(a_case(tiers=tiers), ())[3]
    assert (found.status, found.reason) == (AlertStatus.INACTIVE, Reason.INACTIVE)
    assert sentence(found) == ("0.23x is a burn the objective allows, so it would fire while it is met")


def test_at_a_threshold_that_only_more_fires_nothing_is_called_below() -> None:
    """With `gt` a burn of exactly the threshold does not fire, and is not below it either."""
    case = a_case(burns(h1=10, m5=40), tiers=alert_tiers(Comparison.ABOVE))
    found = _of(case)
    assert (found.reason, judge(case, ()).alerts) == (Reason.AT_THRESHOLD, ())
    assert sentence(found) == "The last hour is at the threshold (10×), which only a higher burn fires"
    assert found.fires_in_seconds == 1


@pytest.mark.parametrize(
    ("rate", "threshold", "words"),
    [
        (Fraction(579, 10), Fraction(14, 15), "58× against 0.93×"),
        (Fraction(1345, 100), Fraction(336, 25), "13.45× against 13.44×"),
        (Fraction(1872), Fraction(336, 25), "1,872× against 13×"),
        (Fraction(5), Fraction(5), "5× against 5×"),
        (Fraction(1, 10**5), Fraction(5), "under 0.01× against 5×"),
        (None, Fraction(5), "no events against 5×"),
    ],
)
def test_a_rate_beside_its_threshold_is_with_own_ids_from_it(
    rate: Fraction | None, threshold: Fraction, words: str
) -> None:
    """Two figures, or as many as it takes: two different rates never read alike."""
    assert against(rate, threshold) == words


@given(histories())
def test_the_explanation_agrees_with_the_decision_at_the_same_instant(cases: list[Case]) -> None:
    """Firing or covered exactly where an alert fires, shown or not; resolved exactly where one ended."""
    for case, _, decided in lived(cases):
        after = {alert.tier_key: alert for alert in decided.alerts}
        for one in explain(case, decided.alerts):
            alert = after.get(one.tier.key)
            assert one.is_firing == (alert is not None and alert.phase is Phase.FIRING)
            if case.suspended:
                assert one.status is AlertStatus.SUSPENDED
            elif one.tier.left_out is not None:
                assert one.status is AlertStatus.INACTIVE
            elif one.is_firing and alert is not None:
                covered = alert.inhibited_by is not None
                assert one.status is (AlertStatus.COVERED if covered else AlertStatus.FIRING)
                assert (one.covered_by is not None) == covered
            elif alert is not None and alert.edge == case.edge:
                assert one.status is AlertStatus.RESOLVED
            assert one.reason is not Reason.FIRES_NEXT


@given(histories())
def test_it_says_that_an_alert_fires_exactly_when_the_next_decision_fires_it(cases: list[Case]) -> None:
    """`fires_next`, 0 seconds to go and a fired alert are the same three; no other tier fires now."""
    for case, before, decided in lived(cases):
        fired = firing(decided.alerts).items() - firing(before).items()
        says = {one.tier.key for one in explain(case, before) if one.reason is Reason.FIRES_NEXT}
        at_once = {one.tier.key for one in explain(case, before) if one.fires_in_seconds == 0}
        assert says == at_once == {key for key, _ in fired}


@given(histories())
def test_it_says_that_an_alert_resolves_exactly_when_the_next_decision_resolves_it(cases: list[Case]) -> None:
    """Nothing left to wait for, and a resolved alert, are the same two, except for an inactive tier."""
    for case, before, decided in lived(cases):
        active = {tier.key for tier in case.tiers if tier.left_out is None}
        ended = (firing(before).keys() - firing(decided.alerts).keys()) & active
        says = {one.tier.key for one in explain(case, before) if one.resolves_in == timedelta(0)}
        assert says == ended


@given(histories())
def test_no_window_is_called_below_a_threshold_it_has_reached(cases: list[Case]) -> None:
    """`clean`, `below` and `recovering` are said of a window under its threshold, `over` of two past it."""
    for case, before, decided in lived(cases):
        for one in (*explain(case, before), *explain(case, decided.alerts)):
            is_under = one.rate is not None and one.rate < one.tier.threshold
            says_under = one.reason in (Reason.CLEAN, Reason.BELOW_THRESHOLD) or "below" in sentence(one)
            assert is_under or not says_under
            assert one.reason is not Reason.RECOVERING or not case.exceeds(one.tier, one.window)
            says_over = one.reason in (Reason.OVER_THRESHOLD, Reason.FIRES_NEXT)
            assert case.is_past(one.tier) or not says_over


@given(histories())
def test_every_transition_speaks_with_the_voice_of_the_explanation(cases: list[Case]) -> None:
    """The journal's sentence and reason are the tier's right after; a resolve sets no higher rate against."""
    for case, _, decided in lived(cases):
        why = {one.tier.key: one for one in explain(case, decided.alerts)}
        for transition in (one for one in decided.transitions if one.tier is not None):
            one = why[transition.tier_key]
            assert transition.reason is one.reason
            assert transition.summary.lower().endswith(sentence(one).lower())
            if transition.change is AlertTransition.RESOLVED and "against" in transition.summary:
                assert one.rate is not None
                assert one.rate < one.tier.threshold
