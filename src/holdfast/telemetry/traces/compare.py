"""Compares two traces: calls aligned by their path, and those that are new, missing or slower. Pure.

Spans are aligned by the operations on the path from the root, with ids in names folded and mesh proxies
omitted; repeated calls at the same position are one row with their number. A service is its namespace and
name, and its environment if one trace has it in several: the same request in production and in staging can be
compared, and a call that left production is a call of another service.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.spans.operation_names import folded_name
from holdfast.telemetry.traces.mesh import hops
from holdfast.telemetry.traces.model import Span, is_failed
from holdfast.telemetry.traces.tree import Tree, self_nanoseconds, tree_of

NOTABLE_NANOSECONDS = 1_000_000
NOTABLE_PART = 10
"""A difference over a millisecond and over a tenth is reported: two runs never take the same time."""

Step = tuple[ServiceId, str, str]
"""A service, its operation and the span's kind."""

Way = tuple[Step, ...]


class Difference(StrEnum):
    """The difference of a call in the second trace from the first."""

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
    """The spans of one trace at one position: their number, total duration, own time and errors."""

    calls: int = 0
    nanoseconds: int = 0
    self_nanoseconds: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One position in both traces. `first` or `second` is None if that trace has no such call."""

    way: Way
    first: Calls | None
    second: Calls | None
    difference: Difference

    @property
    def slower_nanoseconds(self) -> int:
        """How much longer it took in the second trace; negative when it was faster."""
        took = [one.nanoseconds if one else 0 for one in (self.first, self.second)]
        return took[1] - took[0]


def compared(first: Sequence[Span], second: Sequence[Span]) -> list[Row]:
    """Return both traces as one tree, parents before children, in the order in which calls began."""
    moved = _moved(first, second)
    one, other = _by_way(first, {}), _by_way(second, moved)
    rows = []
    for way in _in_order([*one, *other]):
        a, b = one.get(way), other.get(way)
        rows.append(Row(way, a, b, difference(a, b)))
    return rows


def difference(first: Calls | None, second: Calls | None) -> Difference:
    """Return the most important difference at one position."""
    if first is None or second is None:
        return Difference.NEW if first is None else Difference.MISSING
    if second.errors > first.errors:
        return Difference.FAILS
    slower = second.nanoseconds - first.nanoseconds
    if abs(slower) > NOTABLE_NANOSECONDS and abs(slower) * NOTABLE_PART > first.nanoseconds:
        return Difference.SLOWER if slower > 0 else Difference.FASTER
    if second.calls != first.calls:
        return Difference.MORE if second.calls > first.calls else Difference.FEWER
    return Difference.SAME


def _moved(first: Sequence[Span], second: Sequence[Span]) -> Mapping[ServiceId, ServiceId]:
    """Return the services of the second trace that the first has in another environment, and which those are.

    Only services that each trace has in a single environment.
    """
    before, after = _by_name(first), _by_name(second)
    of_one = [name for name in before.keys() & after.keys() if len(before[name]) == len(after[name]) == 1]
    return {one: other for name in of_one for one in after[name] for other in before[name]}


def _by_name(spans: Iterable[Span]) -> dict[tuple[str, str], set[ServiceId]]:
    found: dict[tuple[str, str], set[ServiceId]] = {}
    for span in spans:
        found.setdefault((span.namespace, span.service), set()).add(span.sender)
    return found


def _by_way(spans: Sequence[Span], moved: Mapping[ServiceId, ServiceId]) -> Mapping[Way, Calls]:
    tree = tree_of(list(_without_proxies(spans)))
    own = self_nanoseconds(tree)
    found: dict[Way, Calls] = {}
    roots = [index for index, parent in enumerate(tree.parents) if parent is None]
    roots.sort(key=lambda index: tree.spans[index].start_nanoseconds)
    waiting: list[tuple[int, Way]] = [(index, ()) for index in reversed(roots)]
    while waiting:
        index, above = waiting.pop()
        span = tree.spans[index]
        way = (*above, (moved.get(span.sender, span.sender), folded_name(span.operation), span.kind))
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
    """Yield spans of services, each with the nearest span above it that is not a proxy's as its parent."""
    tree, carrying = tree_of(spans), hops(spans)
    folded = [span.span_id in carrying for span in spans]
    for index, span in enumerate(spans):
        if not folded[index]:
            yield replace(span, parent_span_id=_nearest(tree, folded, index))


def _nearest(tree: Tree, folded: Sequence[bool], index: int) -> str:
    """Return the id of the nearest span above that is not a proxy's, empty for none."""
    at = tree.parents[index]
    while at is not None and folded[at]:
        at = tree.parents[at]
    return "" if at is None else tree.spans[at].span_id


def _in_order(ways: Iterable[Way]) -> list[Way]:
    """Return every path once, each below its parent, in the order first met."""
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
