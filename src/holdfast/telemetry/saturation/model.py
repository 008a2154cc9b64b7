"""How full each resource of a service is, from newest values and a table of signals. Pure.

A signal is a resource that can be full: how its use is read, how its limit, and in which unit. Of several
readings the first that was sent counts: conventions have older names, and Prometheus has its own. Every
instance is compared with its own limit, and the fullest is shown: an average hides the one that is full.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from holdfast.telemetry.identity.instances import HOST_KEY, POD_KEY, instance_of
from holdfast.telemetry.metrics.model import Latest
from holdfast.telemetry.saturation.host_users import HostUser, users_text
from holdfast.telemetry.saturation.trend import NO_TREND, Trend, grown, grown_in_hour, trend_text
from holdfast.telemetry.saturation.units import Unit, scale_of, short, text

NEARLY = 0.8
"""Nearly full from here on: before one server that is busy four fifths of the time, waiting takes four times
as long as the work (M/M/1)."""
ROWS_MOST = 30
PARTS_MOST = 6
"""Rows of one signal: a service may have a pool for each of hundreds of databases."""
_NO_LIMIT_FROM = 2.0**62
"""Go and others write the largest number where nothing is limited."""

POD_KEYS = (POD_KEY, "pod")
HOST_KEYS = (HOST_KEY,)


class MergedBy(StrEnum):
    """How several series of one instance become one value."""

    SUM = "sum"
    MOST = "most"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class SeriesCondition:
    """A condition on series: one of `keys` has one of `values`, or with `is_excluded` none of them."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    is_excluded: bool = False

    def holds(self, attributes: Mapping[str, str]) -> bool:
        """Return whether a series with these attributes meets it."""
        found = next((attributes[key] for key in self.keys if key in attributes), "")
        return (found in self.values) is not self.is_excluded


@dataclass(frozen=True, slots=True)
class Reading:
    """How an amount is read from a metric; a name that begins with `*` is the end of any name.

    `is_free` marks a share that is not used, `is_ratio` the share of a limit that is used: the limit follows.
    """

    metric: str
    where: tuple[SeriesCondition, ...] = ()
    merge: MergedBy = MergedBy.SUM
    is_free: bool = False
    is_ratio: bool = False

    def takes(self, one: Latest) -> bool:
        """Return whether it reads a series of its metric."""
        return all(condition.holds(one.attributes) for condition in self.where)


@dataclass(frozen=True, slots=True)
class SaturationSignal:
    """A resource that can be full. Of signals with one `key` the first with a limit is shown, or the first.

    `part` are the attributes that name which of several: a pool, a queue, a container; `limit_part` those of
    limits, if they differ. `limits` are read of the same instance, `host_limits` of its host; `most` is a
    limit known without being sent. One that `is_of_host` is read by host. One that `needs_limit` says nothing
    without it.
    """

    key: str
    title: str
    unit: Unit
    used: tuple[Reading, ...]
    limits: tuple[Reading, ...] = ()
    host_limits: tuple[Reading, ...] = ()
    part: tuple[str, ...] = ()
    limit_part: tuple[str, ...] = ()
    most: float | None = None
    is_of_host: bool = False
    needs_limit: bool = False


class Level(StrEnum):
    """How full a resource is."""

    FULL = "full"
    NEARLY_FULL = "nearly_full"
    FREE = "free"
    NO_LIMIT = "no_limit"


@dataclass(frozen=True, slots=True)
class Fill:
    """One resource of a service in its fullest instance; `limit` is None if none was sent.

    `instances` have it, in `tight_instances` it is full or nearly full; `highest` is the most of its hour.
    `users` are the processes that use most of a host's CPU.
    """

    signal: SaturationSignal
    part: str
    used: float
    limit: float | None
    highest: float
    instance: str
    instances: int
    metric: str
    limit_metric: str | None
    trend: Trend = NO_TREND
    users: tuple[HostUser, ...] = ()
    tight_instances: int = 0

    @property
    def is_growing(self) -> bool:
        """Whether it uses much more than ten minutes before, or of memory than in the last hour."""
        unit = self.signal.unit
        return bool(grown(self.used, self.trend, unit) or grown_in_hour(self.used, self.trend, unit))

    @property
    def detail(self) -> str:
        """How its use grew, or whose it is; empty if there is nothing to say."""
        grew = trend_text(self.used, self.limit, self.trend, self.signal.unit)
        return "; ".join(filter(None, (grew, users_text(self.users))))

    @property
    def urgency(self) -> tuple[int, float]:
        """The place among others: full or nearly full, what grows, what its host lacks, then the fullest."""
        own = 0 if self.signal.is_of_host else 3
        rank = {Level.FULL: own + 2, Level.NEARLY_FULL: own + 1}.get(self.level, 3 if self.is_growing else 0)
        return rank, -1.0 if self.ratio is None else self.ratio

    @property
    def ratio(self) -> float | None:
        """The share of the limit that is used."""
        return None if self.limit is None else self.used / self.limit

    @property
    def level(self) -> Level:
        """How full it is."""
        if self.ratio is None:
            return Level.NO_LIMIT
        if self.ratio >= 1:
            return Level.FULL
        return Level.NEARLY_FULL if self.ratio >= NEARLY else Level.FREE

    @property
    def is_tight(self) -> bool:
        """Whether it is full or nearly full."""
        return self.level in (Level.FULL, Level.NEARLY_FULL)

    @property
    def title(self) -> str:
        """The name of the resource, with which of several."""
        return f"{self.signal.title}, {self.part}" if self.part else self.signal.title

    @property
    def text(self) -> str:
        """The amount used and its limit in units: `27 of 30 connections`."""
        return text(self.used, self.limit, self.signal.unit)

    @property
    def short_text(self) -> str:
        """The same beside the title, which says what is counted: `27 of 30`."""
        return short(self.used, self.limit, self.signal.unit)

    @property
    def highest_text(self) -> str:
        """The most that was used, in the same units."""
        return text(self.highest, self.limit, self.signal.unit)


@dataclass(frozen=True, slots=True)
class _Place:
    """Which instance has an amount, which of several parts, and on which host."""

    instance: str
    part: str
    host: str


@dataclass(frozen=True, slots=True)
class _Amount:
    value: float
    highest: float
    metric: str
    trend: Trend = NO_TREND


@dataclass(slots=True)
class _Amounts:
    """The amounts of one signal: by place, and the limits where they are looked for."""

    used: dict[_Place, _Amount]
    by_part: dict[tuple[str, str], _Amount] = field(default_factory=dict)
    by_instance: dict[str, _Amount] = field(default_factory=dict)
    by_host: dict[str, _Amount] = field(default_factory=dict)
    ratios: dict[tuple[str, str], _Amount] = field(default_factory=dict)

    def limit(self, place: _Place, signal: SaturationSignal) -> _Amount | None:
        """Return the limit of a place: its own, that of its instance, or that of its host."""
        own = self.by_part.get((place.instance, place.part))
        ratio = self.ratios.get((place.instance, place.part))
        if own is None and ratio is not None and ratio.value > 0:
            limit = self.used[place].value / ratio.value
            own = _Amount(limit, limit, ratio.metric)
        if own is None and signal.most is not None:
            own = _Amount(signal.most, signal.most, "")
        return own or self.by_instance.get(place.instance) or self.by_host.get(place.host)


class _Values:
    """Newest values by metric; the end of a name finds no metric that another reading names in full."""

    def __init__(self, values: Iterable[Latest], exact: Collection[str]) -> None:
        self._of_metric: dict[str, list[Latest]] = {}
        for one in values:
            self._of_metric.setdefault(one.metric, []).append(one)
        self._unnamed = [metric for metric in self._of_metric if metric not in exact]

    def of(self, reading: Reading) -> Iterator[Latest]:
        """Yield the series that a reading takes."""
        named = [reading.metric]
        if reading.metric.startswith("*"):
            named = [metric for metric in self._unnamed if metric.endswith(reading.metric[1:])]
        for metric in named:
            yield from filter(reading.takes, self._of_metric.get(metric, ()))


def fills(signals: Sequence[SaturationSignal], values: Iterable[Latest]) -> list[Fill]:
    """Return the resources of a service: the fullest first, then those without a limit as in the table."""
    every = _Values(values, {one.metric for signal in signals for one in readings(signal)})
    of_key: dict[str, list[list[Fill]]] = {}
    for signal in signals:
        found = _of_signal(signal, every)
        if found:
            of_key.setdefault(signal.key, []).append(found)
    chosen = [
        next((found for found in candidates if found[0].limit is not None), candidates[0])
        for candidates in of_key.values()
    ]
    shown = [one for found in chosen for one in found[:PARTS_MOST]]
    return sorted(shown, key=lambda one: one.urgency, reverse=True)[:ROWS_MOST]


def sentence(found: Sequence[Fill]) -> str:
    """Return what is full or nearly full, and where, and what grows; the service's own before its host's."""
    own = [one for one in found if one.is_tight and not one.signal.is_of_host]
    growing = [one for one in found if one.is_growing and not one.is_tight]
    host = [one for one in found if one.is_tight and one.signal.is_of_host]
    if own or growing or host:
        return " ".join(filter(None, (_tight(own), *map(_growing, growing[:1]), _tight(host))))
    return "Nothing is nearly full." if any(one.limit is not None for one in found) else ""


def own_trouble(found: Sequence[Fill]) -> str:
    """Return what is wrong with the resources of the service itself, in one sentence; empty if nothing is."""
    own = [one for one in found if not one.signal.is_of_host and (one.is_tight or one.is_growing)]
    return sentence(own) if own else ""


def _tight(tight: Sequence[Fill]) -> str:
    if not tight:
        return ""
    first = tight[0]
    word = "full" if first.level is Level.FULL else "nearly full"
    where = f" on {first.instance}" if first.instance else ""
    if first.tight_instances < first.instances:
        where += f", {first.tight_instances} of {first.instances} instances"
    more = f", and {len(tight) - 1} more" if len(tight) > 1 else ""
    detail = f"; {first.detail}" if first.detail else ""
    return f"{first.title} is {word}{where}: {first.text}{detail}{more}."


def _growing(one: Fill) -> str:
    where = f" of {one.instance}" if one.instance else ""
    return f"{one.title}{where} grew: {one.text}, {one.detail}."


def readings(signal: SaturationSignal) -> tuple[Reading, ...]:
    """Return everything that a signal reads."""
    return (*signal.used, *signal.limits, *signal.host_limits)


def _of_signal(signal: SaturationSignal, values: _Values) -> list[Fill]:
    """Return one row for each part of a signal, the fullest first."""
    amounts = _amounts(signal, values)
    of_part: dict[str, list[Fill]] = {}
    for place, used in amounts.used.items():
        limit = amounts.limit(place, signal)
        if limit is not None or not signal.needs_limit:
            of_part.setdefault(place.part, []).append(_fill(signal, place, used, limit))
    rows = [_fullest(every) for every in of_part.values()]
    return sorted(rows, key=lambda one: (one.ratio is None, -(one.ratio or 0.0), -one.used, one.part))


def _fill(signal: SaturationSignal, place: _Place, used: _Amount, limit: _Amount | None) -> Fill:
    return Fill(
        signal,
        place.part,
        used.value,
        limit.value if limit else None,
        max(used.value, used.highest),
        place.instance,
        1,
        used.metric,
        (limit.metric or None) if limit else None,
        used.trend,
    )


def _fullest(every: Sequence[Fill]) -> Fill:
    first = max(every, key=lambda one: (one.urgency, one.used, one.instance))
    tight = {one.instance for one in every if one.is_tight}
    return replace(first, instances=len({one.instance for one in every}), tight_instances=len(tight))


def _amounts(signal: SaturationSignal, values: _Values) -> _Amounts:
    limits = [one for one in signal.limits if not one.is_ratio]
    amounts = _Amounts(_read(signal.used, values, signal))
    for place, limit in _read(limits, values, signal, is_limit=True).items():
        amounts.by_part[place.instance, place.part] = limit
    # One that names no part is that of the whole instance, and so is that of its only container.
    parts = Counter(instance for instance, _ in amounts.by_part)
    for (instance, part), limit in amounts.by_part.items():
        if not part or parts[instance] == 1:
            amounts.by_instance[instance] = limit
    for place, limit in _read(signal.host_limits, values, signal, is_limit=True).items():
        amounts.by_host[place.host] = limit
    shares = [one for one in signal.limits if one.is_ratio]
    for place, share in _read(shares, values, signal).items():
        amounts.ratios[place.instance, place.part] = share
    return amounts


def _read(
    every: Iterable[Reading], values: _Values, signal: SaturationSignal, *, is_limit: bool = False
) -> dict[_Place, _Amount]:
    """Return the amounts by place; of several readings the first that a place has."""
    found: dict[_Place, _Amount] = {}
    for reading in every:
        of_place: dict[_Place, list[Latest]] = {}
        for one in values.of(reading):
            if not (is_limit and _is_unlimited(one.value)):
                place = _place(one.attributes, signal, (is_limit and signal.limit_part) or signal.part)
                of_place.setdefault(place, []).append(one)
        for place, series in of_place.items():
            found.setdefault(place, _merged(reading, series))
    return found


def _is_unlimited(value: float) -> bool:
    return value <= 0 or value >= _NO_LIMIT_FROM


def _merged(reading: Reading, series: Sequence[Latest]) -> _Amount:
    scaled = [(one.value * scale_of(one.unit), one.highest * scale_of(one.unit)) for one in series]
    value, highest = (_merge(reading.merge, numbers) for numbers in zip(*scaled, strict=True))
    trend = Trend(*(_merged_before(reading, series, which) for which in ("earlier", "lowest")))
    if reading.is_free:
        value = max(0.0, 1 - value)
    if reading.is_free or len(series) > 1:
        # Series are highest at different times: their highest values together were never used at once.
        highest = value
    return _Amount(value, highest, series[0].metric, NO_TREND if reading.is_free else trend)


def _merged_before(reading: Reading, series: Sequence[Latest], which: str) -> float | None:
    """Return what all series were before; None if one of them was not there."""
    values = [(getattr(one, which), scale_of(one.unit)) for one in series]
    known = [value * scale for value, scale in values if value is not None]
    return _merge(reading.merge, known) if len(known) == len(values) else None


def _merge(how: MergedBy, numbers: Sequence[float]) -> float:
    if how is MergedBy.MOST:
        return max(numbers)
    return sum(numbers) / (len(numbers) if how is MergedBy.MEAN else 1)


def _place(attributes: Mapping[str, str], signal: SaturationSignal, part: Iterable[str]) -> _Place:
    host, pod = _first(attributes, HOST_KEYS), _first(attributes, POD_KEYS)
    instance = host if signal.is_of_host else pod or instance_of(attributes)
    return _Place(instance, _first(attributes, part), host)


def _first(attributes: Mapping[str, str], keys: Iterable[str]) -> str:
    return next((attributes[key] for key in keys if attributes.get(key)), "")
