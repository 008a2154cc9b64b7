"""Reads traces from the warehouse: narrow columns to find spans, wide ones to show them.

The table's key is service, operation, second. So a search reads a few narrow columns of the seconds it
covers, and a trace is read only from the seconds in which it ran, which `otel_traces_trace_id_ts` holds.
"""

from collections.abc import Mapping, Sequence

from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.logs.tables import LINE_HASH
from holdfast.telemetry.traces.conditions import BETWEEN, conditions, outcome, slow
from holdfast.telemetry.traces.cursor import Place
from holdfast.telemetry.traces.model import (
    TRACE_BYTES_MOST,
    Condition,
    FoundSpan,
    Order,
    Scatter,
    Search,
    Span,
    SpanDetail,
    TraceLogLine,
    TraceSummary,
)
from holdfast.telemetry.traces.rows import (
    NARROW,
    PLACE,
    SENT,
    WIDE,
    details_of,
    found_of,
    line_of,
    point_of,
    span_of,
    summary_of,
)
from holdfast.telemetry.traces.samples import HASH_MOST, SPAN_HASH, SPARE
from holdfast.telemetry.traces.shared_ids import with_own_ids
from holdfast.telemetry.traces.tables import SUMMARY, TRACE_INDEX
from holdfast.telemetry.warehouse.instants import NANOSECONDS_MOST, NANOSECONDS_PER_SECOND, between, instant
from holdfast.telemetry.warehouse.protocol import Row, Warehouse

TRACE_SPANS_MOST = 10_000
SUMMARY_SPANS_MOST = 400
"""Most spans read of a trace to say what happened in it, where many are listed."""

SEARCH_TIMEOUT_SECONDS = 8.0
LOGS_AROUND_NANOSECONDS = 60 * 10**9
"""Lines of a trace are searched this long before and after its spans: time is the table's key."""

_SECONDS_MOST = 5_000
"""Most single seconds listed in a query; longer traces are searched in all of their time."""

Bounds = Mapping[str, tuple[int, int]]
"""The first and last second in which spans of each trace began."""


class TraceStore:
    """Reads traces."""

    def __init__(self, warehouse: Warehouse, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._names = names

    def spans(self, trace_id: str) -> list[Span]:
        """Return the spans of a trace in order of start, at most 10,001; empty when it is not stored."""
        return with_own_ids([span_of(row, self._names) for row in self._rows(trace_id, NARROW)])

    def details(self, trace_id: str) -> tuple[list[SpanDetail], int]:
        """Return the first spans of a trace by start with everything stored of them, and the number it has.

        At most 10,000 spans and 8 MB are returned, but always the first.
        """
        bounds = self.bounds([trace_id]).get(trace_id)
        if bounds is None:
            return [], 0
        sized = _of_trace(f"{NARROW}, {WIDE}, byteSize({SENT}) AS size")
        running = "sum(size) OVER (ORDER BY start, SpanId ROWS UNBOUNDED PRECEDING)"
        rows = self._warehouse.query(
            f"SELECT * FROM (SELECT *, {running} AS upto, count() OVER () AS seen FROM ({sized})) "
            "WHERE upto <= {bytes:UInt64} OR upto = size ORDER BY start, SpanId LIMIT {shown:UInt32}",
            {
                **_parameters(trace_id, bounds),
                "bytes": TRACE_BYTES_MOST,
                "shown": TRACE_SPANS_MOST,
            },
        )
        is_whole = not rows or rows[0][-1] == len(rows)
        return details_of(rows, self._names), len(rows) if is_whole else self._count(trace_id, bounds)

    def _count(self, trace_id: str, bounds: tuple[int, int]) -> int:
        rows = self._warehouse.query(
            f"SELECT count() FROM otel_traces WHERE TraceId = {{id:String}} AND {BETWEEN}",
            _parameters(trace_id, bounds),
        )
        return int(rows[0][0])

    def _rows(self, trace_id: str, columns: str) -> list[Row]:
        bounds = self.bounds([trace_id]).get(trace_id)
        if bounds is None:
            return []
        return self._warehouse.query(_of_trace(columns), _parameters(trace_id, bounds))

    def bounds(self, trace_ids: Sequence[str]) -> Bounds:
        """Return when the spans of each trace began; traces that are not stored are omitted."""
        rows = self._warehouse.query(
            "SELECT TraceId, toUInt32(min(Start)), toUInt32(max(End)) "
            f"FROM {TRACE_INDEX} WHERE TraceId IN {{ids:Array(String)}} GROUP BY TraceId",
            {"ids": list(trace_ids)},
        )
        return {trace_id: (first, last) for trace_id, first, last in rows}

    def found(
        self, search: Search, order: Order, window: tuple[int, int], after: Place | None, limit: int
    ) -> list[FoundSpan]:
        """Return spans that meet the conditions and began in the window of nanoseconds, in order."""
        asked = conditions(search, self._names.sent_as)
        key, direction = _KEYS[order]
        beyond, place = _beyond(order, after)
        ended = outcome(search.slow)
        rows = self._warehouse.query(
            f"SELECT TraceId, SpanId, toUnixTimestamp64Nano(Timestamp), Duration, {ended.sql} "
            f"FROM otel_traces WHERE {BETWEEN} AND {asked.sql} AND {beyond} "
            f"ORDER BY {key} {direction}, TraceId, SpanId LIMIT {{limit:UInt32}}",
            {
                **dict(asked.parameters),
                **dict(ended.parameters),
                **place,
                "from_ns": window[0],
                "to_ns": window[1],
                "limit": limit,
            },
            timeout_seconds=SEARCH_TIMEOUT_SECONDS,
        )
        return [found_of(row) for row in rows]

    def meeting(self, search: Search, window: tuple[int, int], bounds: Bounds) -> set[str]:
        """Return which of these traces have a span in the window that meets the conditions."""
        if not bounds:
            return set()
        asked = conditions(search, self._names.sent_as)
        when, seconds = began_in(bounds)
        rows = self._warehouse.query(
            f"SELECT DISTINCT TraceId FROM otel_traces WHERE {BETWEEN} AND {when} "
            f"AND TraceId IN {{ids:Array(String)}} AND {asked.sql}",
            {
                **dict(asked.parameters),
                **seconds,
                "from_ns": window[0],
                "to_ns": window[1],
                "ids": list(bounds),
            },
            timeout_seconds=SEARCH_TIMEOUT_SECONDS,
        )
        return {row[0] for row in rows}

    def meeting_in(self, trace_id: str, condition: Condition) -> list[FoundSpan]:
        """Return the spans of a trace that meet a condition."""
        bounds = self.bounds([trace_id]).get(trace_id)
        if bounds is None:
            return []
        rows = self._warehouse.query(
            "SELECT TraceId, SpanId, toUnixTimestamp64Nano(Timestamp), Duration FROM otel_traces "
            f"WHERE TraceId = {{id:String}} AND {BETWEEN} AND {condition.sql} LIMIT {{most:UInt32}}",
            {**dict(condition.parameters), **_parameters(trace_id, bounds)},
            timeout_seconds=SEARCH_TIMEOUT_SECONDS,
        )
        return [FoundSpan(*row) for row in rows]

    def spans_of(self, bounds: Bounds) -> dict[str, list[Span]]:
        """Return the spans of several traces by trace, each in order of start.

        Of a trace with more than 400 spans, those that failed and the longest: what its summary names.
        """
        if not bounds:
            return {}
        when, seconds = began_in(bounds)
        rows = self._warehouse.query(
            f"SELECT {NARROW} FROM otel_traces WHERE {when} AND TraceId IN {{ids:Array(String)}} "
            "ORDER BY IsError DESC, Duration DESC LIMIT {each:UInt32} BY TraceId LIMIT {most:UInt32}",
            {**seconds, "ids": list(bounds), "each": SUMMARY_SPANS_MOST, "most": TRACE_SPANS_MOST},
            timeout_seconds=SEARCH_TIMEOUT_SECONDS,
        )
        found: dict[str, list[Span]] = {}
        for span in sorted(
            (span_of(row, self._names) for row in rows), key=lambda one: one.start_nanoseconds
        ):
            found.setdefault(span.trace_id, []).append(span)
        return {trace_id: with_own_ids(spans) for trace_id, spans in found.items()}

    def listed_before(
        self, search: Search, order: Order, window: tuple[int, int], after: Place, bounds: Bounds
    ) -> set[str]:
        """Return which of these traces have a span before `after`: earlier pages showed them."""
        if not bounds:
            return set()
        asked = conditions(search, self._names.sent_as)
        beyond, place = _beyond(order, after)
        when, seconds = began_in(bounds)
        rows = self._warehouse.query(
            f"SELECT DISTINCT TraceId FROM otel_traces WHERE {BETWEEN} AND {when} "
            f"AND TraceId IN {{ids:Array(String)}} AND {asked.sql} AND NOT ({beyond})",
            {
                **dict(asked.parameters),
                **place,
                **seconds,
                "from_ns": window[0],
                "to_ns": window[1],
                "ids": list(bounds),
            },
            timeout_seconds=SEARCH_TIMEOUT_SECONDS,
        )
        return {row[0] for row in rows}

    def summaries(self, trace_ids: Sequence[str]) -> dict[str, TraceSummary]:
        """Return a summary of each trace; traces that are not stored are omitted."""
        if not trace_ids:
            return {}
        rows = self._warehouse.query(
            "SELECT TraceId, min(First), max(HasRoot), groupUniqArrayArray(Services), sum(Spans), "
            f"sum(Errors), min(Began), max(Ended) FROM {TRACE_INDEX} "
            "WHERE TraceId IN {ids:Array(String)} GROUP BY TraceId",
            {"ids": list(trace_ids)},
        )
        # For spans stored before these columns existed, the index has no start.
        unknown = [row[0] for row in rows if not row[6]]
        known = {row[0]: summary_of(row, self._names) for row in rows if row[6]}
        return known | (self.summaries_of_spans(self.bounds(unknown)) if unknown else {})

    def summaries_of_spans(self, bounds: Bounds) -> dict[str, TraceSummary]:
        """Return summaries by reading the traces' spans, which takes ten times as long."""
        when, seconds = began_in(bounds)
        rows = self._warehouse.query(
            "SELECT TraceId, First, HasRoot, Services, Spans, Errors, Began, Ended FROM ("
            f"SELECT TraceId, {SUMMARY} FROM otel_traces "
            f"WHERE {when} AND TraceId IN {{ids:Array(String)}} GROUP BY TraceId)",
            {**seconds, "ids": list(bounds)},
            timeout_seconds=SEARCH_TIMEOUT_SECONDS,
        )
        return {row[0]: summary_of(row, self._names) for row in rows}

    def scatter(self, search: Search, window: tuple[int, int], limit: int) -> Scatter:
        """Return a repeatable sample of the spans found, failed ones first, and their number."""
        asked = conditions(search, self._names.sent_as)
        parameters = {**dict(asked.parameters), "from_ns": window[0], "to_ns": window[1]}
        where = f"FROM otel_traces WHERE {BETWEEN} AND {asked.sql}"
        is_slow = slow(search.slow)
        parameters |= dict(is_slow.parameters)
        counted = self._warehouse.query(
            f"SELECT count(), countIf(IsError), countIf(NOT IsError AND {is_slow.sql}) {where}",
            parameters,
            timeout_seconds=SEARCH_TIMEOUT_SECONDS,
        )
        spans, errors, slower = counted[0] if counted else (0, 0, 0)
        # Of the rest only those with the least hashes are shown: the others need not be sorted.
        rest = (limit - errors - slower, spans - errors - slower)
        rows = self._points(where, is_slow, parameters, limit, _bound(*rest))
        if len(rows) < min(limit, spans):  # by chance, or more were stored meanwhile
            rows = self._points(where, is_slow, parameters, limit, HASH_MOST)
        return Scatter(tuple(point_of(row, self._names) for row in rows), spans, errors, slower)

    def _points(
        self, where: str, is_slow: Condition, parameters: dict[str, object], limit: int, bound: int
    ) -> list[Row]:
        """Return the points of a scatter: failed and slow ones, and others with a hash up to the bound."""
        is_shown = (
            "" if bound == HASH_MOST else f"AND (IsError OR is_slow OR {SPAN_HASH} <= {{bound:UInt64}})"
        )
        return self._warehouse.query(
            "SELECT TraceId, SpanId, toUnixTimestamp64Nano(Timestamp), Duration, IsError, "
            f"toString(ServiceName), toString(SpanName), {PLACE}, "
            f"NOT IsError AND {is_slow.sql} AS is_slow {where} {is_shown} "
            f"ORDER BY IsError DESC, is_slow DESC, {SPAN_HASH} LIMIT {{limit:UInt32}}",
            parameters | {"limit": limit, "bound": bound},
            timeout_seconds=SEARCH_TIMEOUT_SECONDS,
        )

    def logs(
        self, trace_id: str, start_nanoseconds: int, end_nanoseconds: int, *, before: int, limit: int
    ) -> list[TraceLogLine]:
        """Return log lines of a trace in order of time, after skipping the first `before`."""
        rows = self._warehouse.query(
            f"SELECT {LINE_HASH} AS hash, toUnixTimestamp64Nano(Timestamp) AS at, SpanId, "
            "toString(ServiceName), toString(SeverityText), SeverityNumber, Body, LogAttributes, "
            f"{PLACE} "
            f"FROM otel_logs WHERE {BETWEEN} AND TraceId = {{id:String}} ORDER BY at, hash "
            "LIMIT {limit:UInt64} OFFSET {before:UInt64}",
            {
                "id": trace_id,
                "from_ns": max(0, start_nanoseconds - LOGS_AROUND_NANOSECONDS),
                "to_ns": min(end_nanoseconds + LOGS_AROUND_NANOSECONDS, NANOSECONDS_MOST),
                "limit": limit,
                "before": before,
            },
            timeout_seconds=SEARCH_TIMEOUT_SECONDS,
        )
        return [line_of(row, self._names) for row in rows]


def _bound(wanted: int, among: int) -> int:
    """Return the hash up to which more than `wanted` of `among` spans are expected."""
    return min(HASH_MOST, max(0, int(SPARE * (wanted + 1) / max(1, among) * HASH_MOST)))


_KEYS = {
    Order.NEWEST: ("Timestamp", "DESC"),
    Order.SLOWEST: ("Duration", "DESC"),
    # Of one outcome; the search walks through the outcomes.
    Order.FAILED: ("Timestamp", "DESC"),
}
_PLACED = {
    Order.NEWEST: instant("Timestamp", "place"),
    Order.SLOWEST: "{place:UInt64}",
    Order.FAILED: instant("Timestamp", "place"),
}


def _beyond(order: Order, after: Place | None) -> tuple[str, dict[str, object]]:
    """Return the condition for spans after a place; without a place, one that is always true."""
    if after is None:
        return "1", {}
    key, value = _KEYS[order][0], _PLACED[order]
    # The first comparison is the one that the key and the indexes can use.
    sql = (
        f"({key} <= {value} AND ({key} < {value} OR "
        "(TraceId, SpanId) > ({place_trace:String}, {place_span:String})))"
    )
    return sql, {"place": after.value, "place_trace": after.trace_id, "place_span": after.span_id}


def began_in(bounds: Bounds) -> tuple[str, dict[str, object]]:
    """Return the condition for the seconds in which spans of these traces began, on the table's key."""
    lengths = sum(last - first + 1 for first, last in bounds.values())
    if lengths <= _SECONDS_MOST:
        named = {second for first, last in bounds.values() for second in range(first, last + 1)}
        return "toDateTime(Timestamp) IN {seconds:Array(UInt32)}", {"seconds": sorted(named)}
    first, last = (min(first for first, _ in bounds.values()), max(last for _, last in bounds.values()))
    return between("Timestamp", "first_ns", "end_ns"), {
        "first_ns": first * NANOSECONDS_PER_SECOND,
        "end_ns": (last + 1) * NANOSECONDS_PER_SECOND,
    }


def _of_trace(columns: str) -> str:
    return (
        f"SELECT {columns} FROM otel_traces WHERE TraceId = {{id:String}} "
        f"AND {BETWEEN} ORDER BY start, SpanId LIMIT {{most:UInt32}}"
    )


def _parameters(trace_id: str, bounds: tuple[int, int]) -> dict[str, object]:
    return {"id": trace_id, "most": TRACE_SPANS_MOST + 1, **_nanoseconds(*bounds)}


def _nanoseconds(first: int, last: int) -> dict[str, object]:
    """Return the parameters of `BETWEEN` for whole seconds, the last one included."""
    return {"from_ns": first * NANOSECONDS_PER_SECOND, "to_ns": (last + 1) * NANOSECONDS_PER_SECOND}
