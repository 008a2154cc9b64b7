"""The functions that apply to each kind of metric, their units, and the reasons to refuse the others. Pure.

The kinds are OpenTelemetry's (metrics data model, "Metric points"):

- a *gauge* and a *non-monotonic sum* hold the current amount: they can be averaged, summed over series, and
  have a minimum and maximum; a rate of them means nothing;
- a *monotonic sum* counts: its rate and its increase over an interval matter;
- a *histogram* of either sort has a count, a sum and the distribution of its values;
- a *summary* has a count, a sum and quantiles computed by its sender, which cannot be merged
  (Prometheus, "Histograms and summaries").
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from holdfast.runtime.errors import Invalid
from holdfast.telemetry.metrics.model import DISTRIBUTIONS, Kind, Stream, Temporality

_QUANTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,4})?)")


class Name(StrEnum):
    """The functions; quantiles are written `p50` or `p99.9`."""

    RATE = "rate"
    INCREASE = "increase"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    LAST = "last"
    QUANTILE = "p"


WORDS = {
    Name.RATE: "the count per second",
    Name.INCREASE: "the count in each step",
    Name.AVG: "the average of the measured values",
    Name.MIN: "the least measured value",
    Name.MAX: "the greatest measured value",
    Name.SUM: "the sum of the newest values of all series",
    Name.LAST: "the newest value of each series; the average if a line has several",
    Name.QUANTILE: "the value that this share of the measured values does not exceed",
}

_LEVEL = (Name.AVG, Name.MIN, Name.MAX, Name.SUM, Name.LAST)
_COUNTED = (Name.RATE, Name.INCREASE)
USUAL_QUANTILES = ("p50", "p90", "p95", "p99")


@dataclass(frozen=True, slots=True)
class Function:
    """A function; of a quantile, `share` is the part of the values, between 0 and 1."""

    name: Name
    share: float = 0.0

    @property
    def text(self) -> str:
        """As people write it."""
        return f"p{self.share * 100:g}" if self.name is Name.QUANTILE else self.name.value

    @property
    def is_counted(self) -> bool:
        """Whether it applies to counts."""
        return self.name in _COUNTED

    @classmethod
    def parse(cls, text: str) -> "Function":
        """Read a function as people write it: `rate`, `avg`, `p99`, `p99.9`.

        Raises:
            Invalid: it is not a function.
        """
        quantile = _QUANTILE.fullmatch(text)
        if quantile is not None:
            return cls(Name.QUANTILE, float(quantile[1]) / 100)
        if text in (known.value for known in Name) and text != Name.QUANTILE:
            return cls(Name(text))
        known = [one.value for one in Name if one is not Name.QUANTILE]
        raise Invalid(
            f"fn={text[:50]!r} is not a function; write {', '.join(known)}, or a quantile: p50, p99.9",
            value=text[:50],
            rule="a known function",
        )


def offered(stream: Stream) -> tuple[str, ...]:
    """Return the functions that apply to a stream, the default one first."""
    if stream.kind is Kind.GAUGE:
        return tuple(one.value for one in _LEVEL)
    if stream.kind is Kind.SUM and not stream.is_monotonic:
        level = stream.temporality is not Temporality.DELTA
        return tuple(one.value for one in (_LEVEL if level else (Name.INCREASE, Name.RATE)))
    if stream.kind is Kind.SUM:
        totals = (Name.LAST, Name.SUM) if stream.temporality is Temporality.CUMULATIVE else ()
        return tuple(one.value for one in (*_COUNTED, *totals))
    if stream.kind is Kind.SUMMARY:
        return ("rate", "increase", "avg", *USUAL_QUANTILES)
    extremes = ("min", "max") if stream.temporality is Temporality.DELTA else ()
    return ("p99", *USUAL_QUANTILES[:-1], "rate", "increase", "avg", *extremes)


def usual(stream: Stream) -> Function:
    """Return the default function of a stream."""
    return Function.parse(offered(stream)[0])


def check(function: Function, stream: Stream) -> None:
    """Refuse a function that does not apply to a stream.

    Raises:
        Invalid: the function does not apply; the error says why, and which do.
    """
    known = offered(stream)
    is_known_quantile = function.name is Name.QUANTILE and "p50" in known
    if function.text in known or is_known_quantile:
        return
    raise Invalid(
        f"{function.text} does not apply to {stream.metric}, {_described(stream)}: "
        f"{_reason(function, stream)}; write one of {', '.join(known)}",
        value=function.text,
        rule=_rule(function, stream),
    )


def _described(stream: Stream) -> str:
    if stream.kind is Kind.SUM:
        counts = "that only grows" if stream.is_monotonic else "that goes up and down"
        return f"a {stream.temporality} sum {counts}"
    if stream.kind in DISTRIBUTIONS:
        return f"a {stream.temporality} {stream.kind.replace('_', ' ')}"
    return f"a {stream.kind}"


def _reason(function: Function, stream: Stream) -> str:
    if function.name is Name.QUANTILE:
        return "it has no distribution of values, only a histogram has"
    if function.is_counted:
        return "it holds a current amount and does not count"
    if stream.kind in DISTRIBUTIONS and function.name in (Name.MIN, Name.MAX):
        return "its minimum and maximum are since its sender started, not of a step"
    if stream.kind in (*DISTRIBUTIONS, Kind.SUMMARY):
        return "each point holds many values, not one"
    if stream.temporality is Temporality.DELTA:
        return "each point is the count since the point before, so there is no current value"
    return "it is a total since its sender started, so only its increase is meaningful"


def _rule(function: Function, stream: Stream) -> str:
    shape = "quantile" if function.name is Name.QUANTILE else function.name.value
    return f"{shape} of a {stream.kind.value}"


def unit_of(function: Function, stream: Stream) -> str:
    """Return the unit of a function's values, in UCUM as in OTLP; empty for plain numbers."""
    counted = "1" if stream.kind in (*DISTRIBUTIONS, Kind.SUMMARY) else stream.unit
    if function.name is Name.RATE:
        return f"{'' if counted in ('', '1') else counted}/s"
    return counted if function.name is Name.INCREASE else stream.unit
