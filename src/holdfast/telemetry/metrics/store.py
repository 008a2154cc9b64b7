"""Reads the table of series: which metrics there are, their attributes, and the series of a plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.instants import before, second_from, second_of, since
from holdfast.telemetry.metrics.model import (
    EACH,
    SERVICE,
    TEMPORALITIES,
    Attribute,
    Filter,
    Kind,
    Match,
    Place,
    Stream,
)
from holdfast.telemetry.metrics.tables import SERIES_TABLE
from holdfast.telemetry.name_store import BOUNDED_VALUES
from holdfast.telemetry.warehouse import Warehouse

SERIES_MOST = 20_000
"""Series one plot may read. More is a filter forgotten, and would take the engine from those who page."""
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
    f"arraySort(groupUniqArray({SERVICES_SHOWN})(ServiceName)), uniqExact(SeriesId) AS series, "
    "toUInt32(max(LastSeen))"
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The series of a plot by group, and when the newest of their points came.

    `groups` holds the number of a group with its attributes' values and how many series it has; `sample` the
    numbers of a few series.
    """

    groups: Mapping[int, tuple[tuple[str, ...], int]]
    services: tuple[str, ...]
    newest_epoch: int
    sample: tuple[int, ...]

    @property
    def series(self) -> int:
        """How many series there are."""
        return sum(series for _, series in self.groups.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """Which series of a stream are asked for, and how they are grouped: by attributes, or each (`*`)."""

    stream: Stream
    filters: tuple[Filter, ...]
    by: tuple[str, ...]

    @property
    def is_each(self) -> bool:
        """Whether every series is a line of its own."""
        return self.by == (EACH,)

    def parameters(self, within: TimeRange) -> dict[str, object]:
        """Return the values of its SQL."""
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
            **{f"by{n}": key for n, key in enumerate(self.by)},
        }

    def where(self) -> str:
        """Return the conditions on the table of series."""
        return " AND ".join((_OF_STREAM, _SEEN, *(_condition(n, one) for n, one in enumerate(self.filters))))

    def group(self) -> str:
        """Return the expression for the number of a series' group."""
        return "SeriesId" if self.is_each else f"cityHash64({self.values()})"

    def values(self) -> str:
        """Return the expression for the values of the attributes it is grouped by."""
        if self.is_each or not self.by:
            return "CAST([], 'Array(String)')"
        return f"[{', '.join(_attribute(f'{{by{n}:String}}') for n, _ in enumerate(self.by))}]"

    def groups_select(self) -> str:
        """Return the SELECT of series with their groups."""
        return (
            f"SELECT SeriesId, any({self.group()}) AS g FROM {SERIES_TABLE} WHERE {self.where()} "
            "GROUP BY SeriesId"
        )


def seconds(within: TimeRange) -> dict[str, object]:
    """Return a range as the values of its SQL: the seconds since 1970 that it touches."""
    return {"from": second_of(within.start), "to": second_from(within.end)}


def _attribute(key: str) -> str:
    """Return the expression for an attribute: the point's, else the resource's, else empty."""
    return (
        f"multiIf({key} = '{SERVICE}', toString(ServiceName), mapContains(Attributes, {key}), "
        f"Attributes[{key}], "
        f"ResourceAttributes[{key}])"
    )


def _condition(number: int, one: Filter) -> str:
    found, wanted = _attribute(f"{{key{number}:String}}"), f"{{value{number}:String}}"
    if one.match is Match.CONTAINS:
        return f"positionCaseInsensitiveUTF8({found}, {wanted}) > 0"
    return f"{found} {one.match} {wanted}"


class MetricStore:
    """Reads the table of series and the tables of points."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def listing(self, within: TimeRange, *, text: str, service: str, after: str, limit: int) -> list[Stream]:
        """Return the streams of up to `limit` metrics by name, behind the name `after`.

        Metrics have a name that holds `text` and, unless `service` is empty, points of that service.
        """
        only = "AND ServiceName = {service:String}" if service else ""
        where = (
            f"{_SEEN} AND MetricName > {{after:String}} "
            f"AND positionCaseInsensitiveUTF8(MetricName, {{text:String}}) > 0 {only}"
        )
        rows = self._warehouse.query(
            f"SELECT {_STREAM_COLUMNS} FROM {SERIES_TABLE} WHERE {where} AND MetricName IN ("
            f"SELECT DISTINCT MetricName FROM {SERIES_TABLE} WHERE {where} ORDER BY MetricName "
            "LIMIT {limit:UInt32}) GROUP BY MetricName, Kind, Unit, Temporality, IsMonotonic "
            f"ORDER BY MetricName, series DESC LIMIT {STREAMS_MOST} BY MetricName",
            {"text": text, "service": service, "after": after, "limit": limit, **seconds(within)},
        )
        return [_stream(row) for row in rows]

    def streams(self, metric: str, within: TimeRange) -> list[Stream]:
        """Return the streams of a metric, those of most series first."""
        rows = self._warehouse.query(
            f"SELECT {_STREAM_COLUMNS} FROM {SERIES_TABLE} WHERE MetricName = {{metric:String}} AND {_SEEN} "
            "GROUP BY MetricName, Kind, Unit, Temporality, IsMonotonic "
            f"ORDER BY series DESC, Kind, Unit LIMIT {STREAMS_MOST}",
            {"metric": metric, **seconds(within)},
        )
        return [_stream(row) for row in rows]

    def attributes(self, metric: str, within: TimeRange) -> list[Attribute]:
        """Return the attributes of a metric's series with their commonest values, points' first."""
        rows = self._warehouse.query(
            "SELECT place, key, count() AS values, arraySlice(arrayReverseSort(x -> x.2, groupArray((value, "
            f"series))), 1, {VALUES_SHOWN}) AS commonest FROM (SELECT place, pair.1 AS key, pair.2 AS value, "
            "uniqExact(SeriesId) AS series FROM (SELECT SeriesId, arrayJoin([('point', Attributes), "
            "('resource', ResourceAttributes)]) AS side, side.1 AS place, "
            f"arrayJoin(CAST(side.2, 'Array(Tuple(String, String))')) AS pair FROM {SERIES_TABLE} "
            f"WHERE MetricName = {{metric:String}} AND {_SEEN}) GROUP BY place, key, value) "
            f"GROUP BY place, key ORDER BY place, values DESC, key LIMIT 200{BOUNDED_VALUES}",
            {"metric": metric, **seconds(within)},
        )
        return [
            Attribute(key, Place(place), values, tuple((_field(one, 0), _field(one, 1)) for one in commonest))
            for place, key, values, commonest in rows
        ]

    def chosen(self, choice: Choice, within: TimeRange) -> Chosen:
        """Return the series asked for by group; one more than may be read, if there are too many."""
        rows = self._warehouse.query(
            "SELECT g, any(labels), count(), groupUniqArray(sender), toUInt32(max(seen)), "
            "groupArray(16)(SeriesId) "
            f"FROM (SELECT SeriesId, any({choice.group()}) AS g, any({choice.values()}) AS labels, "
            f"any(ServiceName) AS sender, max(LastSeen) AS seen FROM {SERIES_TABLE} "
            f"WHERE {choice.where()} GROUP BY SeriesId LIMIT {SERIES_MOST + 1}) GROUP BY g",
            choice.parameters(within),
        )
        services = sorted({service for row in rows for service in row[3]})
        newest = max((row[4] for row in rows), default=0)
        sample = tuple(islice((series for row in rows for series in row[5]), PACE_SERIES))
        return Chosen({row[0]: (tuple(row[1]), row[2]) for row in rows}, tuple(services), newest, sample)

    def labels(self, choice: Choice, within: TimeRange, series: Sequence[int]) -> dict[int, dict[str, str]]:
        """Return all attributes of some series by their numbers."""
        rows = self._warehouse.query(
            f"SELECT SeriesId, any(ServiceName), anyLast(ResourceAttributes), anyLast(s.Attributes) "
            f"FROM {SERIES_TABLE} AS s WHERE {_OF_STREAM} AND {_SEEN} AND SeriesId IN "
            f"{{series:Array(UInt64)}} "
            "GROUP BY SeriesId",
            {**choice.parameters(within), "series": list(series)},
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
    )


def _field(pair: Any, place: int) -> Any:
    """Return a field of what the engine calls a tuple, and Arrow a struct with numbered fields."""
    return pair[str(place + 1)] if isinstance(pair, dict) else pair[place]
