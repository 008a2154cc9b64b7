"""The statements on names: recording and dropping them, counting them, and finding their senders."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast.telemetry.names.folding import NAMES, reloads
from holdfast.telemetry.spans.operation_names import folded
from holdfast.telemetry.spans.peer_names import PEER
from holdfast.telemetry.warehouse.instants import before, instant, since
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.name_caps import LENGTH_MOST, NAME_CAPS, OTHER, NameKind
from holdfast.telemetry.warehouse.otel_tables import METRIC_TABLES
from holdfast.telemetry.warehouse.protocol import Warehouse
from holdfast.telemetry.warehouse.sql_text import settings_clause

IDLE_SECONDS = 86_400
"""A name not seen for this long is dropped for another, once the cap is reached."""

VERSIONS_IDLE_SECONDS = (7 * 86_400, 86_400, 3_600)
"""Of versions those go first that were not seen for a week; only while the cap stays reached, later ones too.

Where every build has a version of its own, 200 may be of one day, and none of them would leave.
"""

PASSING_SECONDS = 600
"""How long a new service is tracked before it must be regular, and not one name of a flood."""

REGULAR_SECONDS, REGULAR_MINUTES = 3_600, 3
"""A service is regular if it sent in three minutes of the last hour: a name with an id sends once."""

SCOPES_MOST = 100
SENT_SECONDS = 300
"""The sender of most names is looked up among the spans of the last five minutes."""

_SENDERS = ("host.name", "k8s.pod.name", "k8s.deployment.name", "telemetry.sdk.name")
_COLUMNS = "kind String, scope String, name String, named UInt8, admitted UInt32"
BOUNDED_VALUES = settings_clause({"max_rows_to_group_by": NAME_CAPS.values, "group_by_overflow_mode": "any"})
"""The clause for counting by values that senders choose: beyond the cap, only the first ones are counted."""

_SCOPES = ("Service", "scope")
"""The column with the service that a name belongs to: in RED, and in the table of names."""

_SERVICES = f"SELECT name FROM {NAMES} WHERE kind = 'service'"


def _regular(noted: str) -> str:
    """Return the query for the regular services among those recorded (`IN`) or not (`NOT IN`)."""
    return (
        "SELECT toString(service) AS name, uniq(slice) AS minutes FROM holdfast_presence_1m "
        f"WHERE {since('slice', 'since')} AND service {noted} ({_SERVICES}) "
        f"AND length(service) <= {LENGTH_MOST} GROUP BY name HAVING minutes >= {REGULAR_MINUTES}"
    )


Name = tuple[NameKind, str, str]
"""Kind, service (empty for kinds that are not counted per service), and the name itself."""


@dataclass(frozen=True, slots=True)
class Used:
    """The number of tracked names of one kind, and of one service where they are counted per service."""

    kind: NameKind
    scope: str
    kept: int


@dataclass(frozen=True, slots=True)
class Flood:
    """The number of distinct names sent recently, the sender of most of them, and an example."""

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
        """Return the number of tracked names of each kind."""
        rows = self._warehouse.query(
            f"SELECT toString(kind), uniqExact(scope, name) FROM {NAMES} GROUP BY kind"
        )
        return {NameKind(kind): kept for kind, kept in rows}

    def full(self, totals: Mapping[NameKind, int]) -> list[Used]:
        """Return the kinds that have reached their cap, and for the others the services that have."""
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
        """Make the engine fold by the names recorded now."""
        if self._layout.cluster:
            # Other nodes load their dictionaries from replicas, which must be in sync first.
            self._warehouse.command(
                f"SYSTEM SYNC REPLICA{self._layout.on_cluster} {self._layout.database}.{NAMES}"
            )
        for statement in reloads(self._layout):
            self._warehouse.command(statement)

    def put_named(self, names: Iterable[Name], *, now: int) -> None:
        """Record the names in the catalog, replacing its earlier names."""
        rows: list[Mapping[str, object]] = [
            {"kind": str(kind), "scope": scope, "name": name, "named": 1, "admitted": now}
            for kind, scope, name in names
        ]
        self._delete("named = 1", {})
        if rows:
            self._warehouse.insert_rows(NAMES, _COLUMNS, rows)

    def make_room_for_services(self, *, now: int) -> None:
        """Drop services that are not regular, with all their names; admit regular ones instead."""
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

    def make_room_for_versions(self, *, now: int) -> None:
        """Drop versions not seen for long, of services that reached their cap, until none has or none is old.

        Without room a release would be summed as `other`, and not be detected.
        """
        for seconds in VERSIONS_IDLE_SECONDS:
            full = [one for one in self.full(self.totals()) if one.kind is NameKind.VERSION]
            if not full:
                return
            scopes = [one.scope for one in full if one.scope]
            of_full = [f"AND {column} IN {{scopes:Array(String)}}" if scopes else "" for column in _SCOPES]
            seen = (
                "SELECT toString(Service), toString(Version) FROM holdfast_red_5m "
                f"WHERE {since('Slice', 'since')} {of_full[0]}"
            )
            self._delete(
                f"kind = 'version' AND named = 0 AND {before('admitted', 'passed')} "
                f"{of_full[1]} AND (scope, name) NOT IN ({seen})",
                {"since": now - seconds, "passed": now - REGULAR_SECONDS, "scopes": scopes},
            )

    def make_room(self, kind: NameKind, *, now: int) -> None:
        """Drop names of this kind not seen for `IDLE_SECONDS`."""
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
        """Drop names that exceeded the cap before the engine had reloaded it, newest first."""
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
        """Return the flood of names of a kind that has reached its cap."""
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
        # Only the names are read, which the engine stores next to each other, and no points.
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
    NameKind.ENVIRONMENT: "Environment",
    NameKind.NAMESPACE: "Namespace",
    NameKind.REGION: "Region",
}
_NAME_IN_SPAN = {
    NameKind.OPERATION: folded("SpanName"),
    NameKind.PEER: PEER,
    NameKind.VERSION: "Version",
    NameKind.ZONE: "Zone",
    NameKind.ENVIRONMENT: "Environment",
    NameKind.NAMESPACE: "Namespace",
    NameKind.REGION: "Region",
}
