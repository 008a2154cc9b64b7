"""Traces as broken instrumentation and unequal clocks send them: all spans are shown, no time is made up."""

from typing import Any

import pytest

from holdfast.telemetry.traces.model import Span
from holdfast.telemetry.traces.tree import critical_path, self_nanoseconds, tree_of

MS = 1_000_000


def a_span(name: str, parent: str, start_ms: int, lasts_ms: int, **given: Any) -> Span:
    """Return a span of one trace; times in milliseconds."""
    values: dict[str, Any] = {"service": "s", "operation": name, "kind": "server", "status": "Unset"}
    values |= {"zone": "", "version": "", "message": "", "attributes": ()} | given
    return Span(
        trace_id="t",
        span_id=name,
        parent_span_id=parent,
        start_nanoseconds=start_ms * MS,
        duration_nanoseconds=lasts_ms * MS,
        **values,
    )


@pytest.mark.parametrize(
    ("spans", "orphans"),
    [
        ([a_span("a", "c", 0, 100), a_span("b", "a", 0, 50), a_span("c", "b", 0, 20)], 1),
        ([a_span("a", "a", 0, 100), a_span("b", "a", 0, 50)], 1),
        ([a_span("a", "", 0, 100), a_span("b", "a", 0, 50)], 0),
    ],
)
def test_a_ring_of_parents_is_cut_once(spans: list[Span], orphans: int) -> None:
    """Parents in a ring, or a span that is its own, leave one root, an orphan, and all other spans below."""
    tree = tree_of(spans)
    assert sum(tree.is_orphan(index) for index in range(len(spans))) == orphans
    assert [index for index, parent in enumerate(tree.parents) if parent is None] == [tree.main] == [0]
    assert sum(one.nanoseconds for one in critical_path(tree)) == 100 * MS


@pytest.mark.parametrize(
    ("starts_ms", "root"), [((5, 3, 4), 1), ((3, 5, 4), 0), ((5, 4, 3), 2), ((3, 3, 3), 0)]
)
def test_a_ring_is_cut_at_its_earliest_span(starts_ms: tuple[int, int, int], root: int) -> None:
    """Whatever order its spans came in; of those that began together the one that came first."""
    names = (("a", "c"), ("b", "a"), ("c", "b"))
    spans = [a_span(*name, start, 9) for name, start in zip(names, starts_ms, strict=True)]
    tree = tree_of(spans)
    assert [index for index, parent in enumerate(tree.parents) if parent is None] == [root]


def test_children_side_by_side_are_counted_once() -> None:
    """Five children over the same six of ten seconds leave four for the root, not minus twenty."""
    spans = [a_span("root", "", 0, 10_000), *(a_span(f"c{n}", "root", 2_000, 6_000) for n in range(5))]
    assert self_nanoseconds(tree_of(spans)) == [4_000 * MS, *[6_000 * MS] * 5]


def test_a_server_whose_clock_is_behind() -> None:
    """A server that began 2.01 s before its caller by its own clock is said to; no time is negative."""
    spans = [
        a_span("page", "", 5_000, 100),
        a_span("call", "page", 5_010, 80, kind="client"),
        a_span("api", "call", 3_000, 60),
    ]
    tree = tree_of(spans)
    assert [tree.ahead_nanoseconds(index) for index in range(3)] == [0, 0, 2_010 * MS]
    assert self_nanoseconds(tree) == [20 * MS, 80 * MS, 60 * MS]


def test_a_child_that_outlives_its_parent_is_not_waited_for() -> None:
    """An order answered in 20 ms took 20 ms, though its letter was sent three seconds later."""
    spans = [
        a_span("order", "", 0, 20),
        a_span("publish", "order", 5, 5, kind="producer"),
        a_span("letter", "publish", 3_000, 500, kind="consumer"),
    ]
    tree = tree_of(spans)
    assert sum(one.nanoseconds for one in critical_path(tree)) == 20 * MS
    assert self_nanoseconds(tree) == [15 * MS, 5 * MS, 500 * MS]
