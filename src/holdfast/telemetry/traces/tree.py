"""A trace as a tree: who called whom, where the time went, and its critical path. Pure.

Nothing here trusts a span: parents may be missing, name each other, or begin after their children because of
clock skew. Such faults are kept and reported, never silently corrected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from holdfast.telemetry.traces.model import Span


@dataclass(frozen=True, slots=True)
class PathInterval:
    """An interval of a trace's critical path, in which the others waited for the span at `index`."""

    index: int
    start_nanoseconds: int
    end_nanoseconds: int

    @property
    def nanoseconds(self) -> int:
        """Its duration."""
        return self.end_nanoseconds - self.start_nanoseconds


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree of a trace's spans, by their indexes in `spans`.

    `parents` holds each span's parent, None for a root and for a span whose parent is not stored; `children`
    are in order of start. `main` is the root that names the trace, None without spans.
    """

    spans: tuple[Span, ...]
    parents: tuple[int | None, ...]
    children: tuple[tuple[int, ...], ...]
    main: int | None

    def is_orphan(self, index: int) -> bool:
        """Whether the span names a parent that is not stored, or that is part of a cycle."""
        return bool(self.spans[index].parent_span_id) and self.parents[index] is None

    def ahead_nanoseconds(self, index: int) -> int:
        """Return how long the span began before its parent: more than 0 only with clock skew."""
        parent = self.parents[index]
        if parent is None:
            return 0
        return max(0, self.spans[parent].start_nanoseconds - self.spans[index].start_nanoseconds)


def tree_of(spans: Sequence[Span]) -> Tree:
    """Put spans under their parents; a cycle of parents is cut at its earliest span."""
    parents = _uncircled(spans, _named_parents(spans))
    children: list[list[int]] = [[] for _ in spans]
    for index, parent in enumerate(parents):
        if parent is not None:
            children[parent].append(index)
    for below in children:
        below.sort(key=lambda index: (spans[index].start_nanoseconds, index))
    roots = [index for index, parent in enumerate(parents) if parent is None]
    return Tree(
        tuple(spans),
        tuple(parents),
        tuple(tuple(below) for below in children),
        min(roots, key=lambda index: _as_main(spans[index]), default=None),
    )


def self_nanoseconds(tree: Tree) -> list[int]:
    """Return each span's own time, in which none of its children ran."""
    return [_own(tree, index) for index in range(len(tree.spans))]


def critical_path(tree: Tree) -> list[PathInterval]:
    """Return the critical path of the trace, which determined its duration, in order of time.

    It is found from the root's end backwards: the parent waited for the child that ended last, as far as that
    ran inside the parent; before its start, for the child that ended last before then. Time that no child
    explains is the span's own. The intervals are contiguous and cover exactly the main root.
    """
    if tree.main is None:
        return []
    root = tree.spans[tree.main]
    found: list[PathInterval] = []
    # Parts still to be explained, the latest on top: a span between two instants.
    waiting = [(tree.main, root.start_nanoseconds, root.end_nanoseconds)]
    while waiting:
        index, start, end = waiting.pop()
        waiting += _explained(tree, index, start, end, found)
    return _merged(sorted(found, key=lambda one: one.start_nanoseconds))


def _named_parents(spans: Sequence[Span]) -> list[int | None]:
    places: dict[str, int] = {}
    for index, span in enumerate(spans):
        places.setdefault(span.span_id, index)
    return [places.get(span.parent_span_id) if span.parent_span_id else None for span in spans]


def _uncircled(spans: Sequence[Span], parents: list[int | None]) -> list[int | None]:
    known_to_end: set[int] = set()
    for index in range(len(spans)):
        way: dict[int, None] = {}
        at: int | None = index
        while at is not None and at not in known_to_end and at not in way:
            way[at] = None
            at = parents[at]
        if at is not None and at in way:
            circle = list(way)[list(way).index(at) :]
            parents[min(circle, key=lambda one: (spans[one].start_nanoseconds, one))] = None
        known_to_end |= set(way)
    return parents


def _as_main(span: Span) -> tuple[bool, int, int]:
    """Sort true roots before spans whose parent is missing, then by start, then the longest first."""
    return (bool(span.parent_span_id), span.start_nanoseconds, -span.duration_nanoseconds)


def _own(tree: Tree, index: int) -> int:
    span = tree.spans[index]
    reached, covered = span.start_nanoseconds, 0
    for child in (tree.spans[place] for place in tree.children[index]):
        start = max(reached, child.start_nanoseconds)
        end = min(span.end_nanoseconds, child.end_nanoseconds)
        if end > start:
            covered += end - start
            reached = end
    return span.duration_nanoseconds - covered


def _explained(
    tree: Tree, index: int, start: int, end: int, found: list[PathInterval]
) -> list[tuple[int, int, int]]:
    """Add the span's own intervals between two instants to `found`; return the parts its children explain."""
    below: list[tuple[int, int, int]] = []
    at = end
    # The latest end first; of those that ran up to the same instant the one that began first explains most.
    order = sorted(
        tree.children[index],
        key=lambda place: (-min(end, tree.spans[place].end_nanoseconds), tree.spans[place].start_nanoseconds),
    )
    for place in order:
        child = tree.spans[place]
        low, high = max(start, child.start_nanoseconds), min(at, child.end_nanoseconds)
        # A child still running at this instant was overtaken by a sibling that began later and ended later.
        if child.end_nanoseconds > at and at < end:
            continue
        if high <= low:
            continue
        if high < at:
            found.append(PathInterval(index, high, at))
        below.append((place, low, high))
        at = low
    if at > start:
        found.append(PathInterval(index, start, at))
    return below


def _merged(intervals: Sequence[PathInterval]) -> list[PathInterval]:
    """Join adjacent intervals of the same span."""
    if not intervals:
        return []
    starts = [0, *(n + 1 for n, (one, other) in enumerate(pairwise(intervals)) if one.index != other.index)]
    ends = [*starts[1:], len(intervals)]
    return [
        PathInterval(
            intervals[low].index, intervals[low].start_nanoseconds, intervals[high - 1].end_nanoseconds
        )
        for low, high in zip(starts, ends, strict=True)
    ]
