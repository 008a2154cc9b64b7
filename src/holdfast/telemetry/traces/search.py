"""Runs a search: in windows back through time, each trace once, until the page is full.

The newest traces are nearly always within the last seconds, so a search for them begins there and continues
back, in growing windows, only until it has found enough. Its cost is bounded: when its time is up it returns
the traces found, how far back it went, and a cursor to continue. Without conditions it goes on until it has
found one: a list of all traces is never empty where there are some.

Failed ones first is one such search after another: for failed spans, for slow ones, for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from holdfast.runtime import pages
from holdfast.runtime.clock import Clock
from holdfast.telemetry.traces import cursor
from holdfast.telemetry.traces.cursor import Place
from holdfast.telemetry.traces.model import FoundSpan, Hit, Order, Outcome, Scope, Search
from holdfast.telemetry.traces.store import TraceStore
from holdfast.telemetry.warehouse.instants import nanoseconds

FIRST_STEP_NANOSECONDS = 10 * 10**9
WIDENING_LEAST, WIDENING_MOST = 2, 36
SPANS_PER_TRACE = 4
"""Spans read for each trace of the page, because spans of one trace are close together."""

ROUNDS_MOST = 12
LONG_ENOUGH_SECONDS = 1.5
"""After this long no further window is read."""


@dataclass(frozen=True, slots=True)
class TracePage:
    """A page of traces in order, the start of the next page, and how far back the search went."""

    hits: tuple[Hit, ...]
    order: Order
    next: str | None
    looked_back_to_nanoseconds: int

    def first(self, shown: int) -> "TracePage":
        """Return a page of the first `shown` traces, which the next page continues."""
        return replace(self, hits=self.hits[:shown], next=self.after(shown))

    def after(self, shown: int) -> str | None:
        """Return the cursor of the page behind the first `shown` traces; None at the end."""
        if shown == len(self.hits):
            return self.next
        last = self.hits[shown - 1].found
        place = cursor.written(_place(last, self.order))
        return pages.written(last.outcome, place) if self.order is Order.FAILED else place


@dataclass(slots=True)
class _Walk:
    """The state of one search: the window still to be read, and the traces found."""

    low: int
    high: int
    width: int
    after: Place | None
    found: dict[str, FoundSpan] = field(default_factory=dict)
    is_over: bool = False


def page(
    store: TraceStore, clock: Clock, search: Search, order: Order, word: str | None, limit: int
) -> TracePage:
    """Return a page of traces, each represented by its first span in this order.

    Raises:
        Invalid: it is not a cursor of a search.
    """
    if order is Order.FAILED:
        return _by_outcome(store, clock, search, word, limit)
    return _in_order(store, clock, search, order, word, limit)


def _by_outcome(store: TraceStore, clock: Clock, search: Search, word: str | None, limit: int) -> TracePage:
    """Return a page with failed traces first, then slow ones, then the others.

    Its cursor names the outcome to continue with, and the place among the traces of that outcome.
    """
    waiting = [search.only] if search.only else list(Outcome)
    hits, inner, back = list[Hit](), "", nanoseconds(search.within.start)
    if word:
        named, inner = map(str, pages.read(word, str, str))
        waiting = waiting[waiting.index(Outcome(named)) :] if named in waiting else []
        if not waiting:
            raise pages.foreign(word)
    while waiting and len(hits) < limit:
        asked = replace(search, only=waiting[0])
        found = _in_order(store, clock, asked, Order.NEWEST, inner or None, limit - len(hits))
        hits, inner, back = [*hits, *found.hits], found.next or "", found.looked_back_to_nanoseconds
        if inner:
            break
        del waiting[0]
    following = pages.written(waiting[0], inner) if waiting else None
    return TracePage(tuple(hits), Order.FAILED, following, back)


def _in_order(
    store: TraceStore, clock: Clock, search: Search, order: Order, word: str | None, limit: int
) -> TracePage:
    began, place = clock.monotonic_seconds(), cursor.read(word) if word else None
    window = (nanoseconds(search.within.start), nanoseconds(search.within.end))
    walk = _begun(window, order, place)
    rounds = 0
    while not walk.is_over and len(walk.found) < limit:
        _step(store, search, order, walk, window, limit, place)
        rounds += 1
        is_late = rounds >= ROUNDS_MOST or clock.monotonic_seconds() - began > LONG_ENOUGH_SECONDS
        if is_late and (walk.found or _is_narrow(search)):
            break
    shown = list(walk.found.values())[:limit]
    is_all = walk.is_over and len(walk.found) <= limit
    last = _place(shown[-1], order) if len(walk.found) >= limit and shown else walk.after
    following = None if is_all or last is None else cursor.written(last)
    summaries = store.summaries([one.trace_id for one in shown])
    hits = tuple(Hit(one, summaries[one.trace_id]) for one in shown if one.trace_id in summaries)
    return TracePage(
        hits, order, following, window[0] if walk.is_over or order is Order.SLOWEST else walk.high
    )


def _is_narrow(search: Search) -> bool:
    """Whether a search may find nothing where there are traces."""
    every = Search(search.within, Scope.ROOT, slow=search.slow, place=search.place)
    return replace(search, only=None) != every or search.only in (Outcome.FAILED, Outcome.SLOW)


def _begun(window: tuple[int, int], order: Order, place: Place | None) -> _Walk:
    low, high = window
    if order is Order.SLOWEST:
        return _Walk(low, high, high - low, place)
    if place is not None:
        high = max(low, min(high, place.value + 1))
    return _Walk(low, high, FIRST_STEP_NANOSECONDS, place, is_over=high <= low)


def _step(
    store: TraceStore,
    search: Search,
    order: Order,
    walk: _Walk,
    whole: tuple[int, int],
    limit: int,
    first_place: Place | None,
) -> None:
    """Read one window, or its rest; widen the next one if it had too few."""
    window = (max(walk.low, walk.high - walk.width), walk.high)
    most = (limit if search.scope is Scope.ROOT else limit * SPANS_PER_TRACE) + 1
    spans = store.found(search, order, window, walk.after, most)
    fresh = [one for one in spans if one.trace_id not in walk.found]
    if first_place is not None and search.scope is Scope.ANY and fresh:
        bounds = store.bounds(sorted({one.trace_id for one in fresh}))
        before = store.listed_before(search, order, whole, first_place, bounds)
        fresh = [one for one in fresh if one.trace_id not in before]
    fresh = _without_worse(store, search, whole, fresh)
    for one in fresh:
        walk.found.setdefault(one.trace_id, one)
    if spans:
        walk.after = _place(spans[-1], order)
    if len(spans) < most:
        walk.high, walk.width = window[0], walk.width * _widening(len(spans), most)
        walk.is_over = walk.high <= walk.low
        if order is Order.NEWEST and not walk.is_over:
            # Everything down to here was read: the next page continues below it.
            walk.after = Place(walk.high - 1, "", "") if walk.high else None


def _without_worse(
    store: TraceStore, search: Search, whole: tuple[int, int], fresh: Sequence[FoundSpan]
) -> list[FoundSpan]:
    """Omit the traces that a worse outcome lists: of one trace, spans may end in several ways."""
    found = list(fresh)
    if search.scope is Scope.ROOT or search.only is None:
        return found
    for worse in list(Outcome)[: list(Outcome).index(search.only)]:
        bounds = store.bounds(sorted({one.trace_id for one in found})) if found else {}
        listed = store.meeting(replace(search, only=worse), whole, bounds)
        found = [one for one in found if one.trace_id not in listed]
    return found


def _widening(found: int, most: int) -> int:
    """Return the factor of the next window: wide enough for the rest, by the density of this one."""
    if not found:
        return WIDENING_MOST
    return max(WIDENING_LEAST, min(WIDENING_MOST, 2 * (most - found) // found))


def _place(span: FoundSpan, order: Order) -> Place:
    value = span.duration_nanoseconds if order is Order.SLOWEST else span.start_nanoseconds
    return Place(value, span.trace_id, span.span_id)
