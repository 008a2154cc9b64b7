"""The map's statements: sides to be joined, joins, and reading edges."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.columns import PLACED
from holdfast.telemetry.servicemap.ends import OF_NODE
from holdfast.telemetry.servicemap.joining import (
    PROXIES_QUERY,
    busiest_edges,
    join_statement,
    shared_ids_query,
)
from holdfast.telemetry.servicemap.model import EdgeRow, Filters, NodeKey, PartRow
from holdfast.telemetry.servicemap.schedule import COARSE_SECONDS, SLICE_SECONDS, Interval, Joined
from holdfast.telemetry.servicemap.tables import DIMENSIONS, EDGE_TABLES, JOINED_COLUMNS, MEASURES
from holdfast.telemetry.warehouse.instants import between, instant, since, slices_within, until
from holdfast.telemetry.warehouse.name_caps import NAME_CAPS
from holdfast.telemetry.warehouse.protocol import Warehouse

EDGES_MOST = 5_000
"""More edges than anybody could read; those with the fewest calls are summed between `other`."""

ORIGINS_MOST = 20
PARTS_OF_ONE, PARTS_MOST = 60, 20_000
"""Most zones by versions that are read of one service, and of all."""

JOIN_SECONDS = 120.0
_DIMENSIONS = ", ".join(DIMENSIONS)
_SUMS = ", ".join(f"sum(e.{name}) AS {name}" for name in MEASURES) + ", sumMap(e.Latency) AS Latency"
_SINCE = between("Slice", "from", "to")


class JoinStore:
    """Counts sides and writes edges."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def sides(self, since: int, until: int) -> dict[int, int]:
        """Return the number of sides in each slice."""
        rows = self._warehouse.query(
            f"SELECT toUInt32(Slice), count() FROM holdfast_map_halves WHERE {_SINCE} GROUP BY Slice",
            {"from": since, "to": until},
        )
        return {slice_start: count for slice_start, count in rows}

    def joined(self, width: int, since: int, until: int) -> dict[int, Joined]:
        """Return the joins in force, by slice."""
        rows = self._warehouse.query(
            "SELECT toUInt32(Slice), max(Revision), argMax(Seen, Revision), "
            "toUInt32(argMax(JoinedAt, Revision)) FROM holdfast_map_joined "
            f"WHERE Width = {{width:UInt16}} AND {_SINCE} GROUP BY Slice",
            {"width": width, "from": since, "to": until},
        )
        return {slice_start: Joined(*joined) for slice_start, *joined in rows}

    def newest_revision(self) -> int:
        """Return the highest revision, or 0."""
        return int(self._warehouse.query("SELECT max(Revision) FROM holdfast_map_joined")[0][0])

    def join(self, interval: Interval, revision: int) -> None:
        """Compute the edges of an interval of slices; they count once they are put in force."""
        bounds = {"from": interval.start, "to": interval.end}
        with_proxies = self._is_there(PROXIES_QUERY, bounds)
        is_shared = self._is_there(shared_ids_query(with_proxies=with_proxies), bounds)
        statement = join_statement(with_proxies=with_proxies, with_shared_ids=is_shared)
        self._warehouse.command(statement, {**bounds, "revision": revision})

    def _is_there(self, asked: str, bounds: Mapping[str, int]) -> bool:
        rows = self._warehouse.query(asked, bounds)
        return bool(rows and rows[0][0])

    def add_up(self, block: int, revision: int) -> None:
        """Sum the edges of a block from those of its slices; they count once they are put in force."""
        edges = (
            f"SELECT {instant('Slice', 'from')} AS Slice, {_DIMENSIONS}, {_SUMS} "
            f"FROM {in_force(SLICE_SECONDS)} AS e GROUP BY {_DIMENSIONS}"
        )
        columns = f"{_DIMENSIONS}, {', '.join(MEASURES)}, Latency"
        self._warehouse.command(
            f"INSERT INTO {EDGE_TABLES[COARSE_SECONDS]} (Slice, Revision, {columns}) "
            f"SELECT Slice, {{revision:UInt64}}, {columns} "
            f"FROM ({busiest_edges(edges, NAME_CAPS.map_edges)})",
            {"from": block, "to": block + COARSE_SECONDS, "revision": revision},
        )

    def put_in_force(self, width: int, joins: Mapping[int, Joined]) -> None:
        """Put these joins in force, all at once."""
        rows: list[Mapping[str, object]] = [
            {
                "Width": width,
                "Slice": slice_start,
                "Revision": one.revision,
                "Seen": one.seen,
                "JoinedAt": one.at_epoch,
            }
            for slice_start, one in joins.items()
        ]
        self._warehouse.insert_rows("holdfast_map_joined", JOINED_COLUMNS, rows)


def in_force(width: int, where: str = "1", *, within: str = _SINCE) -> str:
    """Return the edges of one width in force, as a source to select from: of the slices `within`."""
    newest = (
        f"(SELECT Slice, max(Revision) FROM holdfast_map_joined WHERE Width = {width} AND {within} "
        "GROUP BY Slice)"
    )
    return (
        f"(SELECT * FROM {EDGE_TABLES[width]} WHERE {within} AND (Slice, Revision) IN {newest} AND ({where}))"
    )


# Whole blocks of five minutes are read as such, and only the ends of the range in slices of ten seconds.
_BLOCKS = (
    f"(SELECT Slice FROM holdfast_map_joined WHERE Width = {COARSE_SECONDS} "
    f"AND {since('Slice', 'from')} AND {until('Slice', 'to', plus_seconds=-COARSE_SECONDS)})"
)
_COARSE_PART = in_force(COARSE_SECONDS, f"Slice IN {_BLOCKS}")
_FINE_PART = in_force(SLICE_SECONDS, f"toStartOfFiveMinutes(Slice) NOT IN {_BLOCKS}")
EDGES_OF_RANGE = f"(SELECT * FROM {_COARSE_PART} UNION ALL SELECT * FROM {_FINE_PART})"
"""Every edge in force from `{from}` to `{to}`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the ends of calls in a range run, and their versions, in order of name; none that are empty."""

    environments: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


_SEEN = (*PLACED, "Zone", "Version")


class MapStore:
    """Reads edges."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def edges(self, within: TimeRange, filters: Filters) -> list[EdgeRow]:
        """Return the edges of a range, summed over zones and versions that pass the filters."""
        where, parameters = _filtered(filters)
        ends = tuple(f"{end}{column}" for end in ("Caller", "Callee") for column in OF_NODE)
        edges = (
            f"SELECT toUInt8(0) AS Slice, {', '.join(ends)}, {_SUMS}, min(e.Slice) AS First, "
            f"groupUniqArrayIf({ORIGINS_MOST})(e.Origin, e.Origin != '') AS Origins "
            f"FROM {EDGES_OF_RANGE} AS e "
            f"WHERE {where} GROUP BY {', '.join(ends)}"
        )
        also = {"Origins": f"groupUniqArrayArray({ORIGINS_MOST})(f.Origins)", "First": "min(f.First)"}
        rows = self._warehouse.query(
            f"SELECT {', '.join(f'toString({one})' for one in ends)}, arraySort(Origins), "
            f"{', '.join(MEASURES)}, Latency, toUInt32(First) "
            f"FROM ({busiest_edges(edges, EDGES_MOST, by=ends, also=also)}) "
            "ORDER BY Calls DESC, Caller, Callee",
            {**_range(within), **parameters},
        )
        return [_edge(row) for row in rows]

    def parts(self, within: TimeRange, filters: Filters) -> list[PartRow]:
        """Return the calls that services received, by zone and version; of each service the busiest parts."""
        where, parameters = _filtered(filters)
        ends = tuple(f"Callee{column}" for column in OF_NODE)
        rows = self._warehouse.query(
            f"SELECT {', '.join(f'toString({one})' for one in ends)}, toString(CalleeZone), "
            "toString(CalleeVersion), sum(e.Calls) AS Calls, sum(e.Errors), sum(e.ProxyErrors) "
            f"FROM {EDGES_OF_RANGE} AS e WHERE {where} AND CalleeKind = 'service' "
            f"GROUP BY {', '.join(ends)}, CalleeZone, CalleeVersion "
            f"ORDER BY Calls DESC LIMIT {PARTS_OF_ONE} BY {', '.join(ends)} LIMIT {PARTS_MOST}",
            {**_range(within), **parameters},
        )
        return [PartRow(NodeKey(*row[: len(ends)]), *row[len(ends) :]) for row in rows]

    def choices(self, within: TimeRange) -> Seen:
        """Return where ends of calls in a range run, and their versions, at most 200 of each."""
        each = (f"arraySort(groupUniqArrayArray(200)([Caller{one}, Callee{one}]))" for one in _SEEN)
        rows = self._warehouse.query(f"SELECT {', '.join(each)} FROM {EDGES_OF_RANGE}", _range(within))
        return Seen(*(tuple(filter(None, names)) for names in (rows[0] if rows else ())))

    def newest_slice(self, within: TimeRange) -> int | None:
        """Return the newest slice joined in a range, in seconds since 1970."""
        rows = self._warehouse.query(
            "SELECT max(toUInt32(Slice)) FROM holdfast_map_joined "
            f"WHERE Width = {SLICE_SECONDS} AND {_SINCE}",
            _range(within),
        )
        return int(rows[0][0]) or None if rows else None


def _range(within: TimeRange) -> dict[str, object]:
    return dict(slices_within(within))


def _filtered(filters: Filters) -> tuple[str, dict[str, object]]:
    conditions: list[str] = []
    parameters: dict[str, object] = {}
    limits = {
        "Environment": filters.scope.environment,
        "Namespace": filters.scope.namespace,
        "Region": filters.scope.region,
        "Zone": filters.zone or None,
        "Version": filters.version or None,
    }
    for column, value in limits.items():
        if value is not None:
            name = f"of_{column.lower()}"
            conditions.append(_either_end(column, name))
            parameters[name] = value
    return " AND ".join(conditions) or "1", parameters


def _either_end(column: str, name: str) -> str:
    # Others than services have no namespace, which is not the absent one, and the environment of a service.
    ends = (f"({end}{column} = {{{name}:String}} AND {end}Kind = 'service')" for end in ("Caller", "Callee"))
    return f"({' OR '.join(ends)})"


def _edge(row: tuple[Any, ...]) -> EdgeRow:
    ends, (origins, calls, errors, proxy, retries, latency, first) = row[:-7], row[-7:]
    of_caller, of_callee = ends[: len(OF_NODE)], ends[len(OF_NODE) :]
    return EdgeRow(
        NodeKey(*of_caller),
        NodeKey(*of_callee),
        tuple(origins),
        calls,
        errors,
        proxy,
        retries,
        tuple(zip(latency["1"], latency["2"], strict=True)),
        first,
    )
