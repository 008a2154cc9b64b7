"""Repeats: one call made many times by one caller. Pure.

Where none of them takes most of the caller's time but all together do, the caller is to blame, which makes
too many, and not the callee, which answers each as fast as ever. A caller that always makes as many is not:
`CallsMade` counts what callers make for good events.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from holdfast.telemetry.traces.call_tree import CallTree
from holdfast.telemetry.traces.model import HANDLING, Span

LEAST = 3
"""Fewer calls are no repeats."""

MANY_TIMES = 2
"""A caller makes too many calls from this multiple of the usual number on."""

INTERNAL = "internal"

CallKey = tuple[str, str, str]
"""The caller's service, its operation, and the operation of the call."""


@dataclass(frozen=True, slots=True)
class RepeatedCall:
    """How often a caller makes a call; `usual` is the number for good events, None if none is known."""

    operation: str
    calls: int
    usual: int | None = None

    @property
    def is_too_many(self) -> bool:
        """Whether the caller makes more of them than usual."""
        return self.calls >= MANY_TIMES * (self.usual or 0)


def are_repeats(calls: Sequence[Span], *, most_nanoseconds: float) -> bool:
    """Whether calls to one callee are repeats: many, of which none took as long as `most_nanoseconds`."""
    return len(calls) >= LEAST and all(call.duration_nanoseconds < most_nanoseconds for call in calls)


@dataclass(frozen=True, slots=True)
class CallsMade:
    """How often callers make each call for good events; `handled` is how much each caller handled."""

    handled: Mapping[tuple[str, str], int]
    made: Mapping[CallKey, Sequence[int]]

    @classmethod
    def of(cls, traces: Iterable[Sequence[Span]]) -> "CallsMade":
        """Count the calls in traces of good events."""
        handled, made = Counter[tuple[str, str]](), defaultdict[CallKey, list[int]](list)
        for spans in traces:
            tree = CallTree.of(spans)
            for span in spans:
                if span.kind in HANDLING and not tree.is_hop(span):
                    handled[span.service, span.operation] += 1
                    for operation, calls in _calls_of(span, tree).items():
                        made[span.service, span.operation, operation].append(calls)
        return cls(handled, made)

    def times(self, key: CallKey) -> int | None:
        """Return how often a caller makes a call: the median; None if the caller was never seen."""
        handled, made = self.handled.get(key[:2], 0), self.made.get(key, ())
        return median_low([*made, *[0] * (handled - len(made))]) if handled else None


def _calls_of(handling: Span, tree: CallTree) -> Mapping[str, int]:
    """Return how often what handles a request makes each call, its internal spans included."""
    calls, waiting, seen = Counter[str](), [handling], set[str]()
    while waiting:
        span = waiting.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        below = tree.below(span)
        calls.update(child.operation for child in below if child.kind != INTERNAL)
        waiting += [child for child in below if child.kind == INTERNAL]
    return calls
