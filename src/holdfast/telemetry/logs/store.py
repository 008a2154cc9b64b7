"""Reads log lines from the warehouse, the newest first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.logs.counting import LogCounts
from holdfast.telemetry.logs.model import LEVELS, LogFilter, LogLine, Place, line_id
from holdfast.telemetry.logs.selection import lines_where
from holdfast.telemetry.logs.strides import strides
from holdfast.telemetry.logs.tables import LINE_HASH
from holdfast.telemetry.logs.words import plain
from holdfast.telemetry.warehouse.instants import since, until
from holdfast.telemetry.warehouse.protocol import Warehouse

_COLUMNS = (
    f"toUnixTimestamp64Nano(Timestamp) AS at, {LINE_HASH} AS hash, "
    "Sender, Level, SeverityText, Body, Environment, Namespace, Region, Zone, Version, TraceId, SpanId, "
    "ScopeName, EventName, LogAttributes, ResourceAttributes"
)


class LogStore:
    """Reads `otel_logs`."""

    def __init__(self, warehouse: Warehouse, counts: LogCounts, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._counts = counts
        self._names = names

    def page(self, wanted: LogFilter, place: Place | None, limit: int) -> list[LogLine]:
        """Return the newest lines, or those after a place, at most `limit`.

        Their instants are found first, then their content: the engine reads text and attributes of no other
        line.
        """
        passed = place.passed if place else 0
        instants: list[int] = []
        for stride in strides(self._counts.upper_bounds(wanted), wanted.within):
            most = passed + limit - len(instants)
            instants.extend(self._instants(replace(wanted, within=stride), place, most))
            if len(instants) >= passed + limit:
                break
        return self._lines(wanted, instants, passed, limit) if len(instants) > passed else []

    def _instants(self, wanted: LogFilter, place: Place | None, most: int) -> list[int]:
        where = lines_where(wanted)
        before = f"AND {until('Timestamp', 'place')}" if place else ""
        rows = self._warehouse.query(
            f"SELECT toUnixTimestamp64Nano(Timestamp) FROM otel_logs WHERE {where.sql} {before} "
            "ORDER BY Timestamp DESC LIMIT {most:UInt64}",
            {**where.parameters, "place": place.at_nanoseconds if place else 0, "most": most},
        )
        return [row[0] for row in rows]

    def _lines(self, wanted: LogFilter, instants: list[int], passed: int, limit: int) -> list[LogLine]:
        where = lines_where(wanted)
        rows = self._warehouse.query(
            f"SELECT {_COLUMNS} FROM otel_logs "
            f"PREWHERE {since('Timestamp', 'first')} AND {until('Timestamp', 'last')} "
            f"AND toUnixTimestamp64Nano(Timestamp) IN {{instants:Array(Int64)}} WHERE {where.sql} "
            "ORDER BY Timestamp DESC, hash DESC LIMIT {limit:UInt64} OFFSET {passed:UInt64}",
            {
                **where.parameters,
                "first": min(instants),
                "last": max(instants),
                "instants": sorted(set(instants)),
                "limit": limit,
                "passed": passed,
            },
        )
        return [_line(row, self._names) for row in rows]

    def bounds_of_traces(self, traces: Sequence[str]) -> tuple[int, int] | None:
        """Return the first and last second in which spans of these traces began; None if there are none."""
        rows = self._warehouse.query(
            "SELECT toInt64(count()), toInt64(toUnixTimestamp(min(Start))), "
            "toInt64(toUnixTimestamp(max(End))) "
            "FROM otel_traces_trace_id_ts WHERE TraceId IN {ids:Array(String)}",
            {"ids": list(traces)},
        )
        return (rows[0][1], rows[0][2]) if rows and rows[0][0] else None


def place_after(lines: Sequence[LogLine], before: Place | None) -> Place:
    """Return where the page after these lines begins."""
    last = lines[-1].at_nanoseconds
    same = sum(line.at_nanoseconds == last for line in lines)
    carried = before.passed if before and before.at_nanoseconds == last else 0
    return Place(last, same + carried)


def _line(row: tuple[Any, ...], names: ServiceNames) -> LogLine:
    at, number, service, level, text, body, *narrow, attributes, resource = row
    environment, namespace, region, zone, version, trace, span, scope, event = narrow
    return LogLine(
        id=line_id(at, number),
        at_nanoseconds=at,
        service=names.called(service),
        environment=environment,
        namespace=namespace,
        region=region,
        severity=LEVELS[level],
        severity_text=text,
        body=plain(body),
        zone=zone,
        version=version,
        trace_id=trace,
        span_id=span,
        scope=scope,
        event=event,
        attributes=tuple(attributes),
        resource=tuple(resource),
    )
