"""The model of metrics: kinds, streams, filters and lines. Pure.
 A *metric* is a name. Its points form *streams*: one kind, one unit, one temporality. A stream has *series*,
one per set of attributes. A plot draws *lines*; a line is one series, or several summed or merged.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from holdfast.runtime.errors import Invalid
from holdfast.telemetry.metrics.histograms import Bucket


class Kind(StrEnum):
    """The five kinds of OTLP points."""

    GAUGE = "gauge"
    SUM = "sum"
    HISTOGRAM = "histogram"
    EXPONENTIAL = "exponential_histogram"
    SUMMARY = "summary"


class Temporality(StrEnum):
    """What a sum or histogram counts from: its sender's start, or the point before; gauges have none."""

    NONE = "none"
    DELTA = "delta"
    CUMULATIVE = "cumulative"


TEMPORALITIES = (Temporality.NONE, Temporality.DELTA, Temporality.CUMULATIVE)
"""The temporalities by their numbers in OTLP."""

NO_RECORDED_VALUE = 1
"""The flag of a point for "no value from now on" (OTLP, DataPointFlags)."""

DISTRIBUTIONS = (Kind.HISTOGRAM, Kind.EXPONENTIAL)


@dataclass(frozen=True, slots=True)
class Stream:
    """The points of a metric that fit into one plot: of the same kind, unit and temporality.

    `services` are the names of its senders, `series` is the number of its sets of attributes. The absent
    environment, namespace or region is among those of its senders as the empty one.
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
    environments: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class Place(StrEnum):
    """Where an attribute is set."""

    RESOURCE = "resource"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a metric's series: its number of values, and the most frequent with their series."""

    key: str
    place: Place
    values: int
    commonest: tuple[tuple[str, int], ...]


class FilterOperator(StrEnum):
    """The operator of a filter."""

    IS = "="
    IS_NOT = "!="
    CONTAINS = "~"


SERVICE = "service.name"
EACH = "*"
"""In place of attributes to group by: every series is a line of its own."""

_FILTER = re.compile(r"([^=!~]+)(=|!=|~)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Filter:
    """Keeps series whose attribute `key` (of the point, else of the resource) matches `value`."""

    key: str
    match: FilterOperator
    value: str

    @classmethod
    def parse(cls, text: str) -> "Filter":
        """Read a filter as people write it: `http.route=/cart`, `zone!=a`, `host.name~db`.

        Raises:
            Invalid: it has no attribute or no operator.
        """
        found = _FILTER.fullmatch(text)
        if found is None:
            raise Invalid(
                f"{text[:100]!r} is not a filter: write attribute=value, attribute!=value or attribute~part",
                value=text[:100],
                rule="ATTRIBUTE(=|!=|~)VALUE",
            )
        return cls(found[1].strip(), FilterOperator(found[2]), found[3])


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

    `labels` are the attributes it is grouped by, `series` is its number of series; `is_rest` marks the merged
    line of all others. `label` is what it is called if the plot was split by where senders run, else empty.
    `rough` is the bucket of `overall` where that is all that is known of a quantile, `rough_steps` those of
    `values`; it is empty if every value is exact.
    """

    labels: Mapping[str, str]
    series: int
    values: tuple[float | None, ...]
    overall: float | None
    is_rest: bool = False
    label: str = ""
    rough: Bucket | None = None
    rough_steps: tuple[Bucket | None, ...] = ()

    @property
    def latest(self) -> float | None:
        """Its last value in the range."""
        return next((value for value in reversed(self.values) if value is not None), None)


EARLIER_SECONDS = 600
"""How long before the newest value of a series another one is read, to say how it changed."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest value of one series, its highest and lowest of an hour, and that of ten minutes before.

    Of what only grows it is the increase per second over the last five minutes, and `lowest` that over the
    first; of a histogram, that of its sum. `attributes` are those of the resource and the point that were
    asked for.
    """

    series: int
    metric: str
    unit: str
    attributes: Mapping[str, str]
    value: float
    highest: float
    earlier: float | None = None
    lowest: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which series are read: metrics by name, or by the end of their name, with these attributes."""

    metrics: Sequence[str]
    endings: Sequence[str]
    keys: Sequence[str]
