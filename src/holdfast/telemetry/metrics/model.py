"""Words of metrics: kinds, streams, functions, filters and plots. Pure.
 A *metric* is a name. Its points come as *streams*: one kind, one unit, one temporality. A stream has
*series*, one per set of attributes. A plot draws *lines*; a line is one series, or several added up or
merged.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from holdfast.runtime.errors import Invalid


class Kind(StrEnum):
    """The five kinds of OTLP points."""

    GAUGE = "gauge"
    SUM = "sum"
    HISTOGRAM = "histogram"
    EXPONENTIAL = "exponential_histogram"
    SUMMARY = "summary"


class Temporality(StrEnum):
    """What a sum or histogram counts from: its sender's start, or the point before; gauges count nothing."""

    NONE = "none"
    DELTA = "delta"
    CUMULATIVE = "cumulative"


TEMPORALITIES = (Temporality.NONE, Temporality.DELTA, Temporality.CUMULATIVE)
"""By their numbers in OTLP."""

NO_RECORDED_VALUE = 1
"""The flag of a point that says: from now on there is no value (OTLP, DataPointFlags)."""

DISTRIBUTIONS = (Kind.HISTOGRAM, Kind.EXPONENTIAL)


@dataclass(frozen=True, slots=True)
class Stream:
    """What the points of a metric have in common, so that they may be drawn in one plot.

    `services` holds the names of those that send it, `series` how many sets of attributes there are.
    """

    metric: str
    kind: Kind
    unit: str
    temporality: Temporality
    is_monotonic: bool
    description: str
    services: tuple[str, ...]
    series: int
    last_seen_epoch: int


class Place(StrEnum):
    """Where an attribute stands."""

    RESOURCE = "resource"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a metric's series: how many values it has, and the commonest with their series."""

    key: str
    place: Place
    values: int
    commonest: tuple[tuple[str, int], ...]


class Match(StrEnum):
    """How a filter compares."""

    IS = "="
    IS_NOT = "!="
    CONTAINS = "~"


SERVICE = "service.name"
EACH = "*"
"""Instead of attributes to group by: every series is a line of its own."""

_FILTER = re.compile(r"([^=!~]+)(=|!=|~)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Filter:
    """Keeps series whose attribute `key` (of the point, else of the resource) matches `value`."""

    key: str
    match: Match
    value: str

    @classmethod
    def parse(cls, text: str) -> "Filter":
        """Read a filter as people write it: `http.route=/cart`, `zone!=a`, `host.name~db`.

        Raises:
            Invalid: it has no attribute or no comparison.
        """
        found = _FILTER.fullmatch(text)
        if found is None:
            raise Invalid(
                f"{text[:100]!r} is not a filter: write attribute=value, attribute!=value or attribute~part",
                value=text[:100],
                rule="ATTRIBUTE(=|!=|~)VALUE",
            )
        return cls(found[1].strip(), Match(found[2]), found[3])


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One measured value with the trace it was measured in; the instant in seconds since 1970."""

    at_epoch: float
    value: float
    trace_id: str
    span_id: str
    service: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot: a value per step, None where there is none, and one value over the whole range.

    `labels` are the attributes it is grouped by. `series` says how many series it is made of; `is_rest` that
    it is everything beyond the lines drawn.
    """

    labels: Mapping[str, str]
    series: int
    values: tuple[float | None, ...]
    overall: float | None
    is_rest: bool = False

    @property
    def latest(self) -> float | None:
        """Its last value in the range."""
        return next((value for value in reversed(self.values) if value is not None), None)
