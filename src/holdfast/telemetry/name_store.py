"""The statements about names: what is noted, what makes room, who sends so many, and how many there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast.telemetry.instants import before, instant, since
from holdfast.telemetry.name_caps import LENGTH_MOST, NAME_CAPS, OTHER, NameKind
from holdfast.telemetry.name_folding import NAMES, reloads
from holdfast.telemetry.operations import folded
from holdfast.telemetry.rollups import PEER
from holdfast.telemetry.schema import METRIC_TABLES, Layout
from holdfast.telemetry.warehouse import Warehouse, settings_clause

IDLE_SECONDS = 86_400
"""A name that was not seen for so long makes room for another, once there is no room left."""

PASSING_SECONDS = 600
"""How long a new service is kept apart before it must have shown that it is none of a flood's names."""

REGULAR_SECONDS, REGULAR_MINUTES = 3_600, 3
"""A service is regular if it sent in so many minutes of the last hour: names that are ids send once."""

SCOPES_MOST = 100
SENT_SECONDS = 300
"""Who sends most names is looked up among the spans of so many seconds."""

_SENDERS = ("host.name", "k8s.pod.name", "k8s.deployment.name", "telemetry.sdk.name")
_COLUMNS = "kind String, scope String, name String, named UInt8, admitted UInt32"
BOUNDED_VALUES = settings_clause({"max_rows_to_group_by": NAME_CAPS.values, "group_by_overflow_mode": "any"})
"""The clause for counting by what senders choose: of more values than that, those found first are counted."""

_SERVICES = f"SELECT name FROM {NAMES} WHERE kind = 'service'"


def _regular(noted: str) -> str:
    """Return the query for services that are regular, of those that are noted (`IN`) or not (`NOT IN`)."""
    return (
        "SELECT toString(service) AS name, uniq(slice) AS minutes FROM holdfast_presence_1m "
        f"WHERE {since('slice', 'since')} AND service {noted} ({_SERVICES}) "
        f"AND length(service) <= {LENGTH_MOST} GROUP BY name HAVING minutes >= {REGULAR_MINUTES}"
    )


Name = tuple[NameKind, str, str]
"""Kind, service (empty for kinds that are not counted per service), and the name itself."""


@dataclass(frozen=True, slots=True)
class Used:
    """How many names of one kind, and of one service where they are counted so, are kept apart."""

    kind: NameKind
    scope: str
    kept: int


@dataclass(frozen=True, slots=True)
class Flood:
    """How many different names were sent lately, by whom most of them, and one of these."""

    seen: int
    sender: str
    example: str


class NameStore:
    """Reads and writes the table of names."""

    def __init__(self, warehouse: Warehouse, layout: Layout) -> None:
        self._warehouse = warehouse
        self._layout = layout
        self.caps = layout.caps

    def totals(self) -> dict[NameKind, int]:
        """Return how many names of each kind are kept apart."""
        rows = self._warehouse.query(
            f"SELECT toString(kind), uniqExact(scope, name) FROM {NAMES} GROUP BY kind"
        )
        return {NameKind(kind): kept for kind, kept in rows}

    def full(self, totals: Mapping[NameKind, int]) -> list[Used]:
        """Return the kinds that have no room left, and of the others the services that have none."""
        found = [Used(kind, "", n) for kind, n in sorted(totals.items()) if n >= self.caps.of(kind).total]
        spent = {one.kind for one in found}
        for kind in (kind for kind in NameKind if kind.is_of_service and kind not in spent):
            rows = self._warehouse.query(
                f"SELECT scope, uniqExact(name) AS n FROM {NAMES} WHERE kind = {{kind:String}} "
                f"GROUP BY scope HAVING n >= {{each:UInt32}} ORDER BY n DESC, scope LIMIT {SCOPES_MOST}",
                {"kind": str(kind), "each": self.caps.of(kind).each},
            )
            found.extend(Used(kind, scope, n) for scope, n in rows)
        return found

    def reload(self) -> None:
        """Have the engine fold by the names that are noted now."""
        if self._layout.cluster:
            # Other nodes make their dictionaries of copies, which have to be there first.
            self._warehouse.command(
                f"SYSTEM SYNC REPLICA{self._layout.on_cluster} {self._layout.database}.{NAMES}"
            )
        for statement in reloads(self._layout):
            self._warehouse.command(statement)

    def put_named(self, names: Iterable[Name], *, now: int) -> None:
        """Note what the catalog names, instead of what it named before."""
        rows: list[Mapping[str, object]] = [
            {"kind": str(kind), "scope": scope, "name": name, "named": 1, "admitted": now}
            for kind, scope, name in names
        ]
        self._delete("named = 1", {})
        if rows:
            self._warehouse.insert_rows(NAMES, _COLUMNS, rows)

    def make_room_for_services(self, *, now: int) -> None:
        """Drop services that only passed by, and all that is noted of them; admit regular ones instead."""
        bounds: dict[str, object] = {"since": now - REGULAR_SECONDS, "passed": now - PASSING_SECONDS}
        self._delete(
            f"kind = 'service' AND named = 0 AND {before('admitted', 'passed')} "
            f"AND name NOT IN (SELECT name FROM ({_regular('IN')}))",
            bounds,
        )
        room = self.caps.service.total - self._kept(NameKind.SERVICE)
        if room > 0:
            self._warehouse.command(
                f"INSERT INTO {NAMES} (kind, scope, name, named, admitted) SELECT 'service', '', name, 0, "
                f"{instant('admitted', 'now')} FROM ({_regular('NOT IN')}) WHERE name != '{OTHER}' "
                f"ORDER BY minutes DESC, name LIMIT {{room:UInt32}}{BOUNDED_VALUES}, insert_deduplicate = 0",
                {"since": bounds["since"], "now": now, "room": room},
            )
        self._delete(
            f"kind IN ('operation', 'peer', 'version') AND named = 0 AND scope NOT IN ({_SERVICES})", {}
        )

    def make_room(self, kind: NameKind, *, now: int) -> None:
        """Drop names of this kind that were not seen for `IDLE_SECONDS`."""
        if kind is NameKind.METRIC:
            seen = (
                "SELECT '', MetricName FROM holdfast_metric_series WHERE Day >= toDate({since:UInt32}, 'UTC')"
            )
        else:
            scope = "toString(Service)" if kind.is_of_service else "''"
            seen = (
                f"SELECT {scope}, toString({_COLUMN_OF_RED[kind]}) FROM holdfast_red_5m "
                f"WHERE {since('Slice', 'since')}"
            )
        self._delete(
            f"kind = {{kind:String}} AND named = 0 AND {before('admitted', 'passed')} "
            f"AND (scope, name) NOT IN ({seen})",
            {"kind": str(kind), "since": now - IDLE_SECONDS, "passed": now - REGULAR_SECONDS},
        )

    def trim(self, kind: NameKind) -> None:
        """Drop what passed the cap before the engine knew that it was reached, newest first."""
        cap = self.caps.of(kind)
        in_order = (
            f"SELECT scope, name FROM {NAMES} WHERE kind = {{kind:String}} GROUP BY scope, name "
            "ORDER BY max(named) DESC, min(admitted), cityHash64(name) LIMIT 100000000 OFFSET"
        )
        beyond = {f"{in_order} {cap.total}"}
        if kind.is_of_service:
            beyond.add(f"{in_order} {cap.each} BY scope")
        for select in sorted(beyond):
            self._delete(
                f"kind = {{kind:String}} AND named = 0 AND (scope, name) IN ({select})", {"kind": str(kind)}
            )

    def flood(self, used: Used, *, now: int) -> Flood:
        """Return what is sent of a kind that has no room left."""
        if used.kind is NameKind.SERVICE:
            return self._flood_of_services(now)
        if used.kind is NameKind.METRIC:
            return self._flood_of_metrics(now)
        name = _NAME_IN_SPAN[used.kind]
        of_service = "AND ServiceName = {scope:String}" if used.scope else ""
        rows = self._warehouse.query(
            f"SELECT ServiceName, uniq({name}) AS n, anyLast({name}) FROM otel_traces "
            f"WHERE {since('Timestamp', 'since')} {of_service} "
            f"GROUP BY ServiceName ORDER BY n DESC LIMIT 1{BOUNDED_VALUES}",
            {"since": (now - SENT_SECONDS) * 10**9, "scope": used.scope},
        )
        return Flood(rows[0][1], f"service {rows[0][0]}", rows[0][2]) if rows else Flood(0, "", "")

    def _flood_of_services(self, now: int) -> Flood:
        seen = self._warehouse.query(
            f"SELECT uniq(service) FROM holdfast_presence_1m WHERE {since('slice', 'since')}",
            {"since": now - REGULAR_SECONDS},
        )
        resources = ", ".join(
            f"ResourceAttributes['{key}'] != '', '{key}=' || ResourceAttributes['{key}']" for key in _SENDERS
        )
        rows = self._warehouse.query(
            f"SELECT multiIf({resources}, 'a sender that names no host') AS sender, uniq(ServiceName) AS n, "
            "anyLast(ServiceName) FROM otel_traces "
            f"WHERE {since('Timestamp', 'since')} "
            f"GROUP BY sender ORDER BY n DESC LIMIT 1{BOUNDED_VALUES}",
            {"since": (now - SENT_SECONDS) * 10**9},
        )
        sender, example = (rows[0][0], rows[0][2]) if rows else ("", "")
        return Flood(seen[0][0], sender, example)

    def _flood_of_metrics(self, now: int) -> Flood:
        # Only the names, and those the engine keeps beside each other: the points are not read.
        tables = " UNION ALL ".join(
            f"SELECT ServiceName, MetricName FROM {table} WHERE {since('TimeUnix', 'since')}"
            for table in METRIC_TABLES
        )
        rows = self._warehouse.query(
            f"SELECT ServiceName, uniq(MetricName) AS n, anyLast(MetricName) FROM ({tables}) "
            f"GROUP BY ServiceName ORDER BY n DESC LIMIT 1{BOUNDED_VALUES}",
            {"since": (now - SENT_SECONDS) * 10**9},
        )
        return Flood(rows[0][1], f"service {rows[0][0]}", rows[0][2]) if rows else Flood(0, "", "")

    def _kept(self, kind: NameKind) -> int:
        rows = self._warehouse.query(
            f"SELECT uniqExact(name) FROM {NAMES} WHERE kind = {{kind:String}}", {"kind": str(kind)}
        )
        return int(rows[0][0])

    def _delete(self, where: str, parameters: Mapping[str, object]) -> None:
        self._warehouse.command(f"DELETE FROM {NAMES}{self._layout.on_cluster} WHERE {where}", parameters)


_COLUMN_OF_RED = {
    NameKind.OPERATION: "Operation",
    NameKind.PEER: "Peer",
    NameKind.VERSION: "Version",
    NameKind.ZONE: "Zone",
}
_NAME_IN_SPAN = {
    NameKind.OPERATION: folded("SpanName"),
    NameKind.PEER: PEER,
    NameKind.VERSION: "Version",
    NameKind.ZONE: "Zone",
}
