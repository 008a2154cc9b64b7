"""The spans of a trace by their parents, and what each of them called, past the mesh. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.telemetry.spans.failures import CALLING
from holdfast.telemetry.traces.mesh import hops
from holdfast.telemetry.traces.model import HANDLING, Span


@dataclass(frozen=True, slots=True)
class CallTree:
    """The spans of a trace by their parents, and which of them merely carry calls."""

    children: Mapping[str, Sequence[Span]]
    hops: frozenset[str]

    @classmethod
    def of(cls, spans: Sequence[Span]) -> "CallTree":
        """Return the tree of a trace's spans, each once."""
        children: dict[str, dict[str, Span]] = defaultdict(dict)
        for span in spans:
            if span.parent_span_id:
                children[span.parent_span_id][span.span_id] = span
        return cls({parent: tuple(below.values()) for parent, below in children.items()}, hops(spans))

    def is_hop(self, span: Span) -> bool:
        """Whether a proxy made the span, and only to carry a call."""
        return span.span_id in self.hops

    def is_call(self, span: Span) -> bool:
        """Whether it is the calling side of a call, or a hop of one."""
        return span.kind in CALLING or self.is_hop(span)

    def is_answered(self, span: Span) -> bool:
        """Whether the other side of a call sent a span of its own, below the hops that carried it."""
        return any(child.kind in HANDLING for child in self.below(span))

    def carrying(self, call: Span) -> Sequence[Span]:
        """Return the proxies' spans that carried a call first: one for each try, itself if it is one."""
        if self.is_hop(call):
            return (call,)
        return [child for child in self.children.get(call.span_id, ()) if self.is_hop(child)]

    def below(self, span: Span) -> list[Span]:
        """Return the children of a span; a hop's children stand in for the hop.

        A hop without children is kept only where no other span records its call: not below a client span.
        """
        is_recorded = span.kind in CALLING and not self.is_hop(span)
        found, waiting, seen = [], list(self.children.get(span.span_id, ())), set[str]()
        while waiting:
            child = waiting.pop()
            if child.span_id in seen:
                continue
            seen.add(child.span_id)
            if self.is_hop(child) and (is_recorded or child.span_id in self.children):
                waiting.extend(self.children.get(child.span_id, ()))
            else:
                found.append(child)
        return found
