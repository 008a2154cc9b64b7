"""Reads rate, errors and duration from the warehouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.instants import between, second_from
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.name_caps import NAME_CAPS, OTHER
from holdfast.telemetry.name_folding import NAMES
from holdfast.telemetry.operations import folded
from holdfast.telemetry.rollups import NAMED_MOST
from holdfast.telemetry.sketch import Buckets, percentiles
from holdfast.telemetry.warehouse import Warehouse

FINE_RANGE_SECONDS = 12 * 3600
"""Up to here RED is read in 10 s slices, beyond in 5 min slices, so a month costs no more than a day."""

HANDLED = ("Server", "Consumer")
SERVICES_MOST = 20 * NAME_CAPS.service.total
KINDS = (*HANDLED, "Client", "Producer", "Internal", "Unspecified")


@dataclass(frozen=True, slots=True)
class Red:
    """Rate, errors and duration of one service or operation over a range: whole numbers of requests."""

    name: str
    kind: str
    requests: int
    errors: int
    latency: Percentiles


@dataclass(frozen=True, slots=True)
class ServiceRed:
    """One service over a range, with where it runs (`zones`), what of it (`versions`), and when last seen."""

    red: Red
    zones: tuple[str, ...]
    versions: tuple[str, ...]
    last_seen_epoch: int


@dataclass(frozen=True, slots=True)
class RedPoint:
    """One step of a series."""

    epoch: int
    requests: int
    errors: int
    latency: Percentiles


def grain_seconds(within: TimeRange) -> int:
    """Return the width of the slices a range is read in: steps narrower than that cannot be told apart."""
    return 10 if within.seconds <= FINE_RANGE_SECONDS else 300


OPERATIONS, SERVICES = "holdfast_red", "holdfast_red_services"
"""RED with all that tells calls apart, and per service and kind only: a handful of rows a slice."""

_COARSE_SECONDS = 300


def _table(red: str, within: TimeRange) -> str:
    return red if grain_seconds(within) == 10 else f"{red}_5m"


def _range(within: TimeRange) -> dict[str, object]:
    start, end = second_from(within.start), second_from(within.end)
    whole_start, whole_end = -(-start // _COARSE_SECONDS) * _COARSE_SECONDS, end - end % _COARSE_SECONDS
    return {"from": start, "to": end, "whole_from": min(whole_start, end), "whole_to": max(whole_end, start)}


def _between(start: str, end: str) -> str:
    return between("Slice", start, end)


_WITHIN = _between("from", "to")


def _rows(red: str, within: TimeRange, columns: str, where: str = "") -> str:
    """Return a table expression with every row of the range.

    Whole five minutes are read as such, and only what is left at the ends in 10 s slices: an hour is seventy
    slices, not three hundred and sixty. Parameters are those of `_range`.
    """
    if grain_seconds(within) == _COARSE_SECONDS:
        return f"(SELECT {columns} FROM {red}_5m WHERE {_WITHIN} {where})"
    if within.seconds < 2 * _COARSE_SECONDS:
        return f"(SELECT {columns} FROM {red} WHERE {_WITHIN} {where})"
    ends = f"(({_between('from', 'whole_from')}) OR ({_between('whole_to', 'to')}))"
    return (
        f"(SELECT {columns} FROM {red}_5m WHERE {_between('whole_from', 'whole_to')} {where} "
        f"UNION ALL SELECT {columns} FROM {red} WHERE {ends} {where})"
    )


# What a service answers for is what it handles. One that handles nothing (a batch job, a lone client) is
# shown by all it does, or it would be missing.
_SIDE = "Kind IN ('Server', 'Consumer') AS handled"


def _only(column: str, names: Sequence[str] | None) -> str:
    return f"AND {column} IN {{names:Array(String)}}" if names is not None else ""


def _named(names: Sequence[str] | None) -> dict[str, object]:
    return {} if names is None else {"names": list(names)}


def _like(column: str, text: str) -> str:
    return f"AND positionCaseInsensitiveUTF8({column}, {{text:String}}) > 0" if text else ""


class RedStore:
    """Reads the RED roll-up."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def busiest(self, within: TimeRange, *, text: str = "") -> dict[str, int]:
        """Return services with their requests, those with a name that holds `text`, busiest first.

        Roll-ups made before there were caps may hold any number of names; `SERVICES_MOST` are read.
        """
        columns = "Service, Kind, Requests"
        rows = self._warehouse.query(
            "SELECT Service, if(countIf(handled) > 0, sumIf(Requests, handled), sum(Requests)) AS requests "
            f"FROM (SELECT Service, {_SIDE}, Requests FROM "
            f"{_rows(SERVICES, within, columns, _like('Service', text))}) "
            f"GROUP BY Service ORDER BY requests DESC, Service LIMIT {SERVICES_MOST}",
            {**_range(within), "text": text},
        )
        return {service: requests for service, requests in rows}

    def services(self, within: TimeRange, names: Sequence[str]) -> list[ServiceRed]:
        """Return those of these services that RED holds, busiest first."""
        columns = "Service, Kind, Requests, Errors, Latency, Zones, Versions, Newest"
        rows = self._warehouse.query(
            f"SELECT Service, {_SIDE}, sum(Requests), sum(Errors), sumMap(Latency), "
            f"arraySort(groupUniqArrayArray({NAMED_MOST})(Zones)), "
            f"arraySort(groupUniqArrayArray({NAMED_MOST})(Versions)), toUInt32(max(Newest)) "
            f"FROM {_rows(SERVICES, within, columns, _only('Service', names))} GROUP BY Service, handled",
            _range(within) | _named(names),
        )
        by_service: dict[str, list[tuple[Any, ...]]] = {}
        for row in rows:
            by_service.setdefault(row[0], []).append(row)
        found = [_service(service, sides) for service, sides in by_service.items()]
        return sorted(found, key=lambda one: (-one.red.requests, one.red.name))

    def present(
        self, within: TimeRange, *, names: Sequence[str] | None = None, text: str = ""
    ) -> dict[str, int]:
        """Return services that sent any span in the range, with the instant of their newest minute.

        Without `names`, those that are kept apart: presence is there of every name that was ever sent.
        """
        kept = f"AND service IN (SELECT name FROM {NAMES} WHERE kind = 'service')" if names is None else ""
        rows = self._warehouse.query(
            "SELECT service, toUInt32(max(slice)) FROM holdfast_presence_1m "
            f"WHERE {between('slice', 'from', 'to')} "
            f"{_only('service', names)} {kept} {_like('service', text)} GROUP BY service",
            _range(within) | _named(names) | {"text": text},
        )
        return {service: newest for service, newest in rows}

    def is_folded(self, service: str) -> bool:
        """Return whether a service is one of those that are added up as `other`."""
        rows = self._warehouse.query(
            f"SELECT countIf(name = {{name:String}}), uniqExact(name) FROM {NAMES} WHERE kind = 'service'",
            {"name": service},
        )
        return bool(rows) and not rows[0][0] and rows[0][1] >= NAME_CAPS.service.total

    def zones(self, within: TimeRange) -> tuple[str, ...]:
        """Return every zone that sent spans in the range."""
        rows = self._warehouse.query(
            f"SELECT DISTINCT arrayJoin(Zones) AS zone FROM {_rows(SERVICES, within, 'Zones')} "
            "ORDER BY zone LIMIT 100",
            _range(within),
        )
        return tuple(row[0] for row in rows)

    def operations(self, service: str, within: TimeRange) -> list[Red]:
        """Return the operations of a service, ids in their names folded, busiest first, `other` last."""
        columns = "Operation, Kind, Requests, Errors, Latency"
        rows = self._warehouse.query(
            "SELECT Operation, Kind, sum(Requests) AS requests, sum(Errors), sumMap(Latency) FROM "
            f"{_rows(OPERATIONS, within, columns, 'AND Service = {service:String}')} "
            f"GROUP BY Operation, Kind ORDER BY Operation = '{OTHER}', requests DESC, Operation "
            f"LIMIT {NAME_CAPS.operation.each + len(KINDS)}",
            {"service": service, **_range(within)},
        )
        return [
            Red(name, kind.lower(), requests, errors, percentiles([_buckets(latency)]))
            for name, kind, requests, errors, latency in rows
        ]

    def series(
        self,
        service: str,
        within: TimeRange,
        step_seconds: int,
        *,
        operation: str | None,
        kinds: Sequence[str],
    ) -> list[RedPoint]:
        """Return requests, errors and percentiles per step; steps without traffic are left out.

        An operation may be given as RED lists it or as a span is named.
        """
        red = SERVICES if operation is None else OPERATIONS
        only = f"AND Operation = {folded('{operation:String}')}" if operation is not None else ""
        rows = self._warehouse.query(
            "SELECT toUInt32(intDiv(toUInt32(Slice), {step:UInt32}) * {step:UInt32}) AS epoch, "
            f"sum(Requests), sum(Errors), sumMap(Latency) FROM {_table(red, within)} "
            "WHERE Service = {service:String} AND Kind IN {kinds:Array(String)} "
            f"AND {_WITHIN} {only} GROUP BY epoch ORDER BY epoch",
            {"service": service, "step": step_seconds, "kinds": list(kinds), **_range(within)}
            | ({"operation": operation} if operation is not None else {}),
        )
        return [
            RedPoint(epoch, requests, errors, percentiles([_buckets(latency)]))
            for epoch, requests, errors, latency in rows
        ]

    def sparklines(self, within: TimeRange, points: int, names: Sequence[str]) -> dict[str, list[int]]:
        """Return handled requests of these services in `points` equal steps over the range."""
        width = max(1, int(within.seconds // points))
        rows = self._warehouse.query(
            "SELECT Service, least(toUInt32(intDiv(toUInt32(Slice) - {from:UInt32}, {width:UInt32})), "
            "{last:UInt32}) AS point, sumIf(Requests, Kind IN ('Server', 'Consumer')), sum(Requests) "
            f"FROM {_table(SERVICES, within)} WHERE {_WITHIN} {_only('Service', names)} "
            "GROUP BY Service, point",
            {"width": width, "last": points - 1, **_range(within), **_named(names)},
        )
        handled: dict[str, list[int]] = {}
        everything: dict[str, list[int]] = {}
        for service, point, of_handled, of_all in rows:
            handled.setdefault(service, [0] * points)[point] = of_handled
            everything.setdefault(service, [0] * points)[point] = of_all
        return {name: line if any(line) else everything[name] for name, line in handled.items()}


def _buckets(latency: Any) -> Buckets:
    return (latency["1"], latency["2"])


def _service(name: str, sides: list[tuple[Any, ...]]) -> ServiceRed:
    handled = [side for side in sides if side[1]] or sides
    latency = percentiles(_buckets(side[4]) for side in handled)
    red = Red(name, "", sum(side[2] for side in handled), sum(side[3] for side in handled), latency)
    zones = sorted({zone for side in sides for zone in side[5]})
    versions = sorted({version for side in sides for version in side[6]})
    return ServiceRed(red, tuple(zones), tuple(versions), max(side[7] for side in sides))
