"""Burn-rate alerts of a catalog: the default four, thresholds, and why one is inactive. Pure.

A threshold is the burn rate that spends a share of the budget of the objective's window within the alert's
long window. Shares and windows of the default are table 5-8 of The Site Reliability Workbook, chapter 5, and
the example below it. Advice of `catalog lint` and the tiers that are evaluated come from here, so that they
never contradict each other.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from holdfast.catalog.model import Comparison, Severity
from holdfast.runtime.durations import shorthand

LOWEST_THRESHOLD = Fraction(9, 10)
"""Below this a tier fires while the objective is being met. The limit keeps the 3-day ticket of a 28-day
window (14/15), and excludes that of a 7-day window (7/30)."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DefaultAlert:
    """A default alert, of objectives without alerts of their own: `budget_share` gone within `long`."""

    severity: Severity
    budget_share: Fraction
    long: timedelta
    short: timedelta

    @property
    def name(self) -> str:
        """Its name: `page 2% 1h/5m`."""
        return alert_name(self.severity, self.budget_share, self.long, self.short)


DEFAULT_ALERTS = (
    DefaultAlert(Severity.PAGE, Fraction(2, 100), timedelta(hours=1), timedelta(minutes=5)),
    DefaultAlert(Severity.PAGE, Fraction(5, 100), timedelta(hours=6), timedelta(minutes=30)),
    DefaultAlert(Severity.TICKET, Fraction(10, 100), timedelta(days=1), timedelta(hours=2)),
    DefaultAlert(Severity.TICKET, Fraction(10, 100), timedelta(days=3), timedelta(hours=6)),
)


class LeftOut(StrEnum):
    """Why an alert is inactive."""

    NEVER_FIRES = "never_fires"
    FIRES_WHILE_MET = "fires_while_met"
    LONGER_THAN_WINDOW = "longer_than_window"


def alert_name(severity: Severity, budget_share: Fraction, long: timedelta, short: timedelta) -> str:
    """Name an alert after what it watches."""
    return f"{severity} {float(budget_share * 100):.3g}% {shorthand(long)}/{shorthand(short)}"


def threshold_of(budget_share: Fraction, *, window: timedelta, long: timedelta) -> Fraction:
    """Return the burn rate that spends `budget_share` of the budget of `window` within `long`."""
    return budget_share * Fraction(window // _MICROSECOND, long // _MICROSECOND)


def highest_burn(target: Fraction) -> Fraction:
    """Return the burn rate of a total outage, 1/(1 - target): no burn can be higher."""
    return 1 / (1 - target)


def left_out(
    threshold: Fraction,
    *,
    target: Fraction,
    window: timedelta,
    long: timedelta,
    comparison: Comparison = Comparison.AT_LEAST,
) -> LeftOut | None:
    """Return why an alert of an objective of `target` over `window` is inactive, or None if it is not."""
    most = highest_burn(target)
    if threshold > most or (threshold == most and comparison is Comparison.ABOVE):
        return LeftOut.NEVER_FIRES
    if threshold < LOWEST_THRESHOLD:
        return LeftOut.FIRES_WHILE_MET
    if long > window:
        return LeftOut.LONGER_THAN_WINDOW
    return None


def left_out_sentence(
    why: LeftOut, threshold: Fraction, *, target: Fraction, window: timedelta, long: timedelta
) -> str:
    """Say why an alert is inactive, with the numbers."""
    if why is LeftOut.NEVER_FIRES:
        most = float(highest_burn(target))
        return f"burn cannot pass {float(threshold):.4g}x: at this target it is never above {most:.4g}x"
    if why is LeftOut.FIRES_WHILE_MET:
        return f"{float(threshold):.2g}x is a burn the objective allows, so it would fire while it is met"
    return f"{shorthand(long)} is longer than the objective's {shorthand(window)}"
