"""Two traces side by side: the same calls aligned by the way to them, what is new, missing or slower. Pure.

Spans are aligned by the operations on the way from the root, ids in names folded and mesh proxies left out;
calls made several times in the same place are one row with their number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from holdfast.telemetry.operations import folded_name
from holdfast.telemetry.traces.mesh import hops
from holdfast.telemetry.traces.model import Span, is_failed
from holdfast.telemetry.traces.tree import Tree, self_nanoseconds, tree_of

NOTABLE_NANOSECONDS = 1_000_000
NOTABLE_PART = 10
"""A difference is told when it is over a millisecond and over a tenth: two runs never take the same time."""

Step = tuple[str, str, str]
"""A service, its operation and the span's kind."""

Way = tuple[Step, ...]


class Change(StrEnum):
    """What became of a call from the first trace to the second."""

    NEW = "new"
    MISSING = "missing"
    FAILS = "fails"
    SLOWER = "slower"
    FASTER = "faster"
    MORE = "more_calls"
    FEWER = "fewer_calls"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Calls:
    """The spans of one trace in one place: how many, how long together, their own time, how many failed."""

    calls: int = 0
    nanoseconds: int = 0
    self_nanoseconds: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One place in both traces. `first` or `second` is None where that trace has no such call."""

    way: Way
    first: Calls | None
    second: Calls | None
    change: Change

    @property
    def slower_nanoseconds(self) -> int:
        """How much longer it took in the second trace; negative when it was faster."""
        took = [one.nanoseconds if one else 0 for one in (self.first, self.second)]
        return took[1] - took[0]


def compared(first: Sequence[Span], second: Sequence[Span]) -> list[Row]:
    """Return both traces as one tree, parents before children, in the order in which calls began."""
    one, other = _by_way(first), _by_way(second)
    rows = []
    for way in _in_order([*one, *other]):
        a, b = one.get(way), other.get(way)
        rows.append(Row(way, a, b, change(a, b)))
    return rows


def change(first: Calls | None, second: Calls | None) -> Change:
    """Name what matters most of the difference between two places."""
    if first is None or second is None:
        return Change.NEW if first is None else Change.MISSING
    if second.errors > first.errors:
        return Change.FAILS
    slower = second.nanoseconds - first.nanoseconds
    if abs(slower) > NOTABLE_NANOSECONDS and abs(slower) * NOTABLE_PART > first.nanoseconds:
        return Change.SLOWER if slower > 0 else Change.FASTER
    if second.calls != first.calls:
        return Change.MORE if second.calls > first.calls else Change.FEWER
    return Change.SAME


def _by_way(spans: Sequence[Span]) -> Mapping[Way, Calls]:
    tree = tree_of(list(_without_proxies(spans)))
    own = self_nanoseconds(tree)
    found: dict[Way, Calls] = {}
    roots = [index for index, parent in enumerate(tree.parents) if parent is None]
    roots.sort(key=lambda index: tree.spans[index].start_nanoseconds)
    waiting: list[tuple[int, Way]] = [(index, ()) for index in reversed(roots)]
    while waiting:
        index, above = waiting.pop()
        span = tree.spans[index]
        way = (*above, (span.service, folded_name(span.operation), span.kind))
        found[way] = _added(found.get(way, Calls()), span, own[index])
        waiting += [(child, way) for child in reversed(tree.children[index])]
    return found


def _added(calls: Calls, span: Span, own: int) -> Calls:
    return Calls(
        calls.calls + 1,
        calls.nanoseconds + span.duration_nanoseconds,
        calls.self_nanoseconds + own,
        calls.errors + is_failed(span),
    )


def _without_proxies(spans: Sequence[Span]) -> Iterable[Span]:
    """Yield spans of services, each under the nearest one above it."""
    tree, carrying = tree_of(spans), hops(spans)
    folded = [span.span_id in carrying for span in spans]
    for index, span in enumerate(spans):
        if not folded[index]:
            yield replace(span, parent_span_id=_nearest(tree, folded, index))


def _nearest(tree: Tree, folded: Sequence[bool], index: int) -> str:
    """Return the id of the nearest span above that is no proxy's, empty for none."""
    at = tree.parents[index]
    while at is not None and folded[at]:
        at = tree.parents[at]
    return "" if at is None else tree.spans[at].span_id


def _in_order(ways: Iterable[Way]) -> list[Way]:
    """Return every way once, each below the one it continues, in the order first met."""
    below: dict[Way, dict[Way, None]] = {}
    for way in ways:
        below.setdefault(way[:-1], {})[way] = None
    found: list[Way] = []
    waiting = list(reversed(below.get((), {})))
    while waiting:
        way = waiting.pop()
        found.append(way)
        waiting += reversed(below.get(way, {}))
    return found
