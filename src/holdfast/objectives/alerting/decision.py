"""The decision about an objective's alerts: what fires, what resolves, what is suspended - and why. Pure.

    nothing --(long and short burn past the threshold, evidence enough)--> firing
    firing  --(not so any more, for a fifth of the short window)---------> resolved
    resolved early (see below) = spent: resolved once the tier's own windows are below the threshold again

Of several firing tiers the worst is shown; it covers the others. All tiers of one episode reset on the
shortest short window among them: when the 5-minute window that woke somebody is quiet, the burn is over,
although the 30-minute or 6-hour window of a lesser tier remembers it. A tier resolved like that is spent, so
that the memory alone cannot fire it again; new errors at its rate do. Nor does falling traffic, which makes
the rate of a window rise that still holds the episode: what fires has to be news (`Case.is_news`).

Decisions belong to the edge (the end of the newest slice) they were made at. When the clock steps back,
earlier edges change nothing. `condition` holds the questions asked here; `explain` answers why, and writes
the sentence of every transition.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from holdfast.objectives.alerting.burn import Tier
from holdfast.objectives.alerting.condition import Alert, Case, Phase, last_over
from holdfast.objectives.alerting.explain import Explanation, Reason, explain
from holdfast.objectives.alerting.sentences import ended, sentence, uncapitalised


class AlertTransition(StrEnum):
    """What happened to an alert, or (`SUSPENDED`, `RESUMED`) to all of an objective's alerts."""

    FIRED = "fired"
    INHIBITED = "inhibited"
    RELEASED = "released"
    RESOLVED = "resolved"
    SUSPENDED = "held"
    RESUMED = "resumed"


class Cause(StrEnum):
    """The named reason of a transition."""

    BURN_PAST_THRESHOLD = "burn_past_threshold"
    BURN_BELOW_THRESHOLD = "burn_below_threshold"
    EPISODE_QUIET = "episode_quiet"
    WORSE_TIER_FIRES = "worse_tier_fires"
    WORSE_TIER_OVER = "worse_tier_over"
    NO_DATA = "no_data"
    DATA_IS_BACK = "data_is_back"
    TIER_REMOVED = "tier_removed"
    OBJECTIVE_REMOVED = "objective_removed"


@dataclass(frozen=True, slots=True)
class Transition:
    """One thing that changed, with its named cause, the numbers and a sentence for a person.

    `reason` is the one `explain` names right after the change; None where it is about no tier in force.
    `still_firing` is the tier that is shown after the end of this one: the episode goes on.
    """

    change: AlertTransition
    cause: Cause
    summary: str
    tier: Tier | None = None
    tier_key: str = ""
    reason: Reason | None = None
    long_rate: Fraction | None = None
    short_rate: Fraction | None = None
    still_firing: Tier | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The alerts after the decision, and what changed, in the order to report it."""

    alerts: tuple[Alert, ...]
    transitions: tuple[Transition, ...]

    @property
    def firing(self) -> tuple[Alert, ...]:
        """The alerts that fire, shown or covered."""
        return tuple(alert for alert in self.alerts if alert.phase is Phase.FIRING)


def judge(case: Case, before: Iterable[Alert]) -> Judgement:
    """Decide about all tiers of one objective at one edge."""
    known = {alert.tier_key: alert for alert in before}
    if case.suspended:
        return Judgement(tuple(known.values()), _suspended(case, known))
    over = last_over(known.values())
    kept = {key: _next(case, alert, over) for key, alert in known.items()}
    for tier in case.tiers:
        if tier.key not in kept and case.ignites(tier, over):
            kept[tier.key] = _fire(case, tier)
    shown = _inhibit(case, _share_reset_window(kept))
    resumed = _resumed() if case.was_suspended else ()
    return Judgement(tuple(shown.values()), (*resumed, *_transitions(case, known, shown)))


def removed(alerts: Iterable[Alert]) -> tuple[Transition, ...]:
    """Return the transitions that end the firing alerts of an objective which is no longer in the catalog."""
    return tuple(
        Transition(
            AlertTransition.RESOLVED,
            Cause.OBJECTIVE_REMOVED,
            "Resolved because the objective was removed from the catalog",
            tier_key=alert.tier_key,
        )
        for alert in alerts
        if alert.phase is Phase.FIRING
    )


def _next(case: Case, alert: Alert, over: Alert | None) -> Alert:
    tier = next((one for one in case.tiers if one.key == alert.tier_key and not one.left_out), None)
    if alert.phase is not Phase.FIRING:
        return _over(case, tier, alert, over)
    if tier is None:
        return _end(case, alert, Phase.RESOLVED)
    if case.edge <= alert.edge:
        return alert
    if case.goes_on(tier, alert):
        return replace(alert, quiet_since=None)
    return _quiet(case, tier, alert)


def _over(case: Case, tier: Tier | None, alert: Alert, over: Alert | None) -> Alert:
    """Return what becomes of an alert that is over: it fires again, is spent no more, or stays."""
    if tier is None:
        return replace(alert, phase=Phase.RESOLVED)
    if case.edge <= alert.edge:
        return alert
    if alert.phase is Phase.RESOLVED or case.goes_on(tier, alert):
        return _fire(case, tier) if case.ignites(tier, over) else alert
    return alert if case.is_past(tier) else replace(alert, phase=Phase.RESOLVED)


def _quiet(case: Case, tier: Tier, alert: Alert) -> Alert:
    since = alert.quiet_since or case.edge
    if case.edge - since < alert.quiet_for:
        return replace(alert, quiet_since=since)
    phase = Phase.SPENT if case.is_past(tier) else Phase.RESOLVED
    return replace(_end(case, alert, phase), edge=case.edge)


def _end(case: Case, alert: Alert, phase: Phase) -> Alert:
    return replace(alert, phase=phase, inhibited_by=None, ended_at=case.now)


def _fire(case: Case, tier: Tier) -> Alert:
    return Alert(tier.key, Phase.FIRING, case.now, case.edge, tier.short)


def _share_reset_window(alerts: Mapping[str, Alert]) -> dict[str, Alert]:
    shortest = min(
        (alert.reset_window for alert in alerts.values() if alert.phase is Phase.FIRING), default=None
    )
    return {
        key: replace(alert, reset_window=min(alert.reset_window, shortest))
        if shortest is not None and alert.phase is Phase.FIRING
        else alert
        for key, alert in alerts.items()
    }


def _inhibit(case: Case, alerts: Mapping[str, Alert]) -> dict[str, Alert]:
    firing = [tier.key for tier in case.tiers if _is_firing(alerts.get(tier.key))]
    worst = firing[0] if firing else None
    return {
        key: replace(alert, inhibited_by=None if key == worst else worst) if _is_firing(alert) else alert
        for key, alert in alerts.items()
    }


def _is_firing(alert: Alert | None) -> bool:
    return alert is not None and alert.phase is Phase.FIRING


@dataclass(frozen=True, slots=True)
class _Step:
    """A transition without its words."""

    change: AlertTransition
    cause: Cause
    tier_key: str


def _transitions(case: Case, before: Mapping[str, Alert], after: Mapping[str, Alert]) -> list[Transition]:
    """Report ends first, then what is shown now, then what it covers."""
    ends = [
        _resolved(case, key, after.get(key))
        for key, old in before.items()
        if _is_firing(old) and not _is_same_firing(old, after.get(key))
    ]
    firing = [alert for alert in after.values() if _is_firing(alert)]
    firing.sort(key=lambda alert: alert.inhibited_by is not None)
    shown = (_shown(before.get(alert.tier_key), alert) for alert in firing)
    steps = [*ends, *(step for step in shown if step is not None)]
    if not steps:
        return []
    why = {one.tier.key: one for one in explain(case, after.values())}
    still = next((why[one.tier_key].tier for one in firing if one.tier_key in why), None)
    return [_worded(step, why.get(step.tier_key), still) for step in steps]


def _is_same_firing(old: Alert, new: Alert | None) -> bool:
    return new is not None and new.phase is Phase.FIRING and new.fired_at == old.fired_at


def _shown(old: Alert | None, new: Alert) -> _Step | None:
    known = old if _is_firing(old) else None
    if new.inhibited_by is None:
        if known is None:
            return _Step(AlertTransition.FIRED, Cause.BURN_PAST_THRESHOLD, new.tier_key)
        if known.inhibited_by is not None:
            return _Step(AlertTransition.RELEASED, Cause.WORSE_TIER_OVER, new.tier_key)
        return None
    if known is None or known.inhibited_by is None:
        return _Step(AlertTransition.INHIBITED, Cause.WORSE_TIER_FIRES, new.tier_key)
    return None


def _resolved(case: Case, key: str, new: Alert | None) -> _Step:
    tier = next((one for one in case.tiers if one.key == key), None)
    if tier is None or tier.left_out is not None:
        return _Step(AlertTransition.RESOLVED, Cause.TIER_REMOVED, key)
    spent = new is not None and new.phase is Phase.SPENT
    return _Step(AlertTransition.RESOLVED, Cause.EPISODE_QUIET if spent else Cause.BURN_BELOW_THRESHOLD, key)


def _worded(step: _Step, why: Explanation | None, still: Tier | None) -> Transition:
    if why is None:
        words = "Resolved because its tier is no longer part of the objective"
        return Transition(step.change, step.cause, words, tier_key=step.tier_key)
    still = still if step.change is AlertTransition.RESOLVED else None
    lead = _lead(step, why.tier, still)
    words = lead + (uncapitalised(sentence(why)) if lead else sentence(why))
    return Transition(
        change=step.change,
        cause=step.cause,
        summary=words,
        tier=why.tier,
        tier_key=step.tier_key,
        reason=why.reason,
        long_rate=why.long_rate,
        short_rate=why.short_rate,
        still_firing=still,
    )


def _lead(step: _Step, tier: Tier, still: Tier | None) -> str:
    if step.cause is Cause.TIER_REMOVED:
        return "Resolved because its tier is inactive now: "
    if still is not None:
        return ended(tier, still)
    return {
        AlertTransition.RESOLVED: "Resolved because ",
        AlertTransition.RELEASED: "No longer covered: ",
    }.get(step.change, "")


def _suspended(case: Case, known: Mapping[str, Alert]) -> tuple[Transition, ...]:
    if case.was_suspended:
        return ()
    firing = sum(1 for alert in known.values() if alert.phase is Phase.FIRING)
    stay = "1 stays" if firing == 1 else f"{firing} stay"
    words = "No data: alerts are suspended" + (f", {stay} firing until data is back" if firing else "")
    return (Transition(AlertTransition.SUSPENDED, Cause.NO_DATA, words),)


def _resumed() -> tuple[Transition, ...]:
    return (
        Transition(AlertTransition.RESUMED, Cause.DATA_IS_BACK, "Data is back: alerts are evaluated again"),
    )
