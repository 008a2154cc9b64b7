"""Advice on good practice: nothing here keeps a document out of force."""

from datetime import timedelta
from fractions import Fraction

from holdfast.catalog.durations import shorthand
from holdfast.catalog.model import AlertTier
from holdfast.catalog.problems import Rule

TARGET_VERY_HIGH = Fraction(99_999, 100_000)
WINDOW_SHORT = timedelta(days=7)
DEFAULT_TIERS = (
    ("page 2% 1h/5m", Fraction(2, 100), timedelta(hours=1)),
    ("page 5% 6h/30m", Fraction(5, 100), timedelta(hours=6)),
    ("ticket 10% 1d/2h", Fraction(10, 100), timedelta(days=1)),
    ("ticket 10% 3d/6h", Fraction(10, 100), timedelta(days=3)),
)
"""The default alerts: their budget share and long window. Source: SRE workbook, chapter 5."""

Advice = tuple[tuple[Rule, str], ...]


def highest_burn(target: Fraction) -> Fraction:
    """Return the burn rate of a total outage, 1/(1 - target): no burn can be higher."""
    return 1 / (1 - target)


def target_advice(target: Fraction, window: timedelta) -> Advice:
    """Return advice on a target: above 99.999% the budget is gone before an alert can reach anybody."""
    if target < TARGET_VERY_HIGH:
        return ()
    seconds = (1 - target) * int(window.total_seconds())
    message = (
        f"at this target a full outage of {decimal(seconds)} seconds empties the budget of "
        f"{shorthand(window)}; no alert helps in time"
    )
    return ((Rule.TARGET_VERY_HIGH, message),)


def window_advice(window: timedelta) -> Advice:
    """Return advice on a window: under a week, one bad evening is the whole budget."""
    if window >= WINDOW_SHORT:
        return ()
    message = f"{shorthand(window)} is shorter than 7d: weekdays and weekends are never judged together"
    return ((Rule.WINDOW_SHORT, message),)


def default_tier_advice(target: Fraction, window: timedelta) -> Advice:
    """Return which of the default alerts are left out because they could never fire."""
    found = []
    for name, share, long in DEFAULT_TIERS:
        threshold = share * Fraction(window // timedelta(seconds=1), long // timedelta(seconds=1))
        highest = highest_burn(target)
        if long >= window:
            found.append(f'"{name}" is left out: it looks back as far as the window of {shorthand(window)}')
        elif threshold > highest:
            found.append(
                f'"{name}" is left out: it would need a burn of {decimal(threshold)}, '
                f"and a total outage burns {decimal(highest)}"
            )
    return tuple((Rule.TIER_LEFT_OUT, message) for message in found)


def tier_advice(tiers: tuple[AlertTier, ...] | None) -> Advice:
    """Return advice on alerts written out: none at all, or one that fires when the budget is gone."""
    if tiers is None:
        return ()
    if not tiers:
        return (
            (Rule.NO_ALERTS, "no alerts: nobody will be told; leave alertPolicies out for the default four"),
        )
    late = (one for one in tiers if one.budget_share is not None and one.budget_share > 1)
    return tuple(
        (
            Rule.FIRES_TOO_LATE,
            f'"{one.policy}" fires when {decimal(one.budget_share or 0)} times the whole budget is gone; '
            "lower its threshold or shorten its lookbackWindow",
        )
        for one in late
    )


def decimal(number: Fraction | int) -> str:
    """Write a number for a sentence, in at most seven digits."""
    return f"{float(number):.7g}"
