"""Is this a fault or bad luck? The guard that keeps a handful of events from waking somebody. Pure.

With ten requests an hour and a target of 99.9%, one failure is a burn of 100. The guard asks: if the service
were in truth fine, how likely are at least this many bad events among this many? It is an exact binomial
tail, not an approximation, because approximations fail exactly where it is needed: at small counts. With
real traffic it passes as soon as the threshold does, so it delays no real outage. The budget of a window that
has hardly begun is judged by it too (`budget`).
"""

import math
from enum import StrEnum
from fractions import Fraction

from holdfast.telemetry.counting.model import Counts

FEWEST_BAD = 2
"""A single bad event never fires an alert, at any ratio."""

CHANCE = 1e-3
"""Bad events count as a fault if chance explains them with at most this probability."""

_NEGLIGIBLE = 1e-18


class Significance(StrEnum):
    """Whether the bad events of a window are significant."""

    ENOUGH = "enough"
    TOO_FEW = "too_few"
    COULD_BE_CHANCE = "could_be_chance"


def weigh(counts: Counts, *, threshold: Fraction, target: Fraction) -> Significance:
    """Judge the bad events of a tier's long window.

    The service counts as fine when it burns at 1, or at half the threshold where that is under 2.
    """
    return evidence_against(counts, fine=(1 - target) * min(Fraction(1), threshold / 2))


def evidence_against(counts: Counts, *, fine: Fraction) -> Significance:
    """Judge whether a service whose true error ratio is `fine` would have this many bad events by chance."""
    if counts.bad < FEWEST_BAD:
        return Significance.TOO_FEW
    if tail(counts.bad, counts.total, float(fine)) > CHANCE:
        return Significance.COULD_BE_CHANCE
    return Significance.ENOUGH


def tail(bad: int, total: int, ratio: float) -> float:
    """Return P(X >= bad) for X binomial over `total` events with probability `ratio` each, 0 < ratio < 1.

    Sums the upper terms, largest first, each from the one before; below the mean it sums the lower ones.
    """
    if bad <= 0:
        return 1.0
    if bad > total:
        return 0.0
    if bad > total * ratio:
        return min(1.0, _sum_from(bad, total, ratio))
    return max(0.0, 1.0 - _sum_from(total - bad + 1, total, 1.0 - ratio))


def _sum_from(first: int, total: int, ratio: float) -> float:
    logarithm = (
        math.lgamma(total + 1)
        - math.lgamma(first + 1)
        - math.lgamma(total - first + 1)
        + first * math.log(ratio)
        + (total - first) * math.log1p(-ratio)
    )
    term, result, count = math.exp(logarithm), 0.0, first
    odds = ratio / (1.0 - ratio)
    while count <= total and term > _NEGLIGIBLE:
        result += term
        term *= (total - count) / (count + 1) * odds
        count += 1
    return result
