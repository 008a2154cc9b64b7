"""Aggregates per group and step that merge exactly, and the values read from them. Pure.
 For a range, or for several groups together, aggregates are merged before a value is read, so that the merged
line of a plot and its column "over the range" are as correct as its lines: averages of averages or of
quantiles would be wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from holdfast.telemetry.metrics import exponential, histograms
from holdfast.telemetry.metrics.exponential import Exponential
from holdfast.telemetry.metrics.functions import Function, Name
from holdfast.telemetry.metrics.histograms import Bucket, Histogram


class Measured(Protocol):
    """An aggregate of some series over an interval."""

    def value(self, function: Function, seconds: float) -> float | None:
        """Return the value of a function over it, for an interval of `seconds`."""
        ...

    def joined(self, others: Sequence[Self]) -> Self:
        """Return it merged with others of its type."""
        ...


@dataclass(frozen=True, slots=True)
class GaugeAggregate:
    """An aggregate of gauge values: their total and number, the least and the most."""

    total: float
    number: int
    least: float
    most: float

    def value(self, function: Function, seconds: float) -> float | None:
        """Return the value of a function over them; it does not depend on `seconds`."""
        if function.name is Name.MIN:
            return self.least
        if function.name is Name.MAX:
            return self.most
        if function.name is Name.QUANTILE:
            # A summary's, computed by its sender: several cannot be merged into one quantile.
            return self.total if self.number == 1 else None
        return self.total if function.name is Name.SUM else self.total / self.number

    def joined(self, others: Sequence[Self]) -> "GaugeAggregate":
        """Return the aggregate of all."""
        every = (self, *others)
        return GaugeAggregate(
            sum(one.total for one in every),
            sum(one.number for one in every),
            min(one.least for one in every),
            max(one.most for one in every),
        )


@dataclass(frozen=True, slots=True)
class CountAggregate:
    """An aggregate of counts: the `amount`, and of measured values their `total` and distribution."""

    amount: float
    total: float = 0.0
    explicit: tuple[Histogram, ...] = ()
    scaled: tuple[Exponential, ...] = ()

    def value(self, function: Function, seconds: float) -> float | None:
        """Return the value of a function over it."""
        if function.name is Name.RATE:
            return self.amount / seconds
        if function.name is Name.INCREASE:
            return self.amount
        if function.name is Name.AVG:
            return self.total / self.amount if self.amount > 0 else None
        if self.scaled:
            return exponential.merged(self.scaled).quantile(function.share)
        return histograms.merged(self.explicit).quantile(function.share)

    def rough(self, function: Function) -> Bucket | None:
        """Return the bucket that is all that is known of a quantile, if it is too wide to read a value."""
        if function.name is not Name.QUANTILE or self.scaled:
            return None
        return histograms.merged(self.explicit).rough(function.share)

    def joined(self, others: Sequence[Self]) -> "CountAggregate":
        """Return the aggregate of all."""
        every = (self, *others)
        explicit = [one for each in every for one in each.explicit]
        scaled = [one for each in every for one in each.scaled]
        return CountAggregate(
            sum(one.amount for one in every),
            sum(one.total for one in every),
            (histograms.merged(explicit),) if explicit else (),
            (exponential.merged(scaled),) if scaled else (),
        )


def together(
    parts: Sequence[GaugeAggregate] | Sequence[CountAggregate],
) -> GaugeAggregate | CountAggregate | None:
    """Return all parts merged, or None without parts."""
    if not parts:
        return None
    first, *others = parts
    return first.joined(others)  # type: ignore[arg-type]  # all are of one form
