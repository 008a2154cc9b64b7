"""Burn rates and the alerts on them: thresholds, why a tier is left out, when one will fire. Pure and exact.

Burn rate 1 spends exactly the budget over the objective's window. A tier watches a long window (is it worth
telling somebody?) and a short one (is it still happening?) against one threshold, after The Site Reliability
Workbook, chapter 5; the default shares and windows are its table 5-8 and the example below it.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from holdfast.catalog.durations import shorthand
from holdfast.catalog.model import AlertTier, Comparison, Objective, Severity
from holdfast.objectives.model import Counts

LOWEST_THRESHOLD = Fraction(9, 10)
"""Below this a tier fires while the objective is being met. It leaves the 3-day ticket of a 28-day window
(14/15) in, and takes out what a short window makes of it (7 days: 7/30)."""

SHOWN_WINDOWS = tuple(
    timedelta(minutes=minutes) for minutes in (5, 30, 60, 2 * 60, 6 * 60, 24 * 60, 3 * 24 * 60)
)
"""The windows whose burn rate is shown for every objective."""


class LeftOut(StrEnum):
    """Why a tier takes no part."""

    NEVER_FIRES = "never_fires"
    FIRES_WHILE_MET = "fires_while_met"
    LONGER_THAN_WINDOW = "longer_than_window"


@dataclass(frozen=True, slots=True)
class Tier:
    """One alert of one objective, its threshold worked out.

    `key` tells the tiers of an objective apart and survives a changed target. `left_out` says why it takes
    no part, and is None if it does.
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


@dataclass(frozen=True, slots=True)
class _Share:
    severity: Severity
    budget_share: Fraction
    long: timedelta
    short: timedelta


_DEFAULTS = (
    _Share(Severity.PAGE, Fraction(2, 100), timedelta(hours=1), timedelta(minutes=5)),
    _Share(Severity.PAGE, Fraction(5, 100), timedelta(hours=6), timedelta(minutes=30)),
    _Share(Severity.TICKET, Fraction(10, 100), timedelta(days=1), timedelta(hours=2)),
    _Share(Severity.TICKET, Fraction(10, 100), timedelta(days=3), timedelta(hours=6)),
)


def burn_rate(counts: Counts, target: Fraction) -> Fraction | None:
    """Return (bad/total)/(1-target), or None without events."""
    if not counts.total:
        return None
    # Written out so that one fraction is reduced instead of three: this runs for every window of every SLI.
    whole = target.denominator
    return Fraction(counts.bad * whole, counts.total * (whole - target.numerator))


def threshold_of(budget_share: Fraction, *, window: timedelta, long: timedelta) -> Fraction:
    """Return the burn rate that spends `budget_share` of the budget of `window` within `long`."""
    return budget_share * Fraction(window // _MICROSECOND, long // _MICROSECOND)


def tiers_of(objective: Objective) -> tuple[Tier, ...]:
    """Return the objective's tiers, worst first: pages before tickets, then the higher threshold."""
    if objective.alert_tiers is None:
        tiers = [_default(objective, share) for share in _DEFAULTS]
    else:
        tiers = [_written(objective, tier, n) for n, tier in enumerate(objective.alert_tiers)]
    return tuple(sorted(tiers, key=lambda tier: (tier.severity is not Severity.PAGE, -tier.threshold)))


def is_exceeded(tier: Tier, counts: Counts, target: Fraction) -> bool:
    """Whether the burn over these counts is past the tier's threshold; never without events."""
    rate = burn_rate(counts, target)
    if rate is None:
        return False
    return rate > tier.threshold if tier.comparison is Comparison.ABOVE else rate >= tier.threshold


def left_out_sentence(tier: Tier, objective: Objective) -> str:
    """Say why a tier takes no part, with the numbers."""
    threshold, most = float(tier.threshold), float(1 / (1 - objective.target))
    if tier.left_out is LeftOut.NEVER_FIRES:
        return (
            f"left out: burn cannot pass {threshold:.4g}x, for at this target it is never above {most:.4g}x"
        )
    if tier.left_out is LeftOut.FIRES_WHILE_MET:
        return f"left out: {threshold:.2g}x is a burn the objective allows, so it would fire while it is met"
    return f"left out: {shorthand(tier.long)} is longer than the objective's {shorthand(objective.window)}"


def seconds_until_firing(tier: Tier, *, long: Counts, short: Counts, target: Fraction) -> Fraction | None:
    """Return in how many seconds the tier fires if errors go on at the short window's rate, or None.

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


def _default(objective: Objective, share: _Share) -> Tier:
    threshold = threshold_of(share.budget_share, window=objective.window, long=share.long)
    name = f"{share.severity} {_percent(share.budget_share)} {shorthand(share.long)}/{shorthand(share.short)}"
    return Tier(
        key=f"{share.severity}-{shorthand(share.long)}-{shorthand(share.short)}",
        name=name,
        severity=share.severity,
        budget_share=share.budget_share,
        long=share.long,
        short=share.short,
        threshold=threshold,
        left_out=_left_out(objective, threshold, share.long, Comparison.AT_LEAST),
    )


def _written(objective: Objective, tier: AlertTier, number: int) -> Tier:
    whole = Fraction(tier.long // _MICROSECOND, objective.window // _MICROSECOND)
    share = tier.threshold * whole if tier.budget_share is None else tier.budget_share
    long, short = shorthand(tier.long), shorthand(tier.short)
    return Tier(
        key=f"{tier.severity}-{long}-{short}-{tier.policy or number}",
        name=f"{tier.severity} {_percent(share)} {long}/{short}",
        severity=tier.severity,
        budget_share=share,
        long=tier.long,
        short=tier.short,
        threshold=tier.threshold,
        comparison=tier.comparison,
        left_out=_left_out(objective, tier.threshold, tier.long, tier.comparison),
    )


def _left_out(
    objective: Objective, threshold: Fraction, long: timedelta, comparison: Comparison
) -> LeftOut | None:
    most = 1 / (1 - objective.target)
    if threshold > most or (threshold == most and comparison is Comparison.ABOVE):
        return LeftOut.NEVER_FIRES
    if threshold < LOWEST_THRESHOLD:
        return LeftOut.FIRES_WHILE_MET
    if long > objective.window:
        return LeftOut.LONGER_THAN_WINDOW
    return None


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.3g}%"
