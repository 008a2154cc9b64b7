"""The error budget: how many bad events an objective allows, has seen, and has left. Pure and exact.

Over a rolling window with `total` events and target T the budget is (1-T) x total events. It grows and
shrinks with traffic, because the objective is per event.

While little of the window is measured its budget is small: after 300 orders at 99.9% it is 0.3, and one slow
order overspends it. The number is exact and is shown. Whether the budget is *exhausted* is a claim about the
whole window, and nobody knows the traffic of the rest. So until half of a window is measured the claim needs
what an alert needs: more bad events than chance explains.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from holdfast.objectives.alerting.chance import Significance, evidence_against
from holdfast.telemetry.counting.model import Counts

MEASURED_ENOUGH = Fraction(1, 2)
"""From this measured share of the window on, an overspent budget is exhausted without a test of chance."""


class BudgetState(StrEnum):
    """The state of a budget. `TOO_EARLY`: overspent, but little is measured and chance explains it."""

    WITHIN = "within"
    TOO_EARLY = "too_early"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class Budget:
    """Bad events allowed, spent and remaining over one rolling window; `remaining` may be negative."""

    allowed: Fraction
    spent: int

    @property
    def remaining(self) -> Fraction:
        """Bad events left before the objective is violated; negative once it is."""
        return self.allowed - self.spent

    @property
    def remaining_ratio(self) -> Fraction | None:
        """1 - spent/allowed, or None while nothing was counted."""
        return 1 - self.spent / self.allowed if self.allowed else None

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing is left although something was allowed."""
        return self.allowed > 0 and self.remaining <= 0


def budget_of(counts: Counts, target: Fraction) -> Budget:
    """Return the budget of a window with these counts under `target`."""
    whole = target.denominator
    return Budget(Fraction((whole - target.numerator) * counts.total, whole), counts.bad)


def state_of(counts: Counts, target: Fraction, *, measured: Fraction) -> BudgetState:
    """Return the state of a window's budget; `measured` is the share of the window that has data."""
    if not budget_of(counts, target).is_exhausted:
        return BudgetState.WITHIN
    if measured >= MEASURED_ENOUGH or evidence_against(counts, fine=1 - target) is Significance.ENOUGH:
        return BudgetState.EXHAUSTED
    return BudgetState.TOO_EARLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How bad events arrive now: `counts` over the last `over`."""

    counts: Counts
    over: timedelta


def seconds_to_exhaustion(
    budget: Budget, pace: Pace, *, target: Fraction, window: timedelta, measured: timedelta
) -> Fraction | None:
    """Return the seconds until the budget is gone at the present pace, or None if it will not be.

    With r events and b bad events per second now (b = burn x (1-T) x r), and R budget remaining:

        while the window is still filling (`measured` < `window`): R falls by b - (1-T) x r per second,
            since every event also brings budget;
        once it is full: R falls by b per second.

    Assumed: traffic and error ratio stay as they are, events leaving a full window are replaced by as many
    new ones, and what was spent stays spent until the budget is gone - the soonest it can happen. A burn of
    at most 1 is what the objective allows for ever, and what takes longer than the window is forgotten
    before it counts; both give None, as does a budget that is gone already.
    """
    if pace.counts.total == 0 or budget.remaining <= 0:
        return None
    over_seconds = _seconds(pace.over)
    bad_rate = pace.counts.bad / over_seconds
    earned_rate = (1 - target) * pace.counts.total / over_seconds
    if bad_rate <= earned_rate:
        return None
    filling_seconds = max(Fraction(0), _seconds(window) - _seconds(measured))
    while_filling = budget.remaining / (bad_rate - earned_rate)
    if while_filling <= filling_seconds:
        return while_filling
    left = budget.remaining - filling_seconds * (bad_rate - earned_rate)
    seconds = filling_seconds + left / bad_rate
    return seconds if seconds <= _seconds(window) else None


def _seconds(duration: timedelta) -> Fraction:
    return Fraction(duration // timedelta(microseconds=1), 1_000_000)
