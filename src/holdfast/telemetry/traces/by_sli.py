"""The stored spans behind an SLI's bad events: one small protocol, over the warehouse and in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from holdfast.catalog.model import Sli, SpanSelector, SpanStatus
from holdfast.telemetry.counting.model import Sender
from holdfast.telemetry.identity.model import identity_of
from holdfast.telemetry.traces.failure import EXCEPTION
from holdfast.telemetry.traces.model import Condition, SampledSpan, Span, Violation, is_failed
from holdfast.telemetry.traces.samples import SPAN_HASH, SPARE
from holdfast.telemetry.traces.shared_ids import with_own_ids
from holdfast.telemetry.traces.store import TraceStore, began_in
from holdfast.telemetry.warehouse.instants import NANOSECONDS_PER_SECOND, between
from holdfast.telemetry.warehouse.protocol import Warehouse

SPANS_MOST = 20_000
AROUND_SECONDS = 300
"""A trace is searched this long before and after its bad span if the index has no times for it."""

SPANS_TIMEOUT_SECONDS = 8.0
MINUTE_SECONDS = 60


class Pick(Enum):
    """Which bad spans to return if there are more than requested."""

    NEWEST = "newest"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class BadSpan:
    """A span that counts for an SLI and is not good; it began in `second`, counted since 1970.

    Both sides of a call may have been sent with one `span_id`; its `kind` says which of them it is.
    """

    trace_id: str
    span_id: str
    second: int
    kind: str


@dataclass(frozen=True, slots=True)
class BadEvent:
    """A bad span with the spans of its trace, itself among them, and each with an id of its own."""

    at: BadSpan
    span: Span
    trace: tuple[Span, ...]


Samples = tuple[Sequence[SampledSpan], Sequence[SampledSpan]]
"""Bad spans of an SLI and good ones."""


class SpanSource(Protocol):
    """Finds stored spans. Times are seconds since 1970; ranges are half-open."""

    def bad_spans(self, sli: Sli, start: int, end: int, *, limit: int, pick: Pick) -> list[BadSpan]:
        """Return bad spans of the SLI: the newest, or a repeatable random sample of their traces."""
        ...

    def good_traces(self, sli: Sli, start: int, end: int, *, limit: int) -> list[Sequence[Span]]:
        """Return the traces of a repeatable random sample of good spans of the SLI."""
        ...

    def events(self, bad: Sequence[BadSpan]) -> list[BadEvent]:
        """Return these bad spans with their traces; what is not stored any more is missing."""
        ...

    def samples(self, sli: Sli, start: int, end: int, *, limit: int, good: int) -> Samples:
        """Return repeatable samples of at most `limit` bad and good spans; `good` ones were counted."""
        ...

    def senders(self, names: Collection[str], start: int, end: int) -> frozenset[str]:
        """Return those of these services that sent spans of their own, to the minute."""
        ...


@dataclass(frozen=True, slots=True)
class _Sampled:
    trace_id: str
    operation: str
    zone: str
    version: str
    attributes: tuple[tuple[str, str], ...]


class WarehouseSpans:
    """Finds spans in `otel_traces`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._traces_stored = TraceStore(warehouse)

    def bad_spans(self, sli: Sli, start: int, end: int, *, limit: int, pick: Pick) -> list[BadSpan]:
        """Return bad spans of the SLI, from a few narrow columns."""
        order = "Timestamp DESC" if pick is Pick.NEWEST else _ANY
        return self._spans(bad(sli), start, end, order, limit)

    def good_traces(self, sli: Sli, start: int, end: int, *, limit: int) -> list[Sequence[Span]]:
        """Return the traces of a repeatable random sample of good spans of the SLI."""
        found = self._traces(self._spans(_good(sli), start, end, _ANY, limit))
        return [tuple(with_own_ids(spans)) for spans in found.values()]

    def _spans(self, which: Condition, start: int, end: int, order: str, limit: int) -> list[BadSpan]:
        rows = self._warehouse.query(
            "SELECT TraceId, SpanId, toUInt32(toDateTime(Timestamp)), lower(toString(SpanKind)) "
            f"FROM otel_traces WHERE {_BETWEEN} AND {which.sql} ORDER BY {order} LIMIT {{limit:UInt32}}",
            dict(which.parameters) | {**_seconds(start, end), "limit": limit},
            timeout_seconds=SPANS_TIMEOUT_SECONDS,
        )
        return [BadSpan(*row) for row in rows]

    def events(self, bad: Sequence[BadSpan]) -> list[BadEvent]:
        """Return these bad spans with their traces, of which at most 20,000 spans together are read."""
        return _events(bad, self._traces(bad))

    def samples(self, sli: Sli, start: int, end: int, *, limit: int, good: int) -> Samples:
        """Return repeatable samples of bad and good spans: those whose hashes are the least of their kind.

        Both are read in one pass. Of the good spans, which are many, only those with a hash below a bound
        are sorted and their attributes read. Where spans stand for several, fewer are stored than counted:
        then the bound is raised.
        """
        share = min(1.0, SPARE * limit / max(1, good))
        while True:
            bad_spans, good_spans = self._samples(sli, start, end, limit, share)
            if len(good_spans) >= limit or share == 1.0:
                return bad_spans, good_spans
            share = min(1.0, share * max(2.0, SPARE * limit / max(1, len(good_spans))))

    def _samples(self, sli: Sli, start: int, end: int, limit: int, share: float) -> Samples:
        counts, of_total = _selected(sli.total, "t")
        keeps, of_good = _selected(sli.good, "g")
        below = "" if share == 1.0 else f"AND (NOT ({keeps}) OR {SPAN_HASH} < {{bound:UInt64}})"
        rows = self._warehouse.query(
            f"SELECT toUInt8({keeps}) AS good, {_SAMPLED} FROM otel_traces "
            f"WHERE {_BETWEEN} AND {counts} {below} "
            f"ORDER BY good, {SPAN_HASH} LIMIT {{limit:UInt32}} BY good",
            of_total | of_good | {**_seconds(start, end), "limit": limit, "bound": int(share * 2**64) - 1},
            timeout_seconds=SPANS_TIMEOUT_SECONDS,
        )
        bad_rows, good_rows = ([row[1:] for row in rows if row[0] == kind] for kind in (0, 1))
        return [_sampled(row) for row in bad_rows], [_sampled(row) for row in good_rows]

    def senders(self, names: Collection[str], start: int, end: int) -> frozenset[str]:
        """Return those of these services that sent spans of their own, to the minute."""
        rows = self._warehouse.query(
            f"SELECT DISTINCT service FROM holdfast_presence_1m WHERE {between('slice', 'first', 'end')} "
            "AND service IN {names:Array(String)}",
            {"first": start - start % MINUTE_SECONDS, "end": end, "names": sorted(names)},
            timeout_seconds=SPANS_TIMEOUT_SECONDS,
        )
        return frozenset(service for (service,) in rows)

    def _traces(self, bad: Sequence[BadSpan]) -> dict[str, list[Span]]:
        if not bad:
            return {}
        ids = sorted({one.trace_id for one in bad})
        around = {
            one.trace_id: (max(0, one.second - AROUND_SECONDS), one.second + AROUND_SECONDS) for one in bad
        }
        bounds = {**around, **self._traces_stored.bounds(ids)}
        when, seconds = began_in(bounds)
        rows = self._warehouse.query(
            f"{_SELECT} WHERE {when} AND TraceId IN {{ids:Array(String)}} "
            # The bad spans themselves first: a runaway trace must not crowd them out.
            "ORDER BY SpanId IN {bad:Array(String)} DESC LIMIT {limit:UInt32}",
            {**seconds, "ids": ids, "bad": [one.span_id for one in bad], "limit": SPANS_MOST},
            timeout_seconds=SPANS_TIMEOUT_SECONDS,
        )
        return by_trace(_span(row) for row in rows)


class MemorySpans:
    """Spans in a list, selected in plain Python: for tests, timelines and `--fake`."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self.spans = list(spans)

    def bad_spans(self, sli: Sli, start: int, end: int, *, limit: int, pick: Pick) -> list[BadSpan]:
        """Return bad spans of the SLI, the newest first for any pick."""
        found = [
            span
            for span in self.spans
            if start <= span.start_nanoseconds // 10**9 < end
            and matches(sli.total, span)
            and not matches(sli.good, span)
        ]
        newest = sorted(found, key=lambda span: -span.start_nanoseconds)[:limit]
        return [
            BadSpan(span.trace_id, span.span_id, span.start_nanoseconds // 10**9, span.kind)
            for span in newest
        ]

    def good_traces(self, sli: Sli, start: int, end: int, *, limit: int) -> list[Sequence[Span]]:
        """Return the traces of the first good spans of the SLI."""
        _, good = self.samples(sli, start, end, limit=limit, good=0)
        traces = by_trace(self.spans)
        return [tuple(traces[trace_id]) for trace_id in dict.fromkeys(span.trace_id for span in good)]

    def events(self, bad: Sequence[BadSpan]) -> list[BadEvent]:
        """Return these bad spans with their traces."""
        return _events(bad, by_trace(self.spans))

    def samples(self, sli: Sli, start: int, end: int, *, limit: int, good: int) -> Samples:
        """Return the first bad and good spans of the SLI."""
        found = [
            span
            for span in self.spans
            if start <= span.start_nanoseconds // 10**9 < end and matches(sli.total, span)
        ]
        of_kind = [[span for span in found if matches(sli.good, span) is kind] for kind in (False, True)]
        return of_kind[0][:limit], of_kind[1][:limit]

    def senders(self, names: Collection[str], start: int, end: int) -> frozenset[str]:
        """Return those of these services that sent spans of their own, to the minute."""
        first = start - start % MINUTE_SECONDS
        sent = {span.service for span in self.spans if first <= span.start_nanoseconds // 10**9 < end}
        return frozenset(sent.intersection(names))


def bad(sli: Sli) -> Violation:
    """Return the condition for spans that count for an SLI and are not good."""
    counts, parameters = _selected(sli.total, "t")
    keeps, more = _selected(sli.good, "g")
    named = tuple((parameters | more).items())
    return Violation(f"{counts} AND NOT ({keeps})", named, sli.good.max_duration_nanoseconds)


def _good(sli: Sli) -> Condition:
    keeps, parameters = _selected(sli.good, "g")
    return Condition(keeps, tuple(parameters.items()))


def matches(selector: SpanSelector, span: Span) -> bool:
    """Whether a span meets every condition of a selector; its own attributes are also its resource's."""
    attributes, limit = dict(span.attributes), selector.max_duration_nanoseconds
    conditions = (
        Sender.of(selector).covers(identity_of(attributes, span.service)),
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


def _events(bad: Iterable[BadSpan], traces: Mapping[str, Sequence[Span]]) -> list[BadEvent]:
    apart = {trace_id: tuple(with_own_ids(spans)) for trace_id, spans in traces.items()}
    found = []
    for one in bad:
        sent, trace = traces.get(one.trace_id, ()), apart.get(one.trace_id, ())
        stored = [own for own, span in zip(trace, sent, strict=True) if _is_of(one, span)]
        found += [BadEvent(one, span, trace) for span in stored[:1]]
    return found


def _is_of(bad: BadSpan, span: Span) -> bool:
    if (bad.span_id, bad.kind) != (span.span_id, span.kind):
        return False
    return bad.second == span.start_nanoseconds // NANOSECONDS_PER_SECOND


_ANY = "cityHash64(TraceId)"
_BETWEEN = between("Timestamp", "start_ns", "end_ns")


def _seconds(start: int, end: int) -> dict[str, object]:
    """Return the parameters of `_BETWEEN` for a range of whole seconds."""
    return {"start_ns": start * NANOSECONDS_PER_SECOND, "end_ns": end * NANOSECONDS_PER_SECOND}


_COLUMNS = (
    " TraceId, SpanId, ParentSpanId, toString(ServiceName), toString(SpanName), "
    "lower(toString(SpanKind)), toString(Zone), toString(Version), toUnixTimestamp64Nano(Timestamp), "
    "Duration, toString(StatusCode), StatusMessage"
)
_PLACE = "toString(Environment), toString(Namespace)"
_SELECT = f"SELECT {_COLUMNS}, SpanAttributes, {EXCEPTION}, {_PLACE} FROM otel_traces"
_SAMPLED = (
    "TraceId, toString(SpanName), toString(Zone), toString(Version), "
    "mapUpdate(ResourceAttributes, SpanAttributes)"
)


def _selected(selector: SpanSelector, name: str) -> tuple[str, dict[str, object]]:
    """Return a selector as conditions on spans; values are parameters whose names begin with `name`."""
    parameters: dict[str, object] = {
        f"{name}_services": list(selector.services),
        f"{name}_kinds": [kind.value.capitalize() for kind in selector.kinds],
    }
    parts = [
        f"ServiceName IN {{{name}_services:Array(String)}}",
        f"SpanKind IN {{{name}_kinds:Array(String)}}",
    ]
    for column, value in (("Environment", selector.environment), ("Namespace", selector.namespace)):
        if value is not None:
            parameters[f"{name}_{column.lower()}"] = value
            parts.append(f"{column} = {{{name}_{column.lower()}:String}}")
    if selector.operations:
        parameters[f"{name}_operations"] = list(selector.operations)
        parts.append(f"SpanName IN {{{name}_operations:Array(String)}}")
    for number, (key, values) in enumerate(selector.attributes):
        k, v = f"{name}_k{number}", f"{name}_v{number}"
        parameters |= {k: key, v: list(values)}
        value = f"if(mapContains(SpanAttributes, {{{k}:String}}), SpanAttributes[{{{k}:String}}], "
        parts.append(f"has({{{v}:Array(String)}}, {value}ResourceAttributes[{{{k}:String}}]))")
    if selector.status is not None:
        parts.append("IsError" if selector.status is SpanStatus.ERROR else "NOT IsError")
    if selector.max_duration_nanoseconds is not None:
        parameters[f"{name}_limit"] = selector.max_duration_nanoseconds
        parts.append(f"Duration <= {{{name}_limit:UInt64}}")
    return " AND ".join(parts), parameters


def _span(row: tuple[Any, ...]) -> Span:
    *values, attributes, _, exception, environment, namespace = row
    return Span(*[*values, tuple(attributes), exception, environment, namespace])


def _sampled(row: tuple[Any, ...]) -> _Sampled:
    trace_id, operation, zone, version, attributes = row
    return _Sampled(trace_id, operation, zone, version, tuple(attributes))
