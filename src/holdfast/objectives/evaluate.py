"""The decision about an objective's alerts: what fires, what resolves, what is held - and why. Pure.

    nothing --(long and short burn past the threshold, evidence enough)--> firing
    firing  --(not so any more, for a fifth of the short window)---------> resolved
    resolved early (see below) = spent: rearmed once the tier's own windows are below the threshold again

Of several firing tiers the worst is shown, the others are inhibited. All tiers of one episode reset on the
shortest short window among them: when the 5-minute window that woke somebody is quiet, the burn is over,
although the 30-minute or 6-hour window of a lesser tier remembers it. A tier resolved like that is spent, so
that the memory alone cannot fire it again; new errors at its rate do.

Decisions belong to the edge (the end of the newest slice) they were made at. When the clock steps back,
earlier edges change nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from holdfast.catalog.durations import shorthand
from holdfast.objectives.burn import Tier, burn_rate, is_exceeded
from holdfast.objectives.chance import Evidence, weigh
from holdfast.objectives.model import NOTHING, Counts

QUIET_SHARE = 5
"""A tier resolves after its condition was false for 1/5 of the window it resets on: 5 min -> 1 min."""


class Phase(StrEnum):
    """Where an alert is in its life. `SPENT` and `RESOLVED` both count as over."""

    FIRING = "firing"
    SPENT = "spent"
    RESOLVED = "resolved"


class Change(StrEnum):
    """What happened to an alert, or (`HELD`, `RESUMED`) to all of an objective's alerts."""

    FIRED = "fired"
    INHIBITED = "inhibited"
    RELEASED = "released"
    RESOLVED = "resolved"
    HELD = "held"
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
class Alert:
    """What is remembered of one tier: `id` is 0 until stored; `edge` is where the last decision was made.

    `reset_window` is the window whose quiet ends it, `quiet_since` the edge since which it has been quiet,
    `inhibited_by` the key of the worse tier shown instead.
    """

    tier_key: str
    phase: Phase
    fired_at: datetime
    edge: datetime
    reset_window: timedelta
    quiet_since: datetime | None = None
    inhibited_by: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Transition:
    """One thing that changed, with its named cause, the numbers and a sentence for a person."""

    change: Change
    cause: Cause
    summary: str
    tier: Tier | None = None
    tier_key: str = ""
    long_rate: Fraction | None = None
    short_rate: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a decision depends on: counts per window (gaps filled in), and whether alerts are held."""

    target: Fraction
    tiers: Sequence[Tier]
    counts: Mapping[timedelta, Counts]
    held: bool
    was_held: bool
    edge: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """The alerts after the decision, and what changed, in the order it should be told."""

    alerts: tuple[Alert, ...]
    transitions: tuple[Transition, ...]

    @property
    def firing(self) -> tuple[Alert, ...]:
        """The alerts that fire, shown or inhibited."""
        return tuple(alert for alert in self.alerts if alert.phase is Phase.FIRING)


def judge(case: Case, before: Iterable[Alert]) -> Judgement:
    """Decide about all tiers of one objective at one edge."""
    known = {alert.tier_key: alert for alert in before}
    if case.held:
        return Judgement(tuple(known.values()), _on_hold(case, known))
    kept = {key: after for key, alert in known.items() if (after := _next(case, alert)) is not None}
    for tier in case.tiers:
        if tier.key not in kept and _ignites(case, tier):
            kept[tier.key] = Alert(tier.key, Phase.FIRING, case.now, case.edge, tier.short)
    shown = _inhibit(case, _share_reset_window(kept))
    resumed = _resumed() if case.was_held else ()
    return Judgement(tuple(shown.values()), (*resumed, *_transitions(case, known, shown)))


def removed(alerts: Iterable[Alert], *, now: datetime) -> tuple[Transition, ...]:
    """Return the transitions that end the firing alerts of an objective which is no longer in the catalog."""
    return tuple(
        Transition(
            Change.RESOLVED,
            Cause.OBJECTIVE_REMOVED,
            "Alert ends: its objective was removed",
            tier_key=alert.tier_key,
        )
        for alert in alerts
        if alert.phase is Phase.FIRING
    )


def rates(case: Case, tier: Tier) -> tuple[Fraction | None, Fraction | None]:
    """Return the burn over the tier's long and short window."""
    return _rate(case, tier.long), _rate(case, tier.short)


def _next(case: Case, alert: Alert) -> Alert | None:
    tier = next((one for one in case.tiers if one.key == alert.tier_key and not one.left_out), None)
    if tier is None:
        return replace(alert, phase=Phase.RESOLVED) if alert.phase is Phase.FIRING else None
    if case.edge <= alert.edge:
        return alert
    if alert.phase is Phase.RESOLVED:
        return None if not _ignites(case, tier) else _fire(case, tier)
    past, burning = _is_past(case, tier), is_exceeded(tier, _counts(case, alert.reset_window), case.target)
    if alert.phase is Phase.SPENT:
        if not past:
            return None
        return _fire(case, tier) if burning and _ignites(case, tier) else alert
    if past and burning:
        return replace(alert, quiet_since=None)
    return _quiet(case, alert, past=past)


def _quiet(case: Case, alert: Alert, *, past: bool) -> Alert:
    since = alert.quiet_since or case.edge
    if case.edge - since < alert.reset_window / QUIET_SHARE:
        return replace(alert, quiet_since=since)
    phase = Phase.SPENT if past else Phase.RESOLVED
    return replace(alert, phase=phase, quiet_since=since, inhibited_by=None, edge=case.edge)


def _fire(case: Case, tier: Tier) -> Alert:
    return Alert(tier.key, Phase.FIRING, case.now, case.edge, tier.short)


def _ignites(case: Case, tier: Tier) -> bool:
    if tier.left_out is not None or not _is_past(case, tier):
        return False
    evidence = weigh(_counts(case, tier.long), threshold=tier.threshold, target=case.target)
    return evidence is Evidence.ENOUGH


def _is_past(case: Case, tier: Tier) -> bool:
    both = (_counts(case, tier.long), _counts(case, tier.short))
    return all(is_exceeded(tier, counts, case.target) for counts in both)


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


def _transitions(case: Case, before: Mapping[str, Alert], after: Mapping[str, Alert]) -> list[Transition]:
    """Tell ends first, then what is shown now, then what it inhibits."""
    ends = [
        _resolved(case, old, after.get(key))
        for key, old in before.items()
        if _is_firing(old) and not _continues(old, after.get(key))
    ]
    by_key = {tier.key: tier for tier in case.tiers}
    firing = [(by_key[key], new) for key, new in after.items() if _is_firing(new)]
    firing.sort(key=lambda pair: pair[1].inhibited_by is not None)
    told = (_told(case, tier, before.get(tier.key), new) for tier, new in firing)
    return [*ends, *(transition for transition in told if transition is not None)]


def _continues(old: Alert, new: Alert | None) -> bool:
    return new is not None and new.phase is Phase.FIRING and new.fired_at == old.fired_at


def _told(case: Case, tier: Tier, old: Alert | None, new: Alert) -> Transition | None:
    is_new = old is None or not _is_firing(old)
    if new.inhibited_by is None:
        if is_new:
            return _numbered(case, tier, Change.FIRED, Cause.BURN_PAST_THRESHOLD, "fires")
        if old is not None and old.inhibited_by is not None:
            return _numbered(
                case, tier, Change.RELEASED, Cause.WORSE_TIER_OVER, "fires on, the worse is over"
            )
        return None
    if is_new or (old is not None and old.inhibited_by is None):
        words = "is past its threshold too, inhibited"
        return _numbered(case, tier, Change.INHIBITED, Cause.WORSE_TIER_FIRES, words)
    return None


def _resolved(case: Case, old: Alert, new: Alert | None) -> Transition:
    tier = next((one for one in case.tiers if one.key == old.tier_key), None)
    if tier is None or tier.left_out is not None:
        words = "Alert ends: its tier is no longer part of the objective"
        return Transition(Change.RESOLVED, Cause.TIER_REMOVED, words, tier, old.tier_key)
    spent = new is not None and new.phase is Phase.SPENT
    cause = Cause.EPISODE_QUIET if spent else Cause.BURN_BELOW_THRESHOLD
    return _numbered(case, tier, Change.RESOLVED, cause, "resolves")


def _numbered(case: Case, tier: Tier, change: Change, cause: Cause, words: str) -> Transition:
    long, short = rates(case, tier)
    summary = (
        f"{tier.severity.capitalize()} tier {words}: {shorthand(tier.long)} {times(long)}, "
        f"{shorthand(tier.short)} {times(short)} against {times(tier.threshold)}"
    )
    return Transition(change, cause, summary, tier, tier.key, long, short)


def _on_hold(case: Case, known: Mapping[str, Alert]) -> tuple[Transition, ...]:
    if case.was_held:
        return ()
    firing = sum(1 for alert in known.values() if alert.phase is Phase.FIRING)
    words = "No data: alerts neither fire nor resolve" + (
        f", {firing} firing held as they are" if firing else ""
    )
    return (Transition(Change.HELD, Cause.NO_DATA, words),)


def _resumed() -> tuple[Transition, ...]:
    return (Transition(Change.RESUMED, Cause.DATA_IS_BACK, "Data is back: alerts are judged again"),)


def _counts(case: Case, window: timedelta) -> Counts:
    return case.counts.get(window, NOTHING)


def _rate(case: Case, window: timedelta) -> Fraction | None:
    return burn_rate(_counts(case, window), case.target)


def times(rate: Fraction | None) -> str:
    """Write a burn rate for a person: three figures and a times sign, or a dash without traffic."""
    return "–" if rate is None else f"{float(rate):.3g}×"
