"""The alert state machine by itself: each step, what the journal says of it, what holds always."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from tests.objectives.alerting.alert_cases import (
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
    firing,
    histories,
    lived,
)

from holdfast.catalog.alerts import LeftOut
from holdfast.objectives.alerting.condition import Alert, Case, Phase
from holdfast.objectives.alerting.decision import (
    AlertTransition,
    Cause,
    Judgement,
    Transition,
    judge,
    removed,
)
from holdfast.objectives.alerting.explain import AlertStatus, Reason, explain
from holdfast.objectives.alerting.sentences import sentence
from holdfast.telemetry.counting.model import Counts

EVERYTHING = burns(m5=40, m30=40, h1=40, h6=40, d3=40)


@pytest.mark.parametrize(
    ("counts", "before", "after", "changes"),
    [
        (burns(), (), {}, ()),
        (burns(h1=10, m5=10), (), {PAGE: Phase.FIRING}, (AlertTransition.FIRED,)),
        (burns(h1=40, m5=9), (), {}, ()),
        (burns(h1=9, m5=40), (), {}, ()),
        (
            EVERYTHING,
            (),
            {PAGE: Phase.FIRING, SLOW_PAGE: Phase.FIRING, TICKET: Phase.FIRING},
            (AlertTransition.FIRED, AlertTransition.INHIBITED, AlertTransition.INHIBITED),
        ),
        (burns(h1=40), (an_alert(),), {PAGE: Phase.FIRING}, ()),
        (burns(h1=40), (an_alert(quiet_since=START - 5 * TICK),), {PAGE: Phase.FIRING}, ()),
        (
            burns(h1=40),
            (an_alert(quiet_since=START - MINUTE),),
            {PAGE: Phase.RESOLVED},
            (AlertTransition.RESOLVED,),
        ),
        (
            burns(m5=0, m30=20, h6=20),
            (an_alert(key=SLOW_PAGE, quiet_since=START - MINUTE),),
            {SLOW_PAGE: Phase.SPENT},
            (AlertTransition.RESOLVED,),
        ),
        (burns(m5=0, m30=20, h6=20), (an_alert(Phase.SPENT, SLOW_PAGE),), {SLOW_PAGE: Phase.SPENT}, ()),
        (
            burns(m5=0, m30=4, h6=20),
            (an_alert(Phase.SPENT, SLOW_PAGE),),
            {SLOW_PAGE: Phase.RESOLVED},
            (),
        ),
        (
            burns(m5=5, m30=20, h6=20),
            (an_alert(Phase.SPENT, SLOW_PAGE),),
            {SLOW_PAGE: Phase.FIRING},
            (AlertTransition.FIRED,),
        ),
        (burns(h1=40, m5=40), (an_alert(Phase.RESOLVED),), {PAGE: Phase.FIRING}, (AlertTransition.FIRED,)),
        (burns(h1=40, m5=40, m1=9), (an_alert(Phase.RESOLVED),), {PAGE: Phase.RESOLVED}, ()),
        (burns(h1=40, m5=40), (an_alert(Phase.RESOLVED, ago=5 * TICK),), {PAGE: Phase.RESOLVED}, ()),
        (
            burns(h1=40, m5=40, m1=9),
            (an_alert(Phase.RESOLVED, ago=5 * MINUTE),),
            {PAGE: Phase.FIRING},
            (AlertTransition.FIRED,),
        ),
        (
            burns(h1=40, m5=40, m1=9),
            (an_alert(Phase.RESOLVED, SLOW_PAGE),),
            {SLOW_PAGE: Phase.RESOLVED},
            (),
        ),
        (
            burns(h1=40, m5=40),
            (an_alert(Phase.RESOLVED, ago=timedelta(0)),),
            {PAGE: Phase.RESOLVED},
            (),
        ),
        (burns(), (an_alert(ago=-MINUTE, quiet_since=START - HOUR),), {PAGE: Phase.FIRING}, ()),
        (
            burns(m30=40, h6=40),
            (an_alert(quiet_since=START - HOUR), an_alert(key=SLOW_PAGE, inhibited_by=PAGE)),
            {PAGE: Phase.RESOLVED, SLOW_PAGE: Phase.FIRING},
            (AlertTransition.RESOLVED, AlertTransition.RELEASED),
        ),
        (burns(), (an_alert(key="gone"),), {"gone": Phase.RESOLVED}, (AlertTransition.RESOLVED,)),
    ],
)
def test_each_step_of_an_alert(
    counts: Mapping[timedelta, Counts],
    before: tuple[Alert, ...],
    after: Mapping[str, Phase],
    changes: tuple[AlertTransition, ...],
) -> None:
    """What is remembered and counted before, and what is remembered and reported after."""
    decided = judge(a_case(counts), before)
    assert {alert.tier_key: alert.phase for alert in decided.alerts} == after
    assert tuple(transition.change for transition in decided.transitions) == changes


def _alerts(decided: Judgement) -> dict[str, Alert]:
    return {alert.tier_key: alert for alert in decided.alerts}


def test_errors_that_return_start_the_quiet_time_again() -> None:
    """Errors after 50 s of quiet: the alert has to be quiet for the whole minute once more."""
    (after,) = judge(a_case(burns(h1=40, m5=40)), [an_alert(quiet_since=START - 5 * TICK)]).alerts
    assert (after.phase, after.quiet_since) == (Phase.FIRING, None)


def test_all_alerts_of_an_episode_reset_on_its_shortest_short_window() -> None:
    """A 30-minute alert joined by a 5-minute one resolves when the last 5 minutes are quiet."""
    slow = an_alert(key=SLOW_PAGE, reset_window=30 * MINUTE)
    after = _alerts(judge(a_case(EVERYTHING), [slow]))
    assert {key: alert.reset_window for key, alert in after.items()} == dict.fromkeys(after, 5 * MINUTE)


def test_an_alert_that_is_over_keeps_the_window_it_reset_on() -> None:
    """What fires beside it changes nothing of it: the window decides whether errors have returned."""
    over = an_alert(Phase.SPENT, SLOW_PAGE, ago=MINUTE, reset_window=30 * MINUTE, ended_at=START)
    after = _alerts(judge(a_case(EVERYTHING), [over]))
    assert (after[SLOW_PAGE], after[PAGE].reset_window) == (over, 5 * MINUTE)


@pytest.mark.parametrize("phase", [Phase.RESOLVED, Phase.SPENT])
def test_an_alert_that_is_over_is_spent_no_more_when_its_tier_is_gone(phase: Phase) -> None:
    """Nothing is left of it to end, and no transition is reported."""
    over = an_alert(phase, "gone", ended_at=START - MINUTE)
    decided = judge(a_case(), [over])
    assert (decided.alerts, decided.transitions) == ((replace(over, phase=Phase.RESOLVED),), ())


def test_what_a_worse_alert_covers_is_reported_once() -> None:
    """An alert that was shown is covered when a worse one fires, and nothing is said of it again."""
    case = a_case(burns(h1=40, m5=40, h6=40, m30=40))
    decided = judge(case, [an_alert(key=SLOW_PAGE)])
    assert [(one.change, one.tier_key) for one in decided.transitions] == [
        (AlertTransition.FIRED, PAGE),
        (AlertTransition.INHIBITED, SLOW_PAGE),
    ]
    assert judge(a_case(case.counts, edge=START + TICK), decided.alerts).transitions == ()


def test_an_alert_that_ends_remembers_where_and_when() -> None:
    """The edge it was decided at, so that this edge cannot fire it again, and the clock's time."""
    case = a_case(burns(h1=40))
    (after,) = judge(case, [an_alert(quiet_since=START - MINUTE)]).alerts
    assert (after.edge, after.ended_at) == (case.edge, case.now)


def test_an_alert_that_fires_remembers_when_and_what_it_resets_on() -> None:
    """The clock's time, the edge it was decided at, and its own short window; it is quiet since never."""
    case = a_case(burns(h6=40, m30=40))
    assert judge(case, ()).alerts == (
        Alert(SLOW_PAGE, Phase.FIRING, fired_at=case.now, edge=case.edge, reset_window=30 * MINUTE),
    )


def test_a_covered_alert_that_ends_is_covered_no_more() -> None:
    """What it was shown under may fire on; a list of what that covers has firing alerts alone."""
    covered = an_alert(key=SLOW_PAGE, inhibited_by=PAGE, quiet_since=START - MINUTE)
    after = _alerts(judge(a_case(burns(h1=40, m5=40, h6=40)), [an_alert(), covered]))
    assert {key: (alert.phase, alert.inhibited_by) for key, alert in after.items()} == {
        PAGE: (Phase.FIRING, None),
        SLOW_PAGE: (Phase.RESOLVED, None),
    }


def test_late_errors_do_not_fire_what_was_ended_at_the_same_edge() -> None:
    """A spent alert stays spent until the next edge, and the explanation does not say otherwise."""
    spent = an_alert(Phase.SPENT, SLOW_PAGE, ago=timedelta(0), ended_at=START)
    case = a_case(burns(m5=40, m30=40, h6=40))
    assert _alerts(judge(case, [spent]))[SLOW_PAGE] == spent
    found = {one.tier.key: one for one in explain(case, [spent])}[SLOW_PAGE]
    assert (found.status, found.reason) == (AlertStatus.RESOLVED, Reason.REMEMBERS_EPISODE)
    assert sentence(found) == (
        "The 6-hour window is still over its threshold, quiet until it falls or errors return"
    )


def test_the_journal_says_what_the_explanation_says() -> None:
    """A resolve line names the window that is clean, and sets no rate against a threshold it is over."""
    alerts = (
        an_alert(quiet_since=START - MINUTE),
        an_alert(key=SLOW_PAGE, inhibited_by=PAGE, quiet_since=START - MINUTE),
    )
    page, slow = judge(a_case(burns(m30=20, h1=40, h6=20)), alerts).transitions
    assert (page.cause, page.reason) == (Cause.BURN_BELOW_THRESHOLD, Reason.CLEAN)
    assert page.summary == (
        "Resolved because the last 5 minutes are clean; the 1-hour window is still over its threshold"
    )
    assert (slow.cause, slow.reason) == (Cause.EPISODE_QUIET, Reason.REMEMBERS_EPISODE)
    assert slow.summary == (
        "Resolved because the last 5 minutes are clean; the 6-hour window is still over its threshold, "
        "quiet until it falls or errors return"
    )


def test_a_tier_that_ends_while_another_fires_is_no_end_of_the_episode() -> None:
    """The line says which tier ended and which one fires on; when none does, the alert is resolved."""
    alerts = an_alert(quiet_since=START - HOUR), an_alert(key=SLOW_PAGE, inhibited_by=PAGE)
    ended, _ = judge(a_case(burns(h6=20, m30=30, m5=5)), alerts).transitions
    assert ended.still_firing is not None
    assert ended.still_firing.key == SLOW_PAGE
    assert ended.summary.startswith("The 1-hour page alert ended, the 6-hour page alert still fires: ")
    (over,) = judge(a_case(burns()), [an_alert(quiet_since=START - HOUR)]).transitions
    assert (over.still_firing, over.summary.startswith("Resolved because ")) == (None, True)


def test_a_transition_has_its_cause_its_figures_and_a_sentence() -> None:
    """What fires is shown and covers the rest; what was covered and is shown now says so first."""
    page, slow, _ = alert_tiers()
    over = Reason.OVER_THRESHOLD
    fired, inhibited = judge(a_case(burns(h1=40, m5=50, h6=20, m30=30)), ()).transitions
    assert fired == Transition(
        AlertTransition.FIRED,
        Cause.BURN_PAST_THRESHOLD,
        "Over the 1-hour page threshold (40× against 10×; 50× over the last 5 minutes)",
        page, PAGE, over, Fraction(40), Fraction(50),
    )  # fmt: skip
    assert inhibited == Transition(
        AlertTransition.INHIBITED,
        Cause.WORSE_TIER_FIRES,
        "Also over the 6-hour page threshold (20× against 5×); covered by the 1-hour page alert",
        slow, SLOW_PAGE, over, Fraction(20), Fraction(30),
    )  # fmt: skip
    alerts = an_alert(quiet_since=START - HOUR), an_alert(key=SLOW_PAGE, inhibited_by=PAGE)
    _, released = judge(a_case(burns(h6=20, m30=30, m5=5)), alerts).transitions
    assert released == Transition(
        AlertTransition.RELEASED,
        Cause.WORSE_TIER_OVER,
        "No longer covered: over the 6-hour page threshold (20× against 5×; 30× over the last 30 minutes)",
        slow, SLOW_PAGE, over, Fraction(20), Fraction(30),
    )  # fmt: skip


def test_an_alert_that_loses_its_tier_or_objective_says_so() -> None:
    """Inactive, no longer written, or without objective: three sentences, one cause each."""
    (inactive,) = judge(a_case(tiers=alert_tiers(out=LeftOut.NEVER_FIRES)), [an_alert()]).transitions
    assert inactive.summary == (
        "Resolved because its tier is inactive now: "
        "burn cannot pass 10x: at this target it is never above 100x"
    )
    (gone,) = judge(a_case(), [an_alert(key="gone")]).transitions
    assert gone == Transition(
        AlertTransition.RESOLVED,
        Cause.TIER_REMOVED,
        "Resolved because its tier is no longer part of the objective",
        tier_key="gone",
    )
    (without,) = removed([an_alert(), an_alert(Phase.SPENT, TICKET)])
    assert (without.change, without.cause) == (AlertTransition.RESOLVED, Cause.OBJECTIVE_REMOVED)
    assert (without.tier_key, without.tier, without.reason) == (PAGE, None, None)
    assert without.summary == "Resolved because the objective was removed from the catalog"


@pytest.mark.parametrize(("number", "words"), [(0, ""), (1, ", 1 stays firing"), (2, ", 2 stay firing")])
def test_suspending_and_resuming_are_reported_once(number: int, words: str) -> None:
    """The first evaluation without data reports it, the first with data too, and none between."""
    alerts = [an_alert(), an_alert(key=TICKET)][:number]
    (suspended,) = judge(a_case(suspended=True), alerts).transitions
    until = " until data is back" if number else ""
    assert (suspended.change, suspended.cause, suspended.summary) == (
        AlertTransition.SUSPENDED,
        Cause.NO_DATA,
        f"No data: alerts are suspended{words}{until}",
    )
    assert judge(a_case(suspended=True, was_suspended=True), alerts).transitions == ()
    resumed = judge(a_case(was_suspended=True), alerts).transitions[0]
    assert (resumed.change, resumed.cause, resumed.summary) == (
        AlertTransition.RESUMED,
        Cause.DATA_IS_BACK,
        "Data is back: alerts are evaluated again",
    )


@given(histories())
def test_what_holds_for_every_decision(cases: list[Case]) -> None:
    """One firing alert is shown and it is the worst; no data changes nothing; nothing fires twice."""
    for case, before, decided in lived(cases):
        worst_first = [tier.key for tier in case.tiers if tier.key in firing(decided.alerts)]
        shown = [alert.tier_key for alert in decided.firing if alert.inhibited_by is None]
        assert case.suspended or shown == worst_first[:1]
        assert all((alert.ended_at is None) == (alert.phase is Phase.FIRING) for alert in decided.alerts)
        if case.suspended:
            assert firing(decided.alerts) == firing(before)
        else:
            again = judge(case, decided.alerts)
            assert firing(again.alerts).items() <= firing(decided.alerts).items()
            assert AlertTransition.FIRED not in {transition.change for transition in again.transitions}
        ends = [one for one in decided.transitions if one.change is AlertTransition.RESOLVED]
        assert len(ends) == len(firing(before).items() - firing(decided.alerts).items())
