"""Reads rate, errors and duration from the warehouse."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter, ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.names.folding import NAMES
from holdfast.telemetry.services.model import PlacesSeen, Red, RedLines, RedPoint, ServiceRed
from holdfast.telemetry.services.tables import NAMED_MOST
from holdfast.telemetry.spans.latency_buckets import Buckets, percentiles
from holdfast.telemetry.spans.operation_names import folded
from holdfast.telemetry.spans.slices import COARSE_SECONDS, grain_seconds
from holdfast.telemetry.warehouse.instants import between, second_from
from holdfast.telemetry.warehouse.name_caps import NAME_CAPS, OTHER
from holdfast.telemetry.warehouse.protocol import Warehouse

HANDLED = ("Server", "Consumer")
CALLED_MOST = 1_000
"""Most services of one name that are distinguished."""
SERVICES_MOST = 20 * NAME_CAPS.service.total
KINDS = (*HANDLED, "Client", "Producer", "Internal", "Unspecified")


OPERATIONS, SERVICES = "holdfast_red", "holdfast_red_services"
"""RED by all dimensions, and RED by service and kind only, which has a few rows per slice."""


def _table(red: str, within: TimeRange) -> str:
    return red if grain_seconds(within) == 10 else f"{red}_5m"


def _range(within: TimeRange) -> dict[str, object]:
    start, end = second_from(within.start), second_from(within.end)
    whole_start, whole_end = -(-start // COARSE_SECONDS) * COARSE_SECONDS, end - end % COARSE_SECONDS
    return {"from": start, "to": end, "whole_from": min(whole_start, end), "whole_to": max(whole_end, start)}


def _between(start: str, end: str) -> str:
    return between("Slice", start, end)


_WITHIN = _between("from", "to")


def _rows(red: str, within: TimeRange, columns: str, where: str = "") -> str:
    """Return a table expression with every row of the range.

    Whole five minutes are read as such, and only the rest at the ends in 10 s slices: an hour is seventy
    slices, not three hundred and sixty. Parameters are those of `_range`.
    """
    if grain_seconds(within) == COARSE_SECONDS:
        return f"(SELECT {columns} FROM {red}_5m WHERE {_WITHIN} {where})"
    if within.seconds < 2 * COARSE_SECONDS:
        return f"(SELECT {columns} FROM {red} WHERE {_WITHIN} {where})"
    ends = f"(({_between('from', 'whole_from')}) OR ({_between('whole_to', 'to')}))"
    return (
        f"(SELECT {columns} FROM {red}_5m WHERE {_between('whole_from', 'whole_to')} {where} "
        f"UNION ALL SELECT {columns} FROM {red} WHERE {ends} {where})"
    )


# A service is measured by the requests it handles. One that handles none (a batch job, a lone client) is
# measured by all its spans, or it would be missing.
_SIDE = "Kind IN ('Server', 'Consumer') AS handled"


_ID = "Service, Namespace, Environment"
_NAMES_OF_ONE = "{called:Array(String)}"
_CALLED = f"AND Service IN {_NAMES_OF_ONE}"
"""The condition for one service, by every name telemetry has for it."""


def _only(ids: Sequence[ServiceId] | None, columns: str = _ID) -> str:
    if ids is None:
        return ""
    # The names alone are the beginning of the table's key.
    name, *_ = columns.split(", ")
    every = "arrayZip({names:Array(String)}, {namespaces:Array(String)}, {environments:Array(String)})"
    return f"AND {name} IN {{names:Array(String)}} AND ({columns}) IN (SELECT arrayJoin({every}))"


def _in(scope: PlaceFilter, environment: str = "Environment", namespace: str = "Namespace") -> str:
    limits = ((scope.environment, environment), (scope.namespace, namespace), (scope.region, "Region"))
    given = [
        f"AND {column} = {{of_{column.lower()}:String}}" for value, column in limits if value is not None
    ]
    return " ".join(given)


def _scoped(scope: PlaceFilter) -> dict[str, object]:
    return {
        "of_environment": scope.environment or "",
        "of_namespace": scope.namespace or "",
        "of_region": scope.region or "",
    }


def _tracked(column: str) -> str:
    return f"{column} IN (SELECT name FROM {NAMES} WHERE kind = '{column}')"


_PLACES_TRACKED = " AND ".join(f"({one} = '' OR {_tracked(one)})" for one in ("environment", "namespace"))
_TRACKED = f"{_tracked('service')} AND {_PLACES_TRACKED}"


class RedStore:
    """Reads the RED roll-up."""

    def __init__(self, warehouse: Warehouse, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._names = names

    def busiest(self, within: TimeRange, *, scope: PlaceFilter = EVERYWHERE) -> dict[ServiceId, int]:
        """Return services with their requests, busiest first.

        Roll-ups from before there were caps may hold any number of names; `SERVICES_MOST` are read.
        """
        where = _in(scope)
        rows = self._warehouse.query(
            f"SELECT {_ID}, if(countIf(handled) > 0, sumIf(Requests, handled), sum(Requests)) AS requests "
            f"FROM (SELECT {_ID}, {_SIDE}, Requests FROM "
            f"{_rows(SERVICES, within, f'{_ID}, Kind, Requests', where)}) "
            f"GROUP BY {_ID} ORDER BY requests DESC, {_ID} LIMIT {SERVICES_MOST}",
            {**_range(within), **_scoped(scope)},
        )
        found: Counter[ServiceId] = Counter()
        for *of, requests in rows:
            found[self._id(*of)] += requests
        return found

    def services(
        self, within: TimeRange, ids: Sequence[ServiceId] | None, *, region: str | None = None
    ) -> list[ServiceRed]:
        """Return the services among `ids`, or all, that have RED, in one region or in all, busiest first."""
        scope = PlaceFilter(region=region)
        columns = f"{_ID}, Kind, Requests, Errors, Latency, Zones, Versions, Newest, Region"
        where = f"{_only(ids)} {_in(scope)}"
        rows = self._warehouse.query(
            f"SELECT {_ID}, {_SIDE}, sum(Requests), sum(Errors), sumMap(Latency), "
            f"arraySort(groupUniqArrayArray({NAMED_MOST})(Zones)), "
            f"arraySort(groupUniqArrayArray({NAMED_MOST})(Versions)), toUInt32(max(Newest)), "
            f"arraySort(groupUniqArrayIf({NAMED_MOST})(Region, Region != '')) "
            f"FROM {_rows(SERVICES, within, columns, where)} GROUP BY {_ID}, handled",
            _range(within) | self._named(ids) | _scoped(scope),
        )
        by_service: dict[ServiceId, list[_Side]] = {}
        for *of, handled, requests, errors, latency, zones, versions, newest, regions in rows:
            side = _Side(handled, requests, errors, _buckets(latency), zones, versions, newest, regions)
            by_service.setdefault(self._id(*of), []).append(side)
        found = [_service(service, sides) for service, sides in by_service.items()]
        return sorted(found, key=lambda one: (-one.red.requests, one.id))

    def present(
        self,
        within: TimeRange,
        *,
        ids: Sequence[ServiceId] | None = None,
        scope: PlaceFilter = EVERYWHERE,
    ) -> dict[ServiceId, int]:
        """Return services that sent any span in the range, with the instant of their newest minute.

        Without `ids`, only tracked names are returned: presence has every name ever sent.
        """
        kept = f"AND {_TRACKED}" if ids is None else ""
        rows = self._warehouse.query(
            f"SELECT {_ID.lower()}, toUInt32(max(slice)) FROM holdfast_presence_1m "
            f"WHERE {between('slice', 'from', 'to')} {_only(ids, _ID.lower())} {kept} "
            f"{_in(scope, 'environment', 'namespace')} GROUP BY {_ID.lower()} ORDER BY max(slice)",
            _range(within) | self._named(ids) | _scoped(scope),
        )
        return {self._id(*of): newest for *of, newest in rows}

    def called(self, name: str, within: TimeRange) -> list[ServiceId]:
        """Return the services of this name that sent spans in the range."""
        handled = f"SELECT DISTINCT {_ID} FROM {_rows(SERVICES, within, _ID, _CALLED)}"
        rows = self._warehouse.query(
            f"{handled} UNION DISTINCT SELECT DISTINCT {_ID.lower()} FROM holdfast_presence_1m "
            f"WHERE {between('slice', 'from', 'to')} AND service IN {_NAMES_OF_ONE} AND {_PLACES_TRACKED} "
            f"LIMIT {CALLED_MOST}",
            _range(within) | self._called(name),
        )
        return sorted({self._id(*of) for of in rows})

    def senders(self, names: Collection[str], within: TimeRange) -> list[ServiceId]:
        """Return the services of these names that sent spans in the range, in tracked places."""
        of_name = {sent: name for name in names for sent in self._names.sent_as(name)}
        rows = self._warehouse.query(
            f"SELECT DISTINCT {_ID.lower()} FROM holdfast_presence_1m "
            f"WHERE {between('slice', 'from', 'to')} AND service IN {{names:Array(String)}} "
            f"AND {_PLACES_TRACKED}",
            _range(within) | {"names": sorted(of_name)},
        )
        return sorted({ServiceId(of_name[name], *place) for name, *place in rows})

    def is_folded(self, service: str) -> bool:
        """Return whether a service is summed as `other`."""
        rows = self._warehouse.query(
            f"SELECT countIf(name = {{name:String}}), uniqExact(name) FROM {NAMES} WHERE kind = 'service'",
            {"name": service},
        )
        return bool(rows) and not rows[0][0] and rows[0][1] >= NAME_CAPS.service.total

    def places(self, within: TimeRange) -> PlacesSeen:
        """Return where spans of the range came from, at most 100 of each."""
        rows = self._warehouse.query(
            "SELECT arraySort(groupUniqArray(100)(Environment)), arraySort(groupUniqArray(100)(Namespace)), "
            "arraySort(groupUniqArrayIf(100)(Region, Region != '')), "
            "arraySort(groupUniqArrayArray(100)(Zones)) "
            f"FROM {_rows(SERVICES, within, 'Environment, Namespace, Region, Zones')}",
            _range(within),
        )
        return PlacesSeen(*(tuple(names) for names in (rows[0] if rows else ((), (), (), ()))))

    def operations(self, service: ServiceId, within: TimeRange) -> list[Red]:
        """Return the operations of a service, ids in their names folded, busiest first, `other` last."""
        columns = "Operation, Kind, Requests, Errors, Latency"
        scope = PlaceFilter(service.environment, service.namespace)
        where = f"{_CALLED} {_in(scope)}"
        rows = self._warehouse.query(
            "SELECT Operation, Kind, sum(Requests) AS requests, sum(Errors), sumMap(Latency) FROM "
            f"{_rows(OPERATIONS, within, columns, where)} "
            f"GROUP BY Operation, Kind ORDER BY Operation = '{OTHER}', requests DESC, Operation "
            f"LIMIT {NAME_CAPS.operation.each + len(KINDS)}",
            self._called(service.name) | _range(within) | _scoped(scope),
        )
        return [
            Red(name, kind.lower(), requests, errors, percentiles([_buckets(latency)]))
            for name, kind, requests, errors, latency in rows
        ]

    def series(
        self,
        service: ServiceId,
        within: TimeRange,
        step_seconds: int,
        *,
        operation: str | None,
        kinds: Sequence[str],
    ) -> list[RedPoint]:
        """Return requests, errors and percentiles per step; steps without traffic are omitted.

        An operation may be given as RED lists it or as in a span's name.
        """
        table = _table(SERVICES if operation is None else OPERATIONS, within)
        return self._points(
            f"{table} WHERE {_WITHIN}", _range(within), service, step_seconds, operation, kinds
        )

    def past(
        self, service: ServiceId, ranges: Sequence[TimeRange], *, operation: str | None, kinds: Sequence[str]
    ) -> list[RedPoint]:
        """Return requests, errors and percentiles per five minutes of several ranges, in one reading."""
        table = SERVICES if operation is None else OPERATIONS
        is_in = [between("Slice", f"from_{n}", f"to_{n}") for n in range(len(ranges))]
        bounds = {f"from_{n}": second_from(each.start) for n, each in enumerate(ranges)}
        bounds |= {f"to_{n}": second_from(each.end) for n, each in enumerate(ranges)}
        return self._points(
            f"{table}_5m WHERE ({' OR '.join(is_in)})", bounds, service, COARSE_SECONDS, operation, kinds
        )

    def _points(
        self,
        rows_of: str,
        bounds: Mapping[str, object],
        service: ServiceId,
        step_seconds: int,
        operation: str | None,
        kinds: Sequence[str],
    ) -> list[RedPoint]:
        scope = PlaceFilter(service.environment, service.namespace)
        only = f"AND Operation = {folded('{operation:String}')}" if operation is not None else ""
        rows = self._warehouse.query(
            "SELECT toUInt32(intDiv(toUInt32(Slice), {step:UInt32}) * {step:UInt32}) AS epoch, "
            f"sum(Requests), sum(Errors), sumMap(Latency) FROM {rows_of} {_CALLED} "
            f"AND Kind IN {{kinds:Array(String)}} {only} {_in(scope)} GROUP BY epoch ORDER BY epoch",
            {"step": step_seconds, "kinds": list(kinds), "operation": operation or "", **bounds}
            | self._called(service.name)
            | _scoped(scope),
        )
        return [
            RedPoint(epoch, requests, errors, percentiles([_buckets(latency)]))
            for epoch, requests, errors, latency in rows
        ]

    def lines(
        self, within: TimeRange, points: int, ids: Sequence[ServiceId], *, region: str | None = None
    ) -> dict[ServiceId, RedLines]:
        """Return the shape of what these services did, in at most `points` steps of whole five minutes.

        The step that has not ended yet is omitted: it would look as if traffic fell.
        """
        scope, first, width, points = PlaceFilter(region=region), *_steps(within, points)
        rows = self._warehouse.query(
            f"SELECT {_ID}, {_SIDE}, intDiv(toUInt32(Slice) - {{from:UInt32}}, {{width:UInt32}}) AS point, "
            f"sum(Requests), sum(Errors), sumMap(Latency) FROM {SERVICES}_5m WHERE {_WITHIN} {_only(ids)} "
            f"{_in(scope)} GROUP BY {_ID}, handled, point",
            {"from": first, "to": first + points * width, "width": width} | self._named(ids) | _scoped(scope),
        )
        of_side: dict[tuple[ServiceId, bool], dict[int, list[_Summed]]] = {}
        for *of, handled, point, requests, errors, latency in rows:
            steps = of_side.setdefault((self._id(*of), bool(handled)), {})
            steps.setdefault(point, []).append((requests, errors, _buckets(latency)))
        handling = {one for one, handled in of_side if handled}
        return {
            one: _lines(steps, points)
            for (one, handled), steps in of_side.items()
            if handled or one not in handling
        }

    def _id(self, name: str, namespace: str, environment: str) -> ServiceId:
        return ServiceId(self._names.called(name), namespace, environment)

    def _called(self, name: str) -> dict[str, object]:
        return {"called": list(self._names.sent_as(name))}

    def _named(self, ids: Sequence[ServiceId] | None) -> dict[str, object]:
        sent = [replace(one, name=name) for one in ids or () for name in self._names.sent_as(one.name)]
        return {
            "names": [one.name for one in sent],
            "namespaces": [one.namespace for one in sent],
            "environments": [one.environment for one in sent],
        }


@dataclass(frozen=True, slots=True)
class _Side:
    """What one service handled, or all it sent."""

    handled: bool
    requests: int
    errors: int
    latency: Buckets
    zones: Sequence[str]
    versions: Sequence[str]
    newest: int
    regions: Sequence[str]


_Summed = tuple[int, int, Buckets]


def _steps(within: TimeRange, points: int) -> tuple[int, int, int]:
    """Return the start of the first step, the width of each, and how many there are."""
    start, end = (int(at.timestamp()) // COARSE_SECONDS * COARSE_SECONDS for at in (within.start, within.end))
    width = -(-max(end - start, 1) // points // COARSE_SECONDS) * COARSE_SECONDS
    return start, width, (end - start) // width


def _lines(steps: Mapping[int, list[_Summed]], points: int) -> RedLines:
    summed = [steps.get(point, []) for point in range(points)]
    return RedLines(
        tuple(sum(requests for requests, _, _ in one) for one in summed),
        tuple(sum(errors for _, errors, _ in one) for one in summed),
        tuple(percentiles(latency for _, _, latency in one).p99_seconds for one in summed),
    )


def _buckets(latency: Any) -> Buckets:
    return (latency["1"], latency["2"])


def _service(one: ServiceId, sides: list[_Side]) -> ServiceRed:
    handled = [side for side in sides if side.handled] or sides
    latency = percentiles(side.latency for side in handled)
    requests, errors = (
        sum(counts) for counts in zip(*((s.requests, s.errors) for s in handled), strict=True)
    )
    return ServiceRed(
        one,
        Red(one.name, "", requests, errors, latency),
        tuple(sorted({region for side in sides for region in side.regions})),
        tuple(sorted({zone for side in sides for zone in side.zones})),
        tuple(sorted({version for side in sides for version in side.versions})),
        max(side.newest for side in sides),
    )
