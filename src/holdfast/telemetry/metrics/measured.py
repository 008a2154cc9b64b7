"""What the engine found per group and step, in forms that merge exactly, and the values read from them. Pure.
 A group's measure over a range, or of several groups together, is merged first and read then, so that the
rest of a plot and its column "over the range" are as right as its lines: averages of averages and of
quantiles are nobody's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from holdfast.telemetry.metrics import exponential, histograms
from holdfast.telemetry.metrics.exponential import Exponential
from holdfast.telemetry.metrics.functions import Function, Name
from holdfast.telemetry.metrics.histograms import Histogram


class Measured(Protocol):
    """What is known of some series in some stretch of time."""

    def value(self, function: Function, seconds: float) -> float | None:
        """Return what a function makes of it, over a stretch of so many seconds."""
        ...

    def joined(self, others: Sequence[Self]) -> Self:
        """Return it together with others of its form."""
        ...


@dataclass(frozen=True, slots=True)
class Level:
    """Values that stood: their total and number, the least and the most."""

    total: float
    number: int
    least: float
    most: float

    def value(self, function: Function, seconds: float) -> float | None:
        """Return what a function makes of them; the seconds do not matter."""
        if function.name is Name.MIN:
            return self.least
        if function.name is Name.MAX:
            return self.most
        if function.name is Name.QUANTILE:
            # A summary's, worked out by its sender: of several there is no such thing as one quantile.
            return self.total if self.number == 1 else None
        return self.total if function.name is Name.SUM else self.total / self.number

    def joined(self, others: Sequence[Self]) -> "Level":
        """Return the values of all."""
        every = (self, *others)
        return Level(
            sum(one.total for one in every),
            sum(one.number for one in every),
            min(one.least for one in every),
            max(one.most for one in every),
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted: `amount`, and of measured values their `total` and how they lie."""

    amount: float
    total: float = 0.0
    explicit: tuple[Histogram, ...] = ()
    scaled: tuple[Exponential, ...] = ()

    def value(self, function: Function, seconds: float) -> float | None:
        """Return what a function makes of it."""
        if function.name is Name.RATE:
            return self.amount / seconds
        if function.name is Name.INCREASE:
            return self.amount
        if function.name is Name.AVG:
            return self.total / self.amount if self.amount > 0 else None
        if self.scaled:
            return exponential.merged(self.scaled).quantile(function.share)
        return histograms.merged(self.explicit).quantile(function.share)

    def joined(self, others: Sequence[Self]) -> "Counted":
        """Return what all counted together."""
        every = (self, *others)
        explicit = [one for each in every for one in each.explicit]
        scaled = [one for each in every for one in each.scaled]
        return Counted(
            sum(one.amount for one in every),
            sum(one.total for one in every),
            (histograms.merged(explicit),) if explicit else (),
            (exponential.merged(scaled),) if scaled else (),
        )


def together(parts: Sequence[Level] | Sequence[Counted]) -> Level | Counted | None:
    """Return all parts as one, None of none."""
    if not parts:
        return None
    first, *others = parts
    return first.joined(others)  # type: ignore[arg-type]  # all are of one form
