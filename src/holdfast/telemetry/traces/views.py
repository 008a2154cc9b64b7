"""The views of traces: one trace with its tree and critical path, or two side by side. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.telemetry.traces.compare import Row
from holdfast.telemetry.traces.model import Span, SpanDetail
from holdfast.telemetry.traces.tree import PathInterval, Tree, critical_path, self_nanoseconds, tree_of


@dataclass(frozen=True, slots=True)
class TraceView:
    """One trace: its spans with everything stored of them, their tree, and where its time went.

    `own_nanoseconds` holds each span's own time, `path` the critical path; `left_out` is the number of later
    spans that are omitted.
    """

    details: tuple[SpanDetail, ...]
    tree: Tree
    own_nanoseconds: tuple[int, ...]
    path: tuple[PathInterval, ...]
    left_out: int = 0

    def first(self, count: int) -> "TraceView":
        """Return the trace with its first spans alone."""
        return viewed(self.details[:count], len(self.details) + self.left_out)


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
