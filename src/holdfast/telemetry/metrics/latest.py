"""Reads the newest values of many metrics at once, by series: what a plot reads of one metric, for all.

A plot asks five questions of the engine for each metric; a table of thirty signals would ask 150. Here it is
one for the series, and one for the points of each kind.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.metrics.grid import STALE_AFTER_SECONDS
from holdfast.telemetry.metrics.model import EARLIER_SECONDS, TEMPORALITIES, Kind, Latest, Temporality, Wanted
from holdfast.telemetry.metrics.store import _SEEN, SERIES_MOST, seconds
from holdfast.telemetry.metrics.tables import POINT_TABLES, SERIES_TABLE
from holdfast.telemetry.warehouse.instants import between, nanoseconds
from holdfast.telemetry.warehouse.protocol import Row, Warehouse

READ_AT_MOST = timedelta(hours=1)
"""How far back from the end of a range values are read; the highest value is of this time."""

_Values = tuple[float, float, float | None, float | None]
"""Of a series the newest value, the highest, that of ten minutes before, and the lowest."""

_EARLIER = timedelta(seconds=EARLIER_SECONDS)
_STALE_NANOSECONDS = STALE_AFTER_SECONDS * 1_000_000_000
_STALE = timedelta(seconds=STALE_AFTER_SECONDS)
_LEVELS = (Kind.GAUGE, Kind.SUM)
_VALUES = {kind: "Value" if kind in _LEVELS else "Sum" for kind in Kind}
_SUMMED = {kind: value for kind, value in _VALUES.items() if kind is not Kind.GAUGE}
_AT = "toUnixTimestamp64Nano(toDateTime64(TimeUnix, 9))"
_SIDES = ("ResourceAttributes", "Attributes")


@dataclass(frozen=True, slots=True)
class _Series:
    number: int
    metric: str
    kind: Kind
    unit: str
    temporality: Temporality
    is_monotonic: bool
    service: str
    attributes: Mapping[str, str]

    @property
    def is_counted(self) -> bool:
        is_delta = self.temporality is Temporality.DELTA
        return self.kind not in _LEVELS or self.is_monotonic or (self.kind is Kind.SUM and is_delta)


class LatestStore:
    """Reads newest values."""

    def __init__(self, warehouse: Warehouse, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._names = names

    def of_service(self, service: ServiceId, wanted: Wanted, within: TimeRange) -> list[Latest]:
        """Return the newest values that a service sent itself."""
        where = (
            "Sender IN {senders:Array(String)} AND Environment = {environment:String} "
            "AND Namespace = {namespace:String}"
        )
        asked = {
            "senders": list(self._names.sent_as(service.name)),
            "environment": service.environment,
            "namespace": service.namespace,
        }
        return self._read(wanted, where, asked, within)

    def about(
        self, wanted: Wanted, within: TimeRange, places: Mapping[Sequence[str], Collection[str]]
    ) -> list[Latest]:
        """Return the newest values that agents sent about pods or hosts, whose names an attribute has.

        `places` has their names by the attributes that may have them.
        """
        parts, asked = [], {}
        for number, (keys, names) in enumerate(places.items()):
            for key in keys:
                parts += [f"{side}['{key}'] IN {{places{number}:Array(String)}}" for side in _SIDES]
            asked[f"places{number}"] = sorted(names)
        return self._read(wanted, f"({' OR '.join(parts)})", asked, within) if parts else []

    def _read(
        self, wanted: Wanted, where: str, asked: Mapping[str, object], within: TimeRange
    ) -> list[Latest]:
        recent = TimeRange(max(within.start, within.end - READ_AT_MOST), within.end)
        every = self._series(wanted, where, asked, recent)
        values = dict(self._levels(every, recent)) | dict(self._rates(every, recent))
        return [
            Latest(one.number, one.metric, one.unit, one.attributes, *values[one.number])
            for one in every
            if one.number in values
        ]

    def _series(
        self, wanted: Wanted, where: str, asked: Mapping[str, object], within: TimeRange
    ) -> list[_Series]:
        kept = "mapFilter((k, v) -> k IN {keys:Array(String)}, %s)"
        rows = self._warehouse.query(
            "SELECT SeriesId, any(MetricName), any(Kind), any(Unit), any(Temporality), any(IsMonotonic), "
            f"any(ServiceName), anyLast({kept % 'ResourceAttributes'}), anyLast({kept % 's.Attributes'}) "
            f"FROM {SERIES_TABLE} AS s WHERE {_SEEN} AND (MetricName IN {{metrics:Array(String)}} OR "
            "arrayExists(ending -> endsWith(MetricName, ending), {endings:Array(String)})) "
            f"AND {where} GROUP BY SeriesId ORDER BY SeriesId LIMIT {SERIES_MOST}",
            {
                "metrics": list(wanted.metrics),
                "endings": list(wanted.endings),
                "keys": list(wanted.keys),
                **asked,
                **seconds(within),
            },
        )
        return [_series(row) for row in rows]

    def _levels(self, every: Sequence[_Series], within: TimeRange) -> Iterable[tuple[int, _Values]]:
        """Yield the newest value of what goes up and down, unless it is stale, and those before it."""
        earlier = nanoseconds(within.end - _EARLIER)
        is_earlier = f"bitAnd(Flags, 1) = 0 AND {_AT} > {earlier - _STALE_NANOSECONDS} AND {_AT} <= {earlier}"
        for kind in _LEVELS:
            chosen = [one for one in every if one.kind is kind and not one.is_counted]
            rows = self._points(
                kind,
                "argMax(Value, TimeUnix), maxIf(Value, bitAnd(Flags, 1) = 0), argMax(Flags, TimeUnix), "
                f"max({_AT}), minIf(Value, bitAnd(Flags, 1) = 0), "
                f"argMaxIf(Value, TimeUnix, {is_earlier}), countIf({is_earlier})",
                chosen,
                within,
            )
            for number, value, highest, flags, newest, lowest, before, are_earlier in rows:
                if not flags & 1 and newest >= nanoseconds(within.end - _STALE):
                    known = float(before) if are_earlier else None
                    yield number, (float(value), float(highest), known, float(lowest))

    def _rates(self, every: Sequence[_Series], within: TimeRange) -> Iterable[tuple[int, _Values]]:
        """Yield the increase per second of what only grows, if there are two points, and that before it."""
        before = dict(self._increases(every, within, within.end - _EARLIER))
        first = dict(self._increases(every, within, within.start + _STALE))
        for number, rate in self._increases(every, within, within.end):
            yield number, (rate, rate, before.get(number), first.get(number))

    def _increases(
        self, every: Sequence[_Series], within: TimeRange, until: datetime
    ) -> Iterable[tuple[int, float]]:
        if until <= within.start:
            return
        recent = TimeRange(max(within.start, until - _STALE), until)
        for kind, is_delta in product(_SUMMED, (False, True)):
            chosen = [
                one
                for one in every
                if one.kind is kind and one.is_counted and (one.temporality is Temporality.DELTA) is is_delta
            ]
            rows = self._points(kind, _increase(_SUMMED[kind], is_delta=is_delta), chosen, recent)
            for number, increase, over in rows:
                if over > 0:
                    yield number, float(increase) / over

    def _points(
        self, kind: Kind, columns: str, chosen: Sequence[_Series], within: TimeRange
    ) -> Sequence[Row]:
        if not chosen:
            return ()
        return self._warehouse.query(
            f"SELECT SeriesId, {columns} FROM {POINT_TABLES[kind]} WHERE ServiceName IN "
            f"{{services:Array(String)}} AND MetricName IN {{metrics:Array(String)}} "
            f"AND {between('TimeUnix', 'since', 'until')} AND SeriesId IN {{series:Array(UInt64)}} "
            f"AND isFinite({_VALUES[kind]}) GROUP BY SeriesId",
            {
                "services": sorted({one.service for one in chosen}),
                "metrics": sorted({one.metric for one in chosen}),
                "series": [one.number for one in chosen],
                "since": nanoseconds(within.start),
                "until": nanoseconds(within.end),
            },
        )


def _increase(value: str, *, is_delta: bool) -> str:
    """Return the expressions for a series' increase between its first and last point, and for the seconds.

    A value below the one before begins again after a restart. The first delta counts from before the points.
    """
    known = f"arraySort(groupUniqArray(({_AT}, {value})))"
    values = f"arrayMap(one -> one.2, {known})"
    grown = f"if(y < x, y, y - x), arrayPopBack({values}), arrayPopFront({values})"
    increase = f"arraySum(arrayPopFront({values}))" if is_delta else f"arraySum((x, y) -> {grown})"
    return f"{increase}, (max({_AT}) - min({_AT})) / 1e9"


def _series(row: Row) -> _Series:
    number, metric, kind, unit, temporality, is_monotonic, service, resource, attributes = row
    return _Series(
        number,
        metric,
        Kind(kind),
        unit,
        TEMPORALITIES[temporality if temporality < len(TEMPORALITIES) else 0],
        bool(is_monotonic),
        service,
        {**dict(resource), **dict(attributes)},
    )
