"""The views of traces: those found, one with its tree and critical path, or two side by side. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.traces.compare import Row
from holdfast.telemetry.traces.mesh import hops
from holdfast.telemetry.traces.model import Hit, Outcome, Span, SpanDetail, is_failed
from holdfast.telemetry.traces.tree import PathInterval, Tree, critical_path, self_nanoseconds, tree_of
from holdfast.telemetry.traces.what_happened import (
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
    spans that are omitted. `parties` names the party at which each span's time was spent.
    """

    details: tuple[SpanDetail, ...]
    tree: Tree
    own_nanoseconds: tuple[int, ...]
    path: tuple[PathInterval, ...]
    left_out: int = 0
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
        cut = viewed(self.details[:count], len(self.details) + self.left_out)
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


def viewed(details: Sequence[SpanDetail], spans: int) -> TraceView:
    """Return these spans as a view of one trace, of which `spans` are stored."""
    tree = tree_of([one.span for one in details])
    own, path = tuple(self_nanoseconds(tree)), tuple(critical_path(tree))
    return TraceView(tuple(details), tree, own, path, left_out=spans - len(details))


def judged(view: TraceView, slow_from_nanoseconds: int | None, names: ServiceNames) -> TraceView:
    """Return a trace with what happened in it: it is slow if its root took longer than that."""
    root, spans = view.root, view.tree.spans
    is_slow = slow_from_nanoseconds is not None and root.duration_nanoseconds > slow_from_nanoseconds
    usual = Outcome.SLOW if is_slow else Outcome.USUAL
    outcome = Outcome.FAILED if is_failed(root) else usual
    happened = what_happened(root, spans, outcome, root.operation, names)
    return replace(view, happened=happened, parties=parties_of(spans, names))


def described(hit: Hit, spans: Sequence[Span], names: ServiceNames) -> DescribedHit:
    """Return a trace that was found with what happened in it, as far as its spans are stored."""
    found, operation = hit.found, hit.trace.root_operation
    stored = (one for one in spans if one.start_nanoseconds == found.start_nanoseconds)
    one = next((one for one in stored if one.span_id.startswith(found.span_id)), None)
    if one is None:
        return DescribedHit(hit, WhatHappened(found.outcome, operation), ())
    happened = what_happened(one, spans, found.outcome, operation, names)
    return DescribedHit(hit, happened, where_time_went(spans, names))
