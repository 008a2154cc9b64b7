"""The use cases of traces: searching them, reading one, comparing two."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import TypeVar

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import NotFound
from holdfast.runtime.remembered import Remembered, key_of
from holdfast.runtime.timerange import EARLIEST, TimeRange, parse_range
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.traces import search as searching
from holdfast.telemetry.traces.compare import compared
from holdfast.telemetry.traces.model import Order, Outcome, Scatter, Search, Span, TraceLogLine, Violation
from holdfast.telemetry.traces.shared_ids import lines_with_own_ids
from holdfast.telemetry.traces.store import TraceStore
from holdfast.telemetry.traces.tally import OutcomeTally, tally
from holdfast.telemetry.traces.usual import UsualDurations
from holdfast.telemetry.traces.views import (
    Comparison,
    DescribedHit,
    TraceView,
    described,
    judged,
    slow_from,
    viewed,
    worst_of,
)
from holdfast.telemetry.traces.what_happened import JudgedBy
from holdfast.telemetry.warehouse.instants import NANOSECONDS_PER_SECOND, nanoseconds
from holdfast.telemetry.warehouse.protocol import Warehouse

READ_AT_ONCE = 50
"""Traces read at once where only some of them will be listed."""

TALLIED_MOST = 100
"""Most traces of one outcome of which it is counted what happened: each is read whole."""

KEPT_MOST, KEPT_SECONDS = 64, 10
"""How many scatters are kept, and how long: pages ask often, and several people look at one."""

_Stored = TypeVar("_Stored")
Broke = Callable[[str], Violation]
"""Returns the condition for spans that violate the objective of this name; raises NotFound without one."""


@dataclass(frozen=True, slots=True)
class DescribedPage:
    """A page of traces, and what happened in each of them."""

    page: searching.TracePage
    hits: tuple[DescribedHit, ...]


class TracesService:
    """Answers questions about traces; lives as long as the process."""

    def __init__(
        self, warehouse: Warehouse, clock: Clock, *, broke: Broke, names: ServiceNames = AS_SENT
    ) -> None:
        self._traces = TraceStore(warehouse, names)
        self._usual = UsualDurations(warehouse, clock)
        self._names = names
        self._clock = clock
        self._broke = broke
        self._kept = Remembered(clock, seconds=KEPT_SECONDS, most=KEPT_MOST)

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the requested range, by default the last hour."""
        return parse_range(start, end, now=self._clock.now())

    def broke(self, objective: str) -> Violation:
        """Return the condition for spans that violate an objective.

        Raises:
            NotFound: there is no objective of this name.
        """
        return self._broke(objective)

    def search(
        self, search: Search, order: Order, *, cursor: str | None, limit: int, happened: str | None = None
    ) -> DescribedPage:
        """Return a page of traces, each with what happened in it and where its time went.

        With `happened`, only traces in which exactly this happened, such as `POST /orders · 504 at payline`:
        what happened is known once a trace is read, so pages are read until enough is found or time is up.

        Raises:
            Invalid: it is not a cursor of a search.
        """
        limited, began = self._with_limits(search), self._clock.monotonic_seconds()
        if happened is None:
            return self._page(limited, order, cursor, limit)
        found = list[DescribedHit]()
        while True:
            listed = self._page(limited, order, cursor, READ_AT_ONCE)
            found += [one for one in listed.hits if one.happened.sentence == happened]
            cursor, back = listed.page.next, listed.page.looked_back_to_nanoseconds
            is_late = self._clock.monotonic_seconds() - began > searching.LONG_ENOUGH_SECONDS
            if cursor is None or len(found) >= limit or is_late:
                break
        page = searching.TracePage(tuple(one.hit for one in found), order, cursor, back)
        shown = page if len(found) <= limit else page.first(limit)
        return DescribedPage(shown, tuple(found[:limit]))

    def tallies(self, search: Search) -> list[OutcomeTally]:
        """Return how often what happened in the newest traces that failed, and in those that were slow."""
        limited = self._with_limits(search)
        asked = [one for one in (Outcome.FAILED, Outcome.SLOW) if search.only in (None, one)]
        pages = {
            one: self._page(replace(limited, only=one), Order.FAILED, None, TALLIED_MOST) for one in asked
        }
        return [
            tally(one, (each.happened for each in listed.hits), is_all=listed.page.next is None)
            for one, listed in pages.items()
        ]

    def _page(self, search: Search, order: Order, cursor: str | None, limit: int) -> DescribedPage:
        page = searching.page(self._traces, self._clock, search, order, cursor, limit)
        return DescribedPage(page, tuple(self._described(page, search)))

    def _described(self, page: searching.TracePage, search: Search) -> list[DescribedHit]:
        spans = self._traces.spans_of(self._traces.bounds([hit.trace.trace_id for hit in page.hits]))
        return [described(hit, spans.get(hit.trace.trace_id, ()), search, self._names) for hit in page.hits]

    def scatter(self, search: Search, *, limit: int) -> Scatter:
        """Return a repeatable sample of the spans found, failed ones first."""
        within = key_of(search.within, now=self._clock.now().timestamp())
        asked = [getattr(search, one.name) for one in fields(search) if one.name != "within"]
        return self._kept.recall(f"{within} {limit} {asked!r}", lambda: self._scatter(search, limit))

    def _scatter(self, search: Search, limit: int) -> Scatter:
        window = (nanoseconds(search.within.start), nanoseconds(search.within.end))
        return self._traces.scatter(self._with_limits(search), window, limit)

    def _with_limits(self, search: Search) -> Search:
        services = () if search.service is None else self._names.sent_as(search.service)
        usual = self._usual.limits(search.within.end, services)
        return replace(search, slow=replace(usual, allowed_nanoseconds=search.allowed))

    def trace(self, trace_id: str, *, objective: str | None = None) -> TraceView:
        """Return one trace with its spans in order of start, at most 10,000 and 8 MB of them.

        What happened in it is said of its root; with an objective that it violates, of the span that did.

        Raises:
            NotFound: no span of it is stored, or there is no such objective.
        """
        details, spans = self._traces.details(trace_id.lower())
        view = viewed(_stored(trace_id, details), spans)
        if view.left_out:
            view = viewed(details, spans, self._took(details[0].span.trace_id))
        one, by = view.root, JudgedBy()
        if objective is not None:
            broke = self._broke(objective)
            worst = worst_of(self._traces.meeting_in(one.trace_id, broke), view.tree.spans)
            if worst is not None:
                one, by = worst, JudgedBy(0, None, objective, broke.allowed_nanoseconds)
        by = replace(
            by, took_nanoseconds=one.duration_nanoseconds, slow_from_nanoseconds=self._slow_from(one)
        )
        return judged(view, one, by, self._names)

    def _took(self, trace_id: str) -> int:
        """Return how long all of a trace took, as lists of traces have it."""
        summary = self._traces.summaries([trace_id]).get(trace_id)
        return summary.duration_nanoseconds if summary else 0

    def _slow_from(self, span: Span) -> int | None:
        """Return from when on a span is slow; None if no usual of its operation is known."""
        at = EARLIEST + timedelta(seconds=span.start_nanoseconds // NANOSECONDS_PER_SECOND)
        limits = self._usual.limits(at, self._names.sent_as(span.service))
        return slow_from(limits, span, self._names)

    def logs(self, trace_id: str, *, before: int = 0, limit: int = 1000) -> tuple[int, list[TraceLogLine]]:
        """Return the start of a trace in nanoseconds since 1970, and its log lines in order of time.

        The first `before` lines are skipped.

        Raises:
            NotFound: no span of it is stored.
        """
        spans = _stored(trace_id, self._traces.spans(trace_id.lower()))
        end = max(span.end_nanoseconds for span in spans)
        start = spans[0].start_nanoseconds
        lines = self._traces.logs(spans[0].trace_id, start, end, before=before, limit=limit)
        return start, lines_with_own_ids(lines, spans)

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
