"""Burn rates and the alerts on them: an objective's tiers, and when one will fire. Pure and exact.

Burn rate 1 spends exactly the budget over the objective's window. A tier watches a long window (is it worth
a notification?) and a short one (is it still happening?) against one threshold, after The Site Reliability
Workbook, chapter 5.
"""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from holdfast.catalog.alerts import (
    DEFAULT_ALERTS,
    DefaultAlert,
    LeftOut,
    alert_name,
    left_out,
    threshold_of,
)
from holdfast.catalog.model import AlertTier, Comparison, Objective, Severity
from holdfast.runtime.durations import shorthand
from holdfast.telemetry.counting.model import Counts

SHOWN_WINDOWS = tuple(
    timedelta(minutes=minutes) for minutes in (5, 30, 60, 2 * 60, 6 * 60, 24 * 60, 3 * 24 * 60)
)
"""The windows whose burn rate is shown for every objective."""


@dataclass(frozen=True, slots=True)
class Tier:
    """One alert of one objective, its threshold worked out.

    `key` identifies the tier within its objective and survives a changed target. `left_out` is the reason why
    the tier is inactive, or None. `targets` are whom its AlertPolicy notifies.
    """

    key: str
    name: str
    severity: Severity
    budget_share: Fraction
    long: timedelta
    short: timedelta
    threshold: Fraction
    comparison: Comparison = Comparison.AT_LEAST
    left_out: LeftOut | None = None
    targets: tuple[str, ...] = ()


def burn_rate(counts: Counts, target: Fraction) -> Fraction | None:
    """Return (bad/total)/(1-target), or None without events."""
    if not counts.total:
        return None
    # Written out so that one fraction is reduced instead of three: this runs for every window of every SLI.
    whole = target.denominator
    return Fraction(counts.bad * whole, counts.total * (whole - target.numerator))


def tiers_of(objective: Objective) -> tuple[Tier, ...]:
    """Return the objective's tiers, worst first: pages before tickets, then the higher threshold."""
    if objective.alert_tiers is None:
        tiers = [_default(objective, alert) for alert in DEFAULT_ALERTS]
    else:
        tiers = [_written(objective, tier, n) for n, tier in enumerate(objective.alert_tiers)]
    return tuple(sorted(tiers, key=lambda tier: (tier.severity is not Severity.PAGE, -tier.threshold)))


def is_exceeded(tier: Tier, counts: Counts, target: Fraction) -> bool:
    """Whether the burn over these counts is past the tier's threshold; never without events."""
    rate = burn_rate(counts, target)
    if rate is None:
        return False
    return rate > tier.threshold if tier.comparison is Comparison.ABOVE else rate >= tier.threshold


def seconds_until_firing(tier: Tier, *, long: Counts, short: Counts, target: Fraction) -> Fraction | None:
    """Return the seconds until the tier fires if errors go on at the short window's rate, or None.

    With nothing bad in the long window this is the workbook's detection time,
    (1-target)/error_ratio x long x threshold; what the long window holds already shortens it. Assumed: even
    traffic, and nothing bad leaves the long window meanwhile (the soonest it can fire).
    """
    rate, so_far = burn_rate(short, target), burn_rate(long, target)
    if rate is None or so_far is None or not is_exceeded(tier, short, target):
        return None
    missing = max(Fraction(0), tier.threshold - so_far)
    return missing / rate * Fraction(tier.long // _MICROSECOND, 1_000_000)


_MICROSECOND = timedelta(microseconds=1)


def _default(objective: Objective, alert: DefaultAlert) -> Tier:
    threshold = threshold_of(alert.budget_share, window=objective.window, long=alert.long)
    return Tier(
        key=f"{alert.severity}-{shorthand(alert.long)}-{shorthand(alert.short)}",
        name=alert.name,
        severity=alert.severity,
        budget_share=alert.budget_share,
        long=alert.long,
        short=alert.short,
        threshold=threshold,
        left_out=left_out(threshold, target=objective.target, window=objective.window, long=alert.long),
    )


def _written(objective: Objective, tier: AlertTier, number: int) -> Tier:
    whole = Fraction(tier.long // _MICROSECOND, objective.window // _MICROSECOND)
    share = tier.threshold * whole if tier.budget_share is None else tier.budget_share
    return Tier(
        key=f"{tier.severity}-{shorthand(tier.long)}-{shorthand(tier.short)}-{tier.policy or number}",
        name=alert_name(tier.severity, share, tier.long, tier.short),
        severity=tier.severity,
        budget_share=share,
        long=tier.long,
        short=tier.short,
        threshold=tier.threshold,
        comparison=tier.comparison,
        left_out=left_out(
            tier.threshold,
            target=objective.target,
            window=objective.window,
            long=tier.long,
            comparison=tier.comparison,
        ),
        targets=tier.targets,
    )
