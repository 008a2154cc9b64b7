"""The views of traces: those found, one with its tree and critical path, or two side by side. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.spans.operation_names import folded_name
from holdfast.telemetry.traces.compare import Row
from holdfast.telemetry.traces.mesh import hops
from holdfast.telemetry.traces.model import (
    FoundSpan,
    Hit,
    Outcome,
    Search,
    SlowLimits,
    Span,
    SpanDetail,
    extent_nanoseconds,
    is_failed,
)
from holdfast.telemetry.traces.tree import PathInterval, Tree, critical_path, self_nanoseconds, tree_of
from holdfast.telemetry.traces.what_happened import (
    JudgedBy,
    TimePart,
    WhatHappened,
    parties_of,
    what_happened,
    where_time_went,
)

_NOTHING = WhatHappened(Outcome.USUAL, "")


@dataclass(frozen=True, slots=True)
class TraceView:
    """One trace: its spans with everything stored of them, their tree, and where its time went.

    `own_nanoseconds` holds each span's own time, `path` the critical path; `left_out` is the number of later
    spans that are omitted. `nanoseconds` is how long all of the trace took, with those. `parties` names the
    party at which each span's time was spent.
    """

    details: tuple[SpanDetail, ...]
    tree: Tree
    own_nanoseconds: tuple[int, ...]
    path: tuple[PathInterval, ...]
    left_out: int = 0
    nanoseconds: int = 0
    happened: WhatHappened = _NOTHING
    parties: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Span:
        """The root that names the trace; of one the mesh began, the first span behind it."""
        main, carrying = self.tree.spans[self.tree.main or 0], hops(self.tree.spans)
        behind = (span for span in self.tree.spans if span.span_id not in carrying)
        return next(behind, main) if main.span_id in carrying else main

    def first(self, count: int) -> "TraceView":
        """Return the trace with its first spans alone."""
        cut = viewed(self.details[:count], len(self.details) + self.left_out, self.nanoseconds)
        return replace(cut, happened=self.happened, parties=self.parties)


@dataclass(frozen=True, slots=True)
class DescribedHit:
    """A trace that was found, with what happened in it and the parties that took its time."""

    hit: Hit
    happened: WhatHappened
    parts: tuple[TimePart, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two traces side by side."""

    first: tuple[Span, ...]
    second: tuple[Span, ...]
    rows: tuple[Row, ...]


def viewed(details: Sequence[SpanDetail], spans: int, took_nanoseconds: int = 0) -> TraceView:
    """Return these spans as a view of one trace, of which `spans` are stored; all of them took this long."""
    tree = tree_of([one.span for one in details])
    own, path = tuple(self_nanoseconds(tree)), tuple(critical_path(tree))
    took = max(took_nanoseconds, extent_nanoseconds(tree.spans))
    return TraceView(tuple(details), tree, own, path, left_out=spans - len(details), nanoseconds=took)


def judged(view: TraceView, one: Span, by: JudgedBy, names: ServiceNames) -> TraceView:
    """Return a trace with what happened in it to one of its spans: it failed, or took longer than a limit."""
    spans = view.tree.spans
    usual = Outcome.SLOW if by.is_slow else Outcome.USUAL
    outcome = Outcome.FAILED if is_failed(one) else usual
    happened = what_happened(one, spans, outcome, view.root.operation, names, by=by)
    return replace(view, happened=happened, parties=parties_of(spans, names))


def worst_of(found: Sequence[FoundSpan], spans: Iterable[Span]) -> Span | None:
    """Return the worst of the spans of a trace that were found: the longest that failed, else the longest."""
    stored = [one for one in (_stored(one, spans) for one in found) if one is not None]
    return max(stored, key=lambda one: (is_failed(one), one.duration_nanoseconds), default=None)


def described(hit: Hit, spans: Sequence[Span], search: Search, names: ServiceNames) -> DescribedHit:
    """Return a trace that was found with what happened in it, as far as its spans are stored."""
    found, operation, took = hit.found, hit.trace.root_operation, hit.found.duration_nanoseconds
    one = _stored(found, spans)
    if one is None:
        return DescribedHit(hit, WhatHappened(found.outcome, operation, by=JudgedBy(took)), ())
    by = JudgedBy(took, slow_from(search.slow, one, names), search.objective or "", search.allowed)
    happened = what_happened(one, spans, found.outcome, operation, names, by=by)
    return DescribedHit(hit, happened, where_time_went(spans, names))


def slow_from(limits: SlowLimits, span: Span, names: ServiceNames) -> int | None:
    """Return from how many nanoseconds on a span is slow; None if no usual of its operation is known."""
    return limits.known(names.sent_as(span.service), folded_name(span.operation), span.kind)


def _stored(found: FoundSpan, spans: Iterable[Span]) -> Span | None:
    """Return the span that was found, under the id it has of its own."""
    begun = (one for one in spans if one.start_nanoseconds == found.start_nanoseconds)
    same = (one for one in begun if one.span_id.startswith(found.span_id))
    return next((one for one in same if one.duration_nanoseconds == found.duration_nanoseconds), None)
