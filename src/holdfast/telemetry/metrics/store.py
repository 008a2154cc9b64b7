"""Reads the table of series: metrics, their attributes, and the series of a plot."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.columns import PLACED
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter, ServiceId
from holdfast.telemetry.identity.senders import stored_as
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.metrics.model import (
    EACH,
    SERVICE,
    TEMPORALITIES,
    Attribute,
    Filter,
    FilterOperator,
    Kind,
    Place,
    Stream,
)
from holdfast.telemetry.metrics.places import ALIASES, as_compared
from holdfast.telemetry.metrics.tables import SERIES_TABLE
from holdfast.telemetry.names.store import BOUNDED_VALUES
from holdfast.telemetry.warehouse.instants import before, second_from, second_of, since
from holdfast.telemetry.warehouse.protocol import Warehouse

SERIES_MOST = 20_000
"""Most series one plot may read. More means a forgotten filter, and would slow the engine for others."""
SERVICES_SHOWN = 50
VALUES_SHOWN = 20
PACE_SERIES = 16
PACE_SECONDS = 3_600
STREAMS_MOST = 50

_SEEN = (
    "Day >= toDate({from:UInt32}, 'UTC') AND Day <= toDate({to:UInt32}, 'UTC') "
    f"AND {since('LastSeen', 'from')} AND {before('FirstSeen', 'to')}"
)
_OF_STREAM = (
    "MetricName = {metric:String} AND Kind = {kind:String} AND Unit = {unit:String} "
    "AND Temporality = {temporality:UInt8} AND IsMonotonic = {monotonic:Bool}"
)
_STREAM_COLUMNS = (
    "MetricName, Kind, Unit, Temporality, IsMonotonic, any(Description), "
    f"arraySort(groupUniqArray({SERVICES_SHOWN})(Sender)), uniqExact(SeriesId) AS series, "
    "toUInt32(max(LastSeen)), "
    + ", ".join(f"arraySort(groupUniqArray({SERVICES_SHOWN})({name}))" for name in PLACED)
)
_SENDER = "[toString(Sender), toString(Namespace), toString(Environment)]"


@dataclass(frozen=True, slots=True)
class SelectedSeries:
    """The series of a plot by group, and the time of their newest point.

    `groups` maps a group's number to its attributes' values and its number of series, `senders` to the
    services that sent them; `sample` has the numbers of a few series.
    """

    groups: Mapping[int, tuple[tuple[str, ...], int]]
    senders: Mapping[int, Collection[ServiceId]]
    newest_epoch: int
    sample: tuple[int, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The names of services under which points of all senders may be stored."""
        return tuple(stored_as(one.name for one in self.every_sender))

    @property
    def every_sender(self) -> frozenset[ServiceId]:
        """The senders of all series."""
        return frozenset(one for senders in self.senders.values() for one in senders)

    @property
    def series(self) -> int:
        """The number of series."""
        return sum(series for _, series in self.groups.values())


@dataclass(frozen=True, slots=True)
class StreamSelection:
    """A selection of a stream's series, and their grouping: by attributes, or each (`*`).

    Groups are `split` by environment or namespace where services of one name must not be added up.
    """

    stream: Stream
    filters: tuple[Filter, ...]
    by: tuple[str, ...]
    scope: PlaceFilter = EVERYWHERE
    cluster: str | None = None
    split: tuple[str, ...] = ()

    @property
    def is_each(self) -> bool:
        """Whether every series is a line of its own."""
        return self.by == (EACH,)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of a group's values."""
        return (*self.by, *self.split)

    def parameters(self, within: TimeRange) -> dict[str, object]:
        """Return the parameters of its SQL."""
        stream = self.stream
        return {
            "metric": stream.metric,
            "kind": stream.kind.value,
            "unit": stream.unit,
            "temporality": TEMPORALITIES.index(stream.temporality),
            "monotonic": stream.is_monotonic,
            **seconds(within),
            **{f"key{n}": one.key for n, one in enumerate(self.filters)},
            **{f"value{n}": one.value for n, one in enumerate(self.filters)},
            **{f"alias{n}": as_compared(one.key, one.value) for n, one in enumerate(self.filters)},
            **_placed(self.scope, self.cluster),
            **{f"by{n}": key for n, key in enumerate(self.by)},
        }

    def where(self) -> str:
        """Return the conditions on the table of series."""
        conditions = (_condition(n, one) for n, one in enumerate(self.filters))
        return " AND ".join((_OF_STREAM, _SEEN, *conditions, *_in(self.scope, self.cluster)))

    def group(self) -> str:
        """Return the expression for the number of a series' group."""
        return "SeriesId" if self.is_each else f"cityHash64({self.values()})"

    def values(self) -> str:
        """Return the expression for the values of the attributes it is grouped by."""
        if self.is_each or not self.keys:
            return "CAST([], 'Array(String)')"
        by = (_attribute(key, f"{{by{n}:String}}") for n, key in enumerate(self.by))
        return f"[{', '.join((*by, *(f'toString({ALIASES[key]})' for key in self.split)))}]"

    def groups_select(self) -> str:
        """Return the SELECT of series with their groups."""
        return (
            f"SELECT SeriesId, any({self.group()}) AS g FROM {SERIES_TABLE} WHERE {self.where()} "
            "GROUP BY SeriesId"
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """Which metrics a list has: those with `text` in their name, and with points of a service and a place.

    An empty text or service is any.
    """

    text: str = ""
    service: str = ""
    scope: PlaceFilter = EVERYWHERE
    cluster: str | None = None


def seconds(within: TimeRange) -> dict[str, object]:
    """Return the SQL parameters of a range: the seconds since 1970 that it touches."""
    return {"from": second_of(within.start), "to": second_from(within.end)}


def _attribute(key: str, parameter: str) -> str:
    """Return the expression for an attribute: the point's, else the resource's, else empty.

    Without an attribute of that name, an alias is what it stands for.
    """
    if key == SERVICE:
        return "toString(Sender)"
    other = f"ResourceAttributes[{parameter}]"
    if key in ALIASES:
        other = f"if(mapContains(ResourceAttributes, {parameter}), {other}, toString({ALIASES[key]}))"
    return f"if(mapContains(Attributes, {parameter}), Attributes[{parameter}], {other})"


def _condition(number: int, one: Filter) -> str:
    key, wanted = f"{{key{number}:String}}", f"{{value{number}:String}}"
    if one.match is FilterOperator.CONTAINS:
        return f"positionCaseInsensitiveUTF8({_attribute(one.key, key)}, {wanted}) > 0"
    if one.key not in ALIASES:
        return f"{_attribute(one.key, key)} {one.match} {wanted}"
    is_attribute = f"mapContains(Attributes, {key}) OR mapContains(ResourceAttributes, {key})"
    return f"{_attribute(one.key, key)} {one.match} if({is_attribute}, {wanted}, {{alias{number}:String}})"


def _in(scope: PlaceFilter, cluster: str | None) -> list[str]:
    """Return the conditions for senders in an environment, namespace, region and cluster."""
    return [f"{ALIASES[key]} = {{of_{key}:String}}" for key in _limits(scope, cluster)]


def _placed(scope: PlaceFilter, cluster: str | None) -> dict[str, object]:
    return {f"of_{key}": value for key, value in _limits(scope, cluster).items()}


def _limits(scope: PlaceFilter, cluster: str | None) -> dict[str, str]:
    limits = {
        "environment": scope.environment,
        "namespace": scope.namespace,
        "region": scope.region,
        "cluster": cluster,
    }
    return {key: value for key, value in limits.items() if value is not None}


class MetricStore:
    """Reads the table of series and the tables of points."""

    def __init__(self, warehouse: Warehouse, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._names = names

    def listing(self, within: TimeRange, wanted: Listed, *, after: str, limit: int) -> list[Stream]:
        """Return the streams of up to `limit` metrics by name, after the name `after`."""
        parts = [
            _SEEN,
            "MetricName > {after:String}",
            "positionCaseInsensitiveUTF8(MetricName, {text:String}) > 0",
            *(["Sender IN {services:Array(String)}"] if wanted.service else []),
            *_in(wanted.scope, wanted.cluster),
        ]
        where = " AND ".join(parts)
        rows = self._warehouse.query(
            f"SELECT {_STREAM_COLUMNS} FROM {SERIES_TABLE} WHERE {where} AND MetricName IN ("
            f"SELECT DISTINCT MetricName FROM {SERIES_TABLE} WHERE {where} ORDER BY MetricName "
            "LIMIT {limit:UInt32}) GROUP BY MetricName, Kind, Unit, Temporality, IsMonotonic "
            f"ORDER BY MetricName, series DESC LIMIT {STREAMS_MOST} BY MetricName",
            {
                "text": wanted.text,
                "services": list(self._names.sent_as(wanted.service)),
                "after": after,
                "limit": limit,
                **seconds(within),
                **_placed(wanted.scope, wanted.cluster),
            },
        )
        return [_stream(row) for row in rows]

    def streams(self, metric: str, within: TimeRange) -> list[Stream]:
        """Return the streams of a metric, those with most series first."""
        rows = self._warehouse.query(
            f"SELECT {_STREAM_COLUMNS} FROM {SERIES_TABLE} WHERE MetricName = {{metric:String}} AND {_SEEN} "
            "GROUP BY MetricName, Kind, Unit, Temporality, IsMonotonic "
            f"ORDER BY series DESC, Kind, Unit LIMIT {STREAMS_MOST}",
            {"metric": metric, **seconds(within)},
        )
        return [_stream(row) for row in rows]

    def attributes(self, metric: str, within: TimeRange) -> list[Attribute]:
        """Return the attributes of a metric's series with their most frequent values, points' first.

        If an attribute is sent twice, its first value counts, as in `map[key]`.
        """
        rows = self._warehouse.query(
            "SELECT place, key, count() AS values, arraySlice(arrayReverseSort(x -> x.2, groupArray((value, "
            f"series))), 1, {VALUES_SHOWN}) AS commonest FROM (SELECT place, pair.1 AS key, pair.2 AS value, "
            "uniqExact(SeriesId) AS series FROM (SELECT SeriesId, arrayJoin([('point', Attributes), "
            "('resource', ResourceAttributes)]) AS side, side.1 AS place, "
            "CAST(side.2, 'Array(Tuple(String, String))') AS pairs, arrayJoin(arrayFilter((pair, nth) -> "
            f"nth = 1, pairs, arrayEnumerateUniq(pairs.1))) AS pair FROM {SERIES_TABLE} "
            f"WHERE MetricName = {{metric:String}} AND {_SEEN}) GROUP BY place, key, value) "
            f"GROUP BY place, key ORDER BY place, values DESC, key LIMIT 200{BOUNDED_VALUES}",
            {"metric": metric, **seconds(within)},
        )
        return [
            Attribute(key, Place(place), values, tuple((_field(one, 0), _field(one, 1)) for one in commonest))
            for place, key, values, commonest in rows
        ]

    def selected(self, selection: StreamSelection, within: TimeRange) -> SelectedSeries:
        """Return the selected series by group; one more than may be read, if there are too many."""
        rows = self._warehouse.query(
            "SELECT g, any(labels), count(), groupUniqArray(sender), toUInt32(max(seen)), "
            "groupArray(16)(SeriesId) "
            f"FROM (SELECT SeriesId, any({selection.group()}) AS g, any({selection.values()}) AS labels, "
            f"any({_SENDER}) AS sender, max(LastSeen) AS seen FROM {SERIES_TABLE} "
            f"WHERE {selection.where()} GROUP BY SeriesId LIMIT {SERIES_MOST + 1}) GROUP BY g",
            selection.parameters(within),
        )
        senders = {row[0]: frozenset(ServiceId(*one) for one in row[3]) for row in rows}
        newest = max((row[4] for row in rows), default=0)
        sample = tuple(islice((series for row in rows for series in row[5]), PACE_SERIES))
        return SelectedSeries({row[0]: (tuple(row[1]), row[2]) for row in rows}, senders, newest, sample)

    def labels(
        self, selection: StreamSelection, within: TimeRange, series: Sequence[int]
    ) -> dict[int, dict[str, str]]:
        """Return all attributes of some series by their numbers."""
        rows = self._warehouse.query(
            f"SELECT SeriesId, any(Sender), anyLast(ResourceAttributes), anyLast(s.Attributes) "
            f"FROM {SERIES_TABLE} AS s WHERE {_OF_STREAM} AND {_SEEN} AND SeriesId IN "
            f"{{series:Array(UInt64)}} "
            "GROUP BY SeriesId",
            {**selection.parameters(within), "series": list(series)},
        )
        return {row[0]: {SERVICE: row[1], **dict(row[2]), **dict(row[3])} for row in rows}


def _stream(row: tuple[Any, ...]) -> Stream:
    return Stream(
        metric=row[0],
        kind=Kind(row[1]),
        unit=row[2],
        temporality=TEMPORALITIES[row[3] if row[3] < len(TEMPORALITIES) else 0],
        is_monotonic=bool(row[4]),
        description=row[5],
        services=tuple(row[6]),
        series=row[7],
        last_seen_epoch=row[8],
        environments=tuple(row[9]),
        namespaces=tuple(row[10]),
        regions=tuple(row[11]),
    )


def _field(pair: Any, place: int) -> Any:
    """Return a field of an engine's tuple, which in Arrow is a struct with numbered fields."""
    return pair[str(place + 1)] if isinstance(pair, dict) else pair[place]
