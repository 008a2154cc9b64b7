"""Which function makes sense of which kind of metric, what comes out, and why the others are refused. Pure.

The kinds are OpenTelemetry's (metrics data model, "Metric points"):

- a *gauge* and a *non-monotonic sum* say how much there is now: they can be averaged, added up over series,
  and have a least and a most; how fast they "count" means nothing;
- a *monotonic sum* counts: what matters is how fast, and how much in a stretch of time;
- a *histogram* of either sort counts and adds up, and knows how the values lie;
- a *summary* counts and adds up, and brings quantiles worked out by its sender, which nobody can merge
  (Prometheus, "Histograms and summaries").
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from holdfast.runtime.errors import Invalid
from holdfast.telemetry.metrics.model import DISTRIBUTIONS, Kind, Stream, Temporality

_QUANTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,4})?)")


class Name(StrEnum):
    """The functions, without the quantiles, which are written `p50` or `p99.9`."""

    RATE = "rate"
    INCREASE = "increase"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    LAST = "last"
    QUANTILE = "p"


WORDS = {
    Name.RATE: "how much was counted per second",
    Name.INCREASE: "how much was counted in each step",
    Name.AVG: "the average of what was measured",
    Name.MIN: "the least that was measured",
    Name.MAX: "the most that was measured",
    Name.SUM: "the newest values of all series, added up",
    Name.LAST: "the newest value of each series; the average, where a line has several",
    Name.QUANTILE: "what that share of the measured values does not exceed",
}

_LEVEL = (Name.AVG, Name.MIN, Name.MAX, Name.SUM, Name.LAST)
_COUNTED = (Name.RATE, Name.INCREASE)
USUAL_QUANTILES = ("p50", "p90", "p95", "p99")


@dataclass(frozen=True, slots=True)
class Function:
    """A function, and of a quantile which one: `share` of the values, between 0 and 1."""

    name: Name
    share: float = 0.0

    @property
    def text(self) -> str:
        """As people write it."""
        return f"p{self.share * 100:g}" if self.name is Name.QUANTILE else self.name.value

    @property
    def is_counted(self) -> bool:
        """Whether it is about how much was counted."""
        return self.name in _COUNTED

    @classmethod
    def parse(cls, text: str) -> "Function":
        """Read a function as people write it: `rate`, `avg`, `p99`, `p99.9`.

        Raises:
            Invalid: it is none of them.
        """
        quantile = _QUANTILE.fullmatch(text)
        if quantile is not None:
            return cls(Name.QUANTILE, float(quantile[1]) / 100)
        if text in (known.value for known in Name) and text != Name.QUANTILE:
            return cls(Name(text))
        known = [one.value for one in Name if one is not Name.QUANTILE]
        raise Invalid(
            f"fn={text[:50]!r} is no function; write {', '.join(known)}, or a quantile such as p50 or p99.9",
            value=text[:50],
            rule="a known function",
        )


def offered(stream: Stream) -> tuple[str, ...]:
    """Return the functions that make sense of a stream, the usual one first."""
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
    """Return the function to begin with."""
    return Function.parse(offered(stream)[0])


def check(function: Function, stream: Stream) -> None:
    """Refuse what makes no sense of a stream.

    Raises:
        Invalid: the function cannot be applied; it says why, and what can.
    """
    known = offered(stream)
    is_known_quantile = function.name is Name.QUANTILE and "p50" in known
    if function.text in known or is_known_quantile:
        return
    raise Invalid(
        f"{function.text} makes no sense of {stream.metric}, {_described(stream)}: "
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
        return "it does not say how its values lie, only a histogram does"
    if function.is_counted:
        return "it says how much there is, it does not count"
    if stream.kind in DISTRIBUTIONS and function.name in (Name.MIN, Name.MAX):
        return "its least and most are those since its sender started, not those of a step"
    if stream.kind in (*DISTRIBUTIONS, Kind.SUMMARY):
        return "it is many values, not one"
    if stream.temporality is Temporality.DELTA:
        return "each point is what was counted since the one before, so there is no value to read"
    return "it is a total since its sender started, so only its growth tells anything"


def _rule(function: Function, stream: Stream) -> str:
    shape = "quantile" if function.name is Name.QUANTILE else function.name.value
    return f"{shape} of a {stream.kind.value}"


def unit_of(function: Function, stream: Stream) -> str:
    """Return the unit of what comes out, in UCUM as OTLP writes units; empty for plain numbers."""
    counted = "1" if stream.kind in (*DISTRIBUTIONS, Kind.SUMMARY) else stream.unit
    if function.name is Name.RATE:
        return f"{'' if counted in ('', '1') else counted}/s"
    return counted if function.name is Name.INCREASE else stream.unit
