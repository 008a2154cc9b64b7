"""Advice on good practice: nothing here keeps a document out of force."""

from datetime import timedelta
from fractions import Fraction

from holdfast.catalog.alerts import DEFAULT_ALERTS, left_out, left_out_sentence, threshold_of
from holdfast.catalog.model import AlertTier
from holdfast.catalog.problems import Rule
from holdfast.runtime.durations import shorthand

TARGET_VERY_HIGH = Fraction(99_999, 100_000)
WINDOW_SHORT = timedelta(days=7)
Advice = tuple[tuple[Rule, str], ...]


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
    """Return which of the default alerts are inactive, and why."""
    found = []
    for alert in DEFAULT_ALERTS:
        threshold = threshold_of(alert.budget_share, window=window, long=alert.long)
        why = left_out(threshold, target=target, window=window, long=alert.long)
        if why is not None:
            sentence = left_out_sentence(why, threshold, target=target, window=window, long=alert.long)
            found.append((Rule.TIER_LEFT_OUT, f'"{alert.name}" is inactive: {sentence}'))
    return tuple(found)


def tier_advice(tiers: tuple[AlertTier, ...] | None) -> Advice:
    """Return advice on alerts written out: none at all, or one that fires when the budget is gone."""
    if tiers is None:
        return ()
    if not tiers:
        return (
            (Rule.NO_ALERTS, "no alerts: nobody is notified; leave alertPolicies out for the default four"),
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
