"""Explanations of alerts in words: one sentence each, the same on page, command line, API and timeline. Pure.

A sentence says why. It names no status and no time of day: each place that shows it shows beside it what the
alert does (`resolved`, `inactive`), and when it fired or was resolved in its reader's own zone.
"""

from datetime import timedelta
from fractions import Fraction

from holdfast.catalog.alerts import left_out_sentence
from holdfast.objectives.alerting.burn import Tier
from holdfast.objectives.alerting.explain import AlertStatus, Explanation, Reason

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def sentence(explanation: Explanation) -> str:
    """Say why a tier is as it is, with the figures."""
    match explanation.reason:
        case Reason.OVER_THRESHOLD:
            return _over(explanation)
        case Reason.FIRES_NEXT:
            return f"{_over(explanation)}; fires at the next evaluation"
        case Reason.RECOVERING:
            return f"{_capital(_window(explanation))}; {_resolves(explanation)}{_covered(explanation)}"
        case Reason.SUSPENDED_WHILE_FIRING:
            return "No data: stays firing until data is back"
        case Reason.SUSPENDED:
            return "No data: cannot fire until there is data"
        case Reason.INACTIVE:
            return _capital(_inactive(explanation))
        case Reason.TOO_FEW:
            counts = explanation.counts
            return f"Not enough data yet: {counts.bad} bad of {counts.total:,} events, one alone never fires"
        case Reason.COULD_BE_CHANCE:
            counts = explanation.counts
            return f"Not enough data yet: {counts.bad:,} bad of {counts.total:,} events could be chance"
        case Reason.REMEMBERS_EPISODE:
            return _remembers(explanation)
        case Reason.DECIDED_BEFORE:
            return "Already decided for this moment: evaluated again when time goes on"
        case _:
            return _quiet(explanation)


def against(rate: Fraction | None, threshold: Fraction) -> str:
    """Write a rate beside its threshold, in two figures, or as many as it takes to distinguish them."""
    if rate is None:
        return f"no events against {_figure(threshold, 2)}"
    for digits in (2, 3, 4, 6):
        both = _figure(rate, digits), _figure(threshold, digits)
        if both[0] != both[1]:
            break
    return " against ".join(both)


def times(rate: Fraction | None) -> str:
    """Write a burn rate for a person: three figures and a times sign, or a dash without traffic."""
    return "–" if rate is None else f"{float(rate):.3g}×"


def uncapitalised(words: str) -> str:
    """Write a sentence so that it can follow a colon."""
    return words[:1].lower() + words[1:]


def span(window: timedelta) -> str:
    """Write a window as an adjective: `1-hour`, `30-minute`, `3-day`."""
    count, unit = _counted(window)
    return f"{count}-{unit}"


def last(window: timedelta) -> str:
    """Write a window as a time before now: `the last hour`, `the last 5 minutes`."""
    count, unit = _counted(window)
    return f"the last {unit}" if count == 1 else f"the last {count} {unit}s"


def _over(explanation: Explanation) -> str:
    tier = explanation.tier
    figures = against(explanation.long_rate, tier.threshold)
    if explanation.status is AlertStatus.COVERED:
        return f"Also over the {_named(tier)} threshold ({figures}){_covered(explanation)}"
    short = _figure(explanation.short_rate or Fraction(0), 2)
    return f"Over the {_named(tier)} threshold ({figures}; {short} over {last(tier.short)})"


def _covered(explanation: Explanation) -> str:
    if explanation.status is not AlertStatus.COVERED:
        return ""
    by = explanation.covered_by
    if by is None:
        return "; covered by a faster alert"
    name = by.severity.value if by.severity is not explanation.tier.severity else _named(by)
    return f"; covered by the {name} alert"


def _resolves(explanation: Explanation) -> str:
    if not explanation.resolves_in:
        return "resolves at the next evaluation"
    seconds = explanation.resolves_in // timedelta(seconds=1)
    return f"resolves in {seconds} s unless errors return"


def _quiet(explanation: Explanation) -> str:
    words, tier = _capital(_window(explanation)), explanation.tier
    if explanation.window == tier.long:
        return words
    over = "still over" if explanation.status is AlertStatus.RESOLVED else "over"
    return f"{words}; the {span(tier.long)} window is {over} its threshold"


def _remembers(explanation: Explanation) -> str:
    """Say what ended the alert, unless errors are back, and that its own windows still hold the episode."""
    memory = f"the {span(explanation.tier.long)} window is still over its threshold"
    is_over = explanation.rate is not None and explanation.rate >= explanation.tier.threshold
    words = memory if is_over else f"{_window(explanation)}; {memory}"
    return f"{_capital(words)}, quiet until it falls or errors return"


def _window(explanation: Explanation) -> str:
    """Describe the deciding window, which is not past the threshold."""
    window, rate, threshold = explanation.window, explanation.rate, explanation.tier.threshold
    verb = "is" if _counted(window)[0] == 1 else "are"
    if rate is None:
        return f"no events came in {last(window)}"
    if not rate:
        return f"{last(window)} {verb} clean"
    if rate == threshold:
        return f"{last(window)} {verb} at the threshold ({_figure(rate, 3)}), which only a higher burn fires"
    return f"{last(window)} {verb} below the threshold ({against(rate, threshold)})"


def _inactive(explanation: Explanation) -> str:
    tier = explanation.tier
    if tier.left_out is None:
        return "it is inactive"
    return left_out_sentence(
        tier.left_out,
        tier.threshold,
        target=explanation.target,
        window=explanation.objective_window,
        long=tier.long,
    )


def ended(tier: Tier, still_firing: Tier) -> str:
    """Say that a tier ended while another of its episode fires on."""
    return f"The {_named(tier)} alert ended, the {_named(still_firing)} alert still fires: "


def _named(tier: Tier) -> str:
    return f"{span(tier.long)} {tier.severity.value}"


def _counted(window: timedelta) -> tuple[int, str]:
    seconds = window // timedelta(seconds=1)
    return next((seconds // size, unit) for unit, size in _UNITS if seconds % size == 0)


def _figure(rate: Fraction, digits: int) -> str:
    if 0 < rate < Fraction(1, 100):
        return "under 0.01×"
    whole = rate >= 10 ** (digits - 1)
    return f"{float(rate):,.0f}×" if whole else f"{float(rate):.{digits}g}×"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
