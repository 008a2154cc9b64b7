"""What people ask of traces: which there are, what one holds, how two differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import NotFound
from holdfast.runtime.timerange import TimeRange, parse_range
from holdfast.telemetry.instants import nanoseconds
from holdfast.telemetry.traces import search as searching
from holdfast.telemetry.traces.compare import Row, compared
from holdfast.telemetry.traces.model import Condition, LogLine, Order, Scatter, Search, Span, SpanDetail
from holdfast.telemetry.traces.store import TRACE_SPANS_MOST, TraceStore
from holdfast.telemetry.traces.tree import Stretch, Tree, critical_path, self_nanoseconds, tree_of
from holdfast.telemetry.warehouse import Warehouse

DEFAULT_RANGE = timedelta(hours=1)

_Stored = TypeVar("_Stored")
Broke = Callable[[str], Condition]
"""Returns what it means of a span that it broke the promise of this name; raises NotFound for no promise."""


@dataclass(frozen=True, slots=True)
class TraceView:
    """One trace read: its spans with all that is stored of them, their tree, and where its time went.

    `own_nanoseconds` holds each span's own time, `path` the critical path; `is_cut` when it has more spans.
    """

    details: tuple[SpanDetail, ...]
    tree: Tree
    own_nanoseconds: tuple[int, ...]
    path: tuple[Stretch, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two traces side by side."""

    first: tuple[Span, ...]
    second: tuple[Span, ...]
    rows: tuple[Row, ...]


class TracesService:
    """Answers questions about traces; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, clock: Clock, *, broke: Broke) -> None:
        self._traces = TraceStore(warehouse)
        self._clock = clock
        self._broke = broke

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the range asked for, by default the last hour."""
        return parse_range(start, end, now=self._clock.now(), default=DEFAULT_RANGE)

    def broke(self, objective: str) -> Condition:
        """Return what it means of a span that it broke this promise.

        Raises:
            NotFound: there is no promise of this name.
        """
        return self._broke(objective)

    def search(self, search: Search, order: Order, *, cursor: str | None, limit: int) -> searching.Page:
        """Return a page of traces.

        Raises:
            Invalid: the cursor was not given by a search.
        """
        return searching.page(self._traces, self._clock, search, order, cursor, limit)

    def scatter(self, search: Search, *, limit: int) -> Scatter:
        """Return a repeatable sample of the spans found, failed ones first."""
        window = (nanoseconds(search.within.start), nanoseconds(search.within.end))
        return self._traces.scatter(search, window, limit)

    def trace(self, trace_id: str) -> TraceView:
        """Return one trace, its spans in order of start.

        Raises:
            NotFound: no span of it is stored.
        """
        details = _stored(trace_id, self._traces.details(trace_id.lower()))
        shown = tuple(details[:TRACE_SPANS_MOST])
        tree = tree_of([one.span for one in shown])
        own, path = tuple(self_nanoseconds(tree)), tuple(critical_path(tree))
        return TraceView(shown, tree, own, path, is_cut=len(details) > len(shown))

    def logs(self, trace_id: str, *, before: int = 0, limit: int = 1000) -> tuple[int, list[LogLine]]:
        """Return the start of a trace in nanoseconds since 1970, and its log lines in order of time.

        The first `before` lines are left out.

        Raises:
            NotFound: no span of it is stored.
        """
        spans = _stored(trace_id, self._traces.spans(trace_id.lower()))
        end = max(span.end_nanoseconds for span in spans)
        start = spans[0].start_nanoseconds
        return start, self._traces.logs(spans[0].trace_id, start, end, before=before, limit=limit)

    def comparison(self, first: str, second: str) -> Comparison:
        """Return two traces side by side.

        Raises:
            NotFound: no span of one of them is stored.
        """
        one, other = (_stored(name, self._traces.spans(name.lower())) for name in (first, second))
        return Comparison(tuple(one), tuple(other), tuple(compared(one, other)))


def _stored(trace_id: str, spans: Sequence[_Stored]) -> Sequence[_Stored]:
    if not spans:
        raise NotFound(
            f"no span of trace {trace_id!r} is stored; it may be older than the retention", value=trace_id
        )
    return spans
