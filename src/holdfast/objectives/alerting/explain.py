"""Why an alert is as it is: one named reason per tier, with the figures it rests on. Pure.

`decision.judge` decides what fires and resolves; `explain` says why, from the same case and the same
remembered alerts. API, page, command line and journal all show this answer, in the words of `sentences`.

Two statuses of the vocabulary are decided by no package yet and appear here when one does: *inhibited* (by a
burning dependency) and *silenced* (by a person).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from holdfast.objectives.alerting.burn import Tier, seconds_until_firing
from holdfast.objectives.alerting.chance import Significance
from holdfast.objectives.alerting.condition import Alert, Case, Phase, last_over
from holdfast.telemetry.counting.model import Counts


class AlertStatus(StrEnum):
    """What an alert tier is doing, in the words people read."""

    FIRING = "firing"
    COVERED = "covered"
    SUSPENDED = "suspended"
    RESOLVED = "resolved"
    QUIET = "quiet"
    INACTIVE = "inactive"


class Reason(StrEnum):
    """The named reason of a status. `Explanation.window` is the window that a reason speaks about."""

    OVER_THRESHOLD = "over_threshold"
    RECOVERING = "recovering"
    SUSPENDED_WHILE_FIRING = "suspended_while_firing"
    SUSPENDED = "suspended"
    INACTIVE = "inactive"
    FIRES_NEXT = "fires_next"
    NO_EVENTS = "no_events"
    CLEAN = "clean"
    BELOW_THRESHOLD = "below_threshold"
    AT_THRESHOLD = "at_threshold"
    TOO_FEW = "too_few"
    COULD_BE_CHANCE = "could_be_chance"
    REMEMBERS_EPISODE = "remembers_episode"
    DECIDED_BEFORE = "decided_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The status of one tier at one edge, its reason and the figures.

    `window` decides: the one that is past its threshold, or the first that is not. `alert` is what is
    remembered of the tier, if anything; `covered_by` the faster tier shown instead of it. `fires_in_seconds`
    is the soonest it can fire at the present rate, 0 only if the next evaluation fires it;
    `resolves_in` how much longer a firing alert has to stay quiet.
    """

    tier: Tier
    target: Fraction
    objective_window: timedelta
    status: AlertStatus
    reason: Reason
    window: timedelta
    counts: Counts
    rate: Fraction | None
    long_rate: Fraction | None
    short_rate: Fraction | None
    alert: Alert | None = None
    covered_by: Tier | None = None
    fires_in_seconds: int | None = None
    resolves_in: timedelta | None = None

    @property
    def is_firing(self) -> bool:
        """Whether an alert of this tier fires, shown or not."""
        return self.alert is not None and self.alert.phase is Phase.FIRING

    @property
    def since(self) -> datetime | None:
        """When the alert fired or was resolved; None without one."""
        if self.alert is None:
            return None
        if self.is_firing:
            return self.alert.fired_at
        return self.alert.ended_at if self.status is AlertStatus.RESOLVED else None


def explain(case: Case, alerts: Iterable[Alert]) -> tuple[Explanation, ...]:
    """Explain every tier of one objective at one edge; of several alerts of one tier the last counts."""
    known = {alert.tier_key: alert for alert in alerts}
    over = last_over(known.values())
    return tuple(_tier(case, tier, known.get(tier.key), over) for tier in case.tiers)


@dataclass(frozen=True, slots=True)
class _Why:
    status: AlertStatus
    reason: Reason
    window: timedelta


def _tier(case: Case, tier: Tier, alert: Alert | None, over: Alert | None) -> Explanation:
    why = _why(case, tier, alert, over)
    firing = alert is not None and alert.phase is Phase.FIRING
    covering = alert.inhibited_by if alert is not None and firing else None
    return Explanation(
        tier=tier,
        target=case.target,
        objective_window=case.window,
        status=why.status,
        reason=why.reason,
        window=why.window,
        counts=case.count(why.window),
        rate=case.rate(why.window),
        long_rate=case.rate(tier.long),
        short_rate=case.rate(tier.short),
        alert=alert,
        covered_by=next((one for one in case.tiers if one.key == covering), None),
        fires_in_seconds=_fires_in_seconds(case, tier, why),
        resolves_in=_resolves_in(case, alert) if why.reason is Reason.RECOVERING else None,
    )


def _why(case: Case, tier: Tier, alert: Alert | None, over: Alert | None) -> _Why:
    firing = alert is not None and alert.phase is Phase.FIRING
    if case.suspended:
        reason = Reason.SUSPENDED_WHILE_FIRING if firing else Reason.SUSPENDED
        return _Why(AlertStatus.SUSPENDED, reason, tier.long)
    if tier.left_out is not None:
        return _Why(AlertStatus.INACTIVE, Reason.INACTIVE, tier.long)
    if alert is None:
        return _quiet(case, tier, over)
    return _firing(case, tier, alert) if firing else _over(case, tier, alert, over)


def _firing(case: Case, tier: Tier, alert: Alert) -> _Why:
    status = AlertStatus.FIRING if alert.inhibited_by is None else AlertStatus.COVERED
    if case.goes_on(tier, alert):
        return _Why(status, Reason.OVER_THRESHOLD, tier.long)
    windows = (alert.reset_window, tier.short, tier.long)
    quiet = next(window for window in windows if not case.exceeds(tier, window))
    decided = case.edge <= alert.edge
    return _Why(status, Reason.DECIDED_BEFORE if decided else Reason.RECOVERING, quiet)


def _over(case: Case, tier: Tier, alert: Alert, over: Alert | None) -> _Why:
    """Explain a tier whose alert was resolved; it is called so while its long window holds the episode."""
    decided = case.edge <= alert.edge
    why = _quiet(case, tier, over)
    if alert.phase is Phase.SPENT and case.is_past(tier):
        if not case.goes_on(tier, alert):
            return _Why(AlertStatus.RESOLVED, Reason.REMEMBERS_EPISODE, alert.reset_window)
        if decided or why.reason is not Reason.FIRES_NEXT:
            return _Why(AlertStatus.RESOLVED, Reason.REMEMBERS_EPISODE, alert.quiet_for)
        return why
    if decided:
        fires = why.reason in (Reason.FIRES_NEXT, Reason.REMEMBERS_EPISODE)
        return _Why(AlertStatus.RESOLVED, Reason.DECIDED_BEFORE if fires else why.reason, why.window)
    if why.reason is Reason.REMEMBERS_EPISODE:
        return _Why(AlertStatus.RESOLVED, why.reason, why.window)
    return _Why(AlertStatus.RESOLVED, why.reason, why.window) if _is_short_quiet(tier, why) else why


def _is_short_quiet(tier: Tier, why: _Why) -> bool:
    """Whether only the short window keeps the tier from firing: the long one still holds the episode."""
    quiet = (Reason.NO_EVENTS, Reason.CLEAN, Reason.BELOW_THRESHOLD, Reason.AT_THRESHOLD)
    return why.reason in quiet and why.window != tier.long


def _quiet(case: Case, tier: Tier, over: Alert | None) -> _Why:
    for window in (tier.long, tier.short):
        if not case.exceeds(tier, window):
            return _Why(AlertStatus.QUIET, _level(case, tier, window), window)
    weight = case.weigh(tier)
    reasons = {Significance.TOO_FEW: Reason.TOO_FEW, Significance.COULD_BE_CHANCE: Reason.COULD_BE_CHANCE}
    if over is not None and weight is Significance.ENOUGH and not case.is_news(tier, over):
        return _Why(AlertStatus.QUIET, Reason.REMEMBERS_EPISODE, case.news_window(tier, over))
    return _Why(AlertStatus.QUIET, reasons.get(weight, Reason.FIRES_NEXT), tier.long)


def _level(case: Case, tier: Tier, window: timedelta) -> Reason:
    """Name the reason why a window is not past the threshold."""
    rate = case.rate(window)
    if rate is None:
        return Reason.NO_EVENTS
    if not rate:
        return Reason.CLEAN
    return Reason.AT_THRESHOLD if rate >= tier.threshold else Reason.BELOW_THRESHOLD


def _fires_in_seconds(case: Case, tier: Tier, why: _Why) -> int | None:
    if why.reason is Reason.FIRES_NEXT:
        return 0
    waits = why.reason in (Reason.CLEAN, Reason.BELOW_THRESHOLD, Reason.AT_THRESHOLD)
    if not waits or why.window != tier.long:
        return None
    long, short = case.count(tier.long), case.count(tier.short)
    wait = seconds_until_firing(tier, long=long, short=short, target=case.target)
    # Rounded up: 0 would say that it fires now, and at this edge it does not.
    return None if wait is None else max(1, math.ceil(wait))


def _resolves_in(case: Case, alert: Alert | None) -> timedelta | None:
    if alert is None:
        return None
    quiet = case.edge - (alert.quiet_since or case.edge)
    return max(timedelta(0), alert.quiet_for - quiet)
