"""The stored spans behind an SLI's bad events: one small protocol, over the warehouse and in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from holdfast.catalog.model import Sli, SpanSelector, SpanStatus
from holdfast.telemetry.instants import NANOSECONDS_PER_SECOND, between
from holdfast.telemetry.traces.failure import EXCEPTION
from holdfast.telemetry.traces.model import Condition, Span, is_failed
from holdfast.telemetry.traces.store import TraceStore, began_in
from holdfast.telemetry.warehouse import Row, Warehouse

SPANS_MOST = 20_000
AROUND_SECONDS = 300
"""So long before and after its bad span a trace is looked for if the engine has not noted when it ran."""

SPANS_TIMEOUT_SECONDS = 8.0


class Pick(Enum):
    """Which bad spans, when there are more than asked for."""

    NEWEST = "newest"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class BadEvent:
    """A span that counts for an SLI and is not good, with the spans of its trace, itself among them."""

    span: Span
    trace: tuple[Span, ...]


class SpanSource(Protocol):
    """Finds stored spans. Times are seconds since 1970; ranges are half-open."""

    def bad_events(self, sli: Sli, start: int, end: int, *, limit: int, pick: Pick) -> list[BadEvent]:
        """Return bad events of the SLI: the newest, or a repeatable random sample."""
        ...

    def sample(self, sli: Sli, start: int, end: int, *, good: bool, limit: int) -> list[Span]:
        """Return a repeatable sample of the SLI's good or bad spans, with what they ran on as attributes."""
        ...


class WarehouseSpans:
    """Finds spans in `otel_traces`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._traces_stored = TraceStore(warehouse)

    def bad_events(self, sli: Sli, start: int, end: int, *, limit: int, pick: Pick) -> list[BadEvent]:
        """Return bad events; of their traces at most 20,000 spans together."""
        # Which spans are bad is read from few narrow columns; all of a span only for the traces that count.
        bad = self._bad(sli, start, end, limit=limit, pick=pick)
        traces = self._traces(bad)
        found = []
        for trace_id, span_id, _ in bad:
            trace = tuple(traces.get(trace_id, ()))
            found += [BadEvent(span, trace) for span in trace if span.span_id == span_id][:1]
        return found

    def sample(self, sli: Sli, start: int, end: int, *, good: bool, limit: int) -> list[Span]:
        """Return a repeatable sample of the SLI's good or bad spans, with what they ran on as attributes."""
        asked = kept(sli) if good else bad(sli)
        rows = self._warehouse.query(
            f"{_SELECT_ALL} WHERE {_BETWEEN} AND {asked.sql} "
            # Start and duration tell spans apart as well as their ids do, and cost a quarter.
            "ORDER BY cityHash64(Timestamp, Duration) LIMIT {limit:UInt32}",
            dict(asked.parameters) | {**_seconds(start, end), "limit": limit},
            timeout_seconds=SPANS_TIMEOUT_SECONDS,
        )
        return [_span(row) for row in rows]

    def _bad(self, sli: Sli, start: int, end: int, *, limit: int, pick: Pick) -> list[Row]:
        broke = bad(sli)
        order = "Timestamp DESC" if pick is Pick.NEWEST else "cityHash64(TraceId)"
        return self._warehouse.query(
            "SELECT TraceId, SpanId, toUInt32(toDateTime(Timestamp)) FROM otel_traces "
            f"WHERE {_BETWEEN} AND {broke.sql} ORDER BY {order} LIMIT {{limit:UInt32}}",
            dict(broke.parameters) | {**_seconds(start, end), "limit": limit},
            timeout_seconds=SPANS_TIMEOUT_SECONDS,
        )

    def _traces(self, bad: Sequence[Row]) -> dict[str, list[Span]]:
        if not bad:
            return {}
        ids = sorted({row[0] for row in bad})
        around = {row[0]: (max(0, row[2] - AROUND_SECONDS), row[2] + AROUND_SECONDS) for row in bad}
        bounds = {**around, **self._traces_stored.bounds(ids)}
        when, seconds = began_in(bounds)
        rows = self._warehouse.query(
            f"{_SELECT} WHERE {when} AND TraceId IN {{ids:Array(String)}} "
            # The bad spans themselves first: a runaway trace must not crowd them out.
            "ORDER BY SpanId IN {bad:Array(String)} DESC LIMIT {limit:UInt32}",
            {**seconds, "ids": ids, "bad": [row[1] for row in bad], "limit": SPANS_MOST},
            timeout_seconds=SPANS_TIMEOUT_SECONDS,
        )
        return by_trace(_span(row) for row in rows)


class MemorySpans:
    """Spans in a list, selected in plain Python: for tests, timelines and `--fake`."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self.spans = list(spans)

    def bad_events(self, sli: Sli, start: int, end: int, *, limit: int, pick: Pick) -> list[BadEvent]:
        """Return bad events of the SLI, the newest first whatever the pick."""
        found = [
            span
            for span in self.spans
            if start <= span.start_nanoseconds // 10**9 < end
            and matches(sli.total, span)
            and not matches(sli.good, span)
        ]
        newest = sorted(found, key=lambda span: -span.start_nanoseconds)[:limit]
        traces = by_trace(self.spans)
        return [BadEvent(span, tuple(traces[span.trace_id])) for span in newest]

    def sample(self, sli: Sli, start: int, end: int, *, good: bool, limit: int) -> list[Span]:
        """Return the first good or bad spans of the SLI."""
        found = [
            span
            for span in self.spans
            if start <= span.start_nanoseconds // 10**9 < end
            and matches(sli.total, span)
            and matches(sli.good, span) is good
        ]
        return found[:limit]


def bad(sli: Sli) -> Condition:
    """Return what it means of a span that it counts for an SLI and is not good."""
    counts, parameters = _selected(sli.total, "t")
    keeps, more = _selected(sli.good, "g")
    return Condition(f"{counts} AND NOT ({keeps})", tuple((parameters | more).items()))


def kept(sli: Sli) -> Condition:
    """Return what it means of a span that it counts for an SLI and is good."""
    counts, parameters = _selected(sli.total, "t")
    keeps, more = _selected(sli.good, "g")
    return Condition(f"{counts} AND {keeps}", tuple((parameters | more).items()))


def matches(selector: SpanSelector, span: Span) -> bool:
    """Whether a span meets every condition of a selector; a span's own attributes only."""
    attributes, limit = dict(span.attributes), selector.max_duration_nanoseconds
    conditions = (
        span.service == selector.service,
        not selector.operations or span.operation in selector.operations,
        span.kind in [kind.value for kind in selector.kinds],
        all(attributes.get(key, "") in values for key, values in selector.attributes),
        selector.status is None or (selector.status is SpanStatus.ERROR) == is_failed(span),
        limit is None or span.duration_nanoseconds <= limit,
    )
    return all(conditions)


def by_trace(spans: Iterable[Span]) -> dict[str, list[Span]]:
    """Group spans by their trace."""
    found: dict[str, list[Span]] = {}
    for span in spans:
        found.setdefault(span.trace_id, []).append(span)
    return found


_BETWEEN = between("Timestamp", "start_ns", "end_ns")


def _seconds(start: int, end: int) -> dict[str, object]:
    """Return the parameters of `_BETWEEN` for a range of whole seconds."""
    return {"start_ns": start * NANOSECONDS_PER_SECOND, "end_ns": end * NANOSECONDS_PER_SECOND}


_COLUMNS = (
    " TraceId, SpanId, ParentSpanId, toString(ServiceName), toString(SpanName), "
    "lower(toString(SpanKind)), toString(Zone), toString(Version), toUnixTimestamp64Nano(Timestamp), "
    "Duration, toString(StatusCode), StatusMessage"
)
_SELECT = f"SELECT {_COLUMNS}, SpanAttributes, {EXCEPTION} FROM otel_traces"
_SELECT_ALL = f"SELECT {_COLUMNS}, mapUpdate(ResourceAttributes, SpanAttributes), 0, '' FROM otel_traces"


def _selected(selector: SpanSelector, name: str) -> tuple[str, dict[str, object]]:
    """Return a selector as conditions on spans; values travel as parameters whose names begin with `name`."""
    parameters: dict[str, object] = {
        f"{name}_service": selector.service,
        f"{name}_kinds": [kind.value.capitalize() for kind in selector.kinds],
    }
    parts = [
        f"ServiceName = {{{name}_service:String}}",
        f"SpanKind IN {{{name}_kinds:Array(String)}}",
    ]
    if selector.operations:
        parameters[f"{name}_operations"] = list(selector.operations)
        parts.append(f"SpanName IN {{{name}_operations:Array(String)}}")
    for number, (key, values) in enumerate(selector.attributes):
        k, v = f"{name}_k{number}", f"{name}_v{number}"
        parameters |= {k: key, v: list(values)}
        held = f"if(mapContains(SpanAttributes, {{{k}:String}}), SpanAttributes[{{{k}:String}}], "
        parts.append(f"has({{{v}:Array(String)}}, {held}ResourceAttributes[{{{k}:String}}]))")
    if selector.status is not None:
        parts.append("IsError" if selector.status is SpanStatus.ERROR else "NOT IsError")
    if selector.max_duration_nanoseconds is not None:
        parameters[f"{name}_limit"] = selector.max_duration_nanoseconds
        parts.append(f"Duration <= {{{name}_limit:UInt64}}")
    return " AND ".join(parts), parameters


def _span(row: tuple[Any, ...]) -> Span:
    *values, attributes, _, exception = row
    return Span(*[*values, tuple(attributes), exception])
