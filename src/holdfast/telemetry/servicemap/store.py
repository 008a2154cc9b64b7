"""The map's statements: what is due to be joined, the joins, and the edges as they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.instants import between, instant, since, slices_within, until
from holdfast.telemetry.name_caps import NAME_CAPS
from holdfast.telemetry.servicemap.joining import PROXIES_QUERY, busiest_edges, join_statement
from holdfast.telemetry.servicemap.model import EdgeRow, Filters, NodeKey
from holdfast.telemetry.servicemap.schedule import COARSE_SECONDS, SLICE_SECONDS, Joined, Stretch
from holdfast.telemetry.servicemap.tables import DIMENSIONS, EDGE_TABLES, JOINED_COLUMNS, MEASURES
from holdfast.telemetry.warehouse import Warehouse

EDGES_MOST = 5_000
"""More edges than anybody could read; those with the fewest calls are added up between `other`."""

ORIGINS_MOST = 20
JOIN_SECONDS = 120.0
_DIMENSIONS = ", ".join(DIMENSIONS)
_SUMS = ", ".join(f"sum(e.{name}) AS {name}" for name in MEASURES) + ", sumMap(e.Latency) AS Latency"
_SINCE = between("Slice", "from", "to")


class JoinStore:
    """Counts halves and writes edges."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def halves(self, since: int, until: int) -> dict[int, int]:
        """Return how many halves of calls each slice holds."""
        rows = self._warehouse.query(
            f"SELECT toUInt32(Slice), count() FROM holdfast_map_halves WHERE {_SINCE} GROUP BY Slice",
            {"from": since, "to": until},
        )
        return {slice_start: count for slice_start, count in rows}

    def joined(self, width: int, since: int, until: int) -> dict[int, Joined]:
        """Return the joins that count, by slice."""
        rows = self._warehouse.query(
            "SELECT toUInt32(Slice), max(Revision), argMax(Seen, Revision), "
            "toUInt32(argMax(JoinedAt, Revision)) FROM holdfast_map_joined "
            f"WHERE Width = {{width:UInt16}} AND {_SINCE} GROUP BY Slice",
            {"width": width, "from": since, "to": until},
        )
        return {slice_start: Joined(*joined) for slice_start, *joined in rows}

    def newest_revision(self) -> int:
        """Return the highest revision of all, 0 without any."""
        return int(self._warehouse.query("SELECT max(Revision) FROM holdfast_map_joined")[0][0])

    def join(self, stretch: Stretch, revision: int) -> None:
        """Work out the edges of a stretch of slices; they count once they are put in force."""
        bounds = {"from": stretch.start, "to": stretch.end}
        proxies = self._warehouse.query(PROXIES_QUERY, bounds)
        statement = join_statement(with_proxies=bool(proxies and proxies[0][0]))
        self._warehouse.command(statement, {**bounds, "revision": revision})

    def add_up(self, block: int, revision: int) -> None:
        """Write the edges of a block from those of its slices; they count once they are put in force."""
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
        """Let these joins count, all at once."""
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


def in_force(width: int, where: str = "1") -> str:
    """The edges of one width that count, as a source to select from."""
    newest = (
        f"(SELECT Slice, max(Revision) FROM holdfast_map_joined WHERE Width = {width} AND {_SINCE} "
        "GROUP BY Slice)"
    )
    return (
        f"(SELECT * FROM {EDGE_TABLES[width]} WHERE {_SINCE} AND (Slice, Revision) IN {newest} AND ({where}))"
    )


# Whole blocks of five minutes are read as such, and only their ends in slices of ten seconds.
_BLOCKS = (
    f"(SELECT Slice FROM holdfast_map_joined WHERE Width = {COARSE_SECONDS} "
    f"AND {since('Slice', 'from')} AND {until('Slice', 'to', plus_seconds=-COARSE_SECONDS)})"
)
_COARSE_PART = in_force(COARSE_SECONDS, f"Slice IN {_BLOCKS}")
_FINE_PART = in_force(SLICE_SECONDS, f"toStartOfFiveMinutes(Slice) NOT IN {_BLOCKS}")


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to choose from in a range: zones and versions, in order of name."""

    zones: tuple[str, ...]
    versions: tuple[str, ...]


class MapStore:
    """Reads edges."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def edges(self, within: TimeRange, filters: Filters) -> list[EdgeRow]:
        """Return the edges of a range, summed over zones and versions that pass the filters."""
        where, parameters = _filtered(filters)
        ends = ("CallerKind", "Caller", "CalleeKind", "Callee")
        edges = (
            f"SELECT toUInt8(0) AS Slice, {', '.join(ends)}, {_SUMS}, min(e.Slice) AS First, "
            f"groupUniqArrayIf({ORIGINS_MOST})(e.Origin, e.Origin != '') AS Origins "
            f"FROM (SELECT * FROM {_COARSE_PART} UNION ALL SELECT * FROM {_FINE_PART}) AS e "
            f"WHERE {where} GROUP BY {', '.join(ends)}"
        )
        also = {"Origins": f"groupUniqArrayArray({ORIGINS_MOST})(f.Origins)", "First": "min(f.First)"}
        rows = self._warehouse.query(
            "SELECT toString(CallerKind), Caller, toString(CalleeKind), Callee, arraySort(Origins), "
            f"{', '.join(MEASURES)}, Latency, toUInt32(First) "
            f"FROM ({busiest_edges(edges, EDGES_MOST, by=ends, also=also)}) "
            "ORDER BY Calls DESC, Caller, Callee",
            {**_range(within), **parameters},
        )
        return [_edge(row) for row in rows]

    def choices(self, within: TimeRange) -> Seen:
        """Return the zones and versions that occur in a range, at most 200 of each."""
        rows = self._warehouse.query(
            "SELECT arraySort(groupUniqArrayArray(200)([CallerZone, CalleeZone])), "
            "arraySort(groupUniqArrayArray(200)([CallerVersion, CalleeVersion])) "
            f"FROM (SELECT * FROM {_COARSE_PART} UNION ALL SELECT * FROM {_FINE_PART})",
            _range(within),
        )
        zones, versions = rows[0] if rows else ((), ())
        return Seen(tuple(filter(None, zones)), tuple(filter(None, versions)))

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
    if filters.zone:
        conditions.append("(CallerZone = {zone:String} OR CalleeZone = {zone:String})")
        parameters["zone"] = filters.zone
    if filters.version:
        conditions.append("(CallerVersion = {version:String} OR CalleeVersion = {version:String})")
        parameters["version"] = filters.version
    return " AND ".join(conditions) or "1", parameters


def _edge(row: tuple[Any, ...]) -> EdgeRow:
    caller_kind, caller, callee_kind, callee, origins, calls, errors, proxy, retries, latency, first = row
    return EdgeRow(
        NodeKey(caller_kind, caller),
        NodeKey(callee_kind, callee),
        tuple(origins),
        calls,
        errors,
        proxy,
        retries,
        tuple(zip(latency["1"], latency["2"], strict=True)),
        first,
    )
