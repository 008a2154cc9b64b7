"""Where a trace's time went, against slow twins and by rules that hold for any trace."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.traces.model import Span
from holdfast.telemetry.traces.tree import PathInterval, Tree, critical_path, self_nanoseconds, tree_of


def a_span(span_id: str, parent: str = "", start: int = 0, lasts: int = 100, **given: Any) -> Span:
    """Return a span of one trace; times in nanoseconds."""
    values: dict[str, Any] = {"service": "cart", "operation": span_id, "kind": "server", "status": "Unset"}
    values |= {"zone": "", "version": "", "message": "", "attributes": ()} | given
    return Span(
        trace_id="t",
        span_id=span_id,
        parent_span_id=parent,
        start_nanoseconds=start,
        duration_nanoseconds=lasts,
        **values,
    )


@st.composite
def any_trace(draw: st.DrawFn) -> list[Span]:
    """Spans that name any other as parent, missing ones and themselves too, at any time."""
    count = draw(st.integers(1, 12))
    names = [f"s{n}" for n in range(count)]
    parents = st.sampled_from(["", "lost", *names])
    times = st.tuples(st.integers(0, 30), st.integers(0, 20))
    return [a_span(name, draw(parents), *draw(times)) for name in names]


@st.composite
def nested_trace(draw: st.DrawFn) -> list[Span]:
    """A root whose children run one after the other inside of it, and so on down."""
    spans: list[Span] = []

    def add(parent: str, start: int, lasts: int, depth: int) -> None:
        name = f"s{len(spans)}"
        spans.append(a_span(name, parent, start, lasts))
        at = start
        for _ in range(draw(st.integers(0, 3)) if depth < 3 else 0):
            gap, long = draw(st.integers(0, 9)), draw(st.integers(0, 30))
            if at + gap + long <= start + lasts:
                add(name, at + gap, long, depth + 1)
                at += gap + long

    add("", draw(st.integers(0, 5)), draw(st.integers(0, 200)), 0)
    return spans


def slow_self(tree: Tree, index: int) -> int:
    """The span's nanoseconds in which no child runs, counted one by one."""
    span = tree.spans[index]
    children = [tree.spans[child] for child in tree.children[index]]
    return sum(
        not any(child.start_nanoseconds <= at < child.end_nanoseconds for child in children)
        for at in range(span.start_nanoseconds, span.end_nanoseconds)
    )


def slow_path(tree: Tree, index: int, start: int, end: int) -> list[PathInterval]:
    """The critical path as its definition has it: again and again the child that ended last before."""
    found: list[PathInterval] = []
    at = end
    while True:
        waited = [
            (min(end, child.end_nanoseconds), -child.start_nanoseconds, -place)
            for place in tree.children[index]
            for child in [tree.spans[place]]
            if max(start, child.start_nanoseconds) < min(end, child.end_nanoseconds) <= at
        ]
        if not waited:
            return [PathInterval(index, start, at), *found] if at > start else found
        until, minus_start, minus_place = max(waited)
        low = max(start, -minus_start)
        own = [PathInterval(index, until, at)] if until < at else []
        found = [*slow_path(tree, -minus_place, low, until), *own, *found]
        at = low


@given(any_trace())
def test_own_time_is_what_its_twin_counts(spans: list[Span]) -> None:
    """With any parents and clocks, a span's own time is that in which none of its children runs."""
    tree = tree_of(spans)
    assert self_nanoseconds(tree) == [slow_self(tree, index) for index in range(len(spans))]


@given(nested_trace())
def test_own_times_add_up_to_the_root_where_children_nest(spans: list[Span]) -> None:
    """Where every child runs inside of its parent and alone, no nanosecond is lost or counted twice."""
    assert sum(self_nanoseconds(tree_of(spans))) == spans[0].duration_nanoseconds


@given(any_trace())
def test_the_critical_path_covers_the_root(spans: list[Span]) -> None:
    """Its intervals are contiguous from the root's start to its end, in any trace."""
    tree = tree_of(spans)
    assert tree.main is not None
    root, path = tree.spans[tree.main], critical_path(tree)
    assert sum(one.nanoseconds for one in path) == root.duration_nanoseconds
    edges = [root.start_nanoseconds, *(one.end_nanoseconds for one in path)]
    assert [one.start_nanoseconds for one in path] == edges[:-1]
    for one in path:
        span = tree.spans[one.index]
        assert span.start_nanoseconds <= one.start_nanoseconds < one.end_nanoseconds <= span.end_nanoseconds


@given(any_trace())
def test_the_critical_path_is_its_twins(spans: list[Span]) -> None:
    """Following the child that ended last, one by one, finds the same way."""
    tree = tree_of(spans)
    assert tree.main is not None
    root = tree.spans[tree.main]
    slow = slow_path(tree, tree.main, root.start_nanoseconds, root.end_nanoseconds)
    joined: list[PathInterval] = []
    for one in slow:
        if joined and joined[-1].index == one.index:
            one = PathInterval(one.index, joined.pop().start_nanoseconds, one.end_nanoseconds)
        joined.append(one)
    assert critical_path(tree) == joined


@given(any_trace())
def test_every_span_is_in_the_tree_once(spans: list[Span]) -> None:
    """Roots and their children together are all spans, circles of parents included."""
    tree = tree_of(spans)
    waiting = [index for index, parent in enumerate(tree.parents) if parent is None]
    seen: list[int] = []
    while waiting:
        seen.append(waiting.pop())
        waiting += tree.children[seen[-1]]
    assert sorted(seen) == list(range(len(spans)))


def test_a_call_that_is_passed_by_another_is_not_waited_for() -> None:
    """Of two calls side by side only the one that ended last is on the path, and the one before both."""
    spans = [a_span("root"), a_span("fast", "root", 10, 30), a_span("slow", "root", 20, 60)]
    path = [(one.index, one.start_nanoseconds, one.end_nanoseconds) for one in critical_path(tree_of(spans))]
    assert path == [(0, 0, 20), (2, 20, 80), (0, 80, 100)]
    path = critical_path(tree_of([*spans, a_span("before", "root", 5, 10)]))
    assert [(one.index, one.end_nanoseconds) for one in path] == [(0, 5), (3, 15), (0, 20), (2, 80), (0, 100)]


def test_calls_one_right_after_the_other_are_both_waited_for() -> None:
    """A call that ended in the instant in which the next began is on the path, and no time is between."""
    spans = [a_span("root"), a_span("first", "root", 10, 40), a_span("second", "root", 50, 30)]
    path = [(one.index, one.start_nanoseconds, one.end_nanoseconds) for one in critical_path(tree_of(spans))]
    assert path == [(0, 0, 10), (1, 10, 50), (2, 50, 80), (0, 80, 100)]


@pytest.mark.parametrize("other", [a_span("event", "root", 60, 0), a_span("letter", "root", 300, 50)])
def test_what_took_no_time_inside_its_parent_hides_no_call(other: Span) -> None:
    """A span of no length, or one after the answer, is not waited for; the call before it still is."""
    spans = [a_span("root"), other, a_span("call", "root", 10, 30)]
    path = [(one.index, one.start_nanoseconds, one.end_nanoseconds) for one in critical_path(tree_of(spans))]
    assert path == [(0, 0, 10), (2, 10, 40), (0, 40, 100)]


def test_a_span_without_an_id_is_nobodys_parent() -> None:
    """Roots name no parent; a span that came without an id does not become it."""
    tree = tree_of([a_span(""), a_span("root"), a_span("call", "root")])
    assert tree.parents == (None, None, 1)


def test_clocks_that_differ_are_told() -> None:
    """A child that began before its parent is not moved; the difference is reported."""
    tree = tree_of([a_span("root", start=50), a_span("early", "root", start=20)])
    assert [tree.ahead_nanoseconds(index) for index in (0, 1)] == [0, 30]


@pytest.mark.parametrize(
    ("spans", "main"),
    [
        ([a_span("late", start=5), a_span("early", start=1)], 1),
        ([a_span("orphan", "lost", start=1), a_span("root", start=5)], 1),
        ([a_span("orphan", "lost", start=1)], 0),
        ([], None),
    ],
)
def test_a_trace_is_named_after_its_first_true_root(spans: list[Span], main: int | None) -> None:
    """Spans whose parent never arrived are only asked where there is no root."""
    assert tree_of(spans).main == main


def test_a_missing_parent_is_told() -> None:
    """A span that names a parent nobody sent is a root of its own, and said to be an orphan."""
    tree = tree_of([a_span("root"), a_span("child", "root"), a_span("orphan", "lost")])
    assert [tree.is_orphan(index) for index in range(3)] == [False, False, True]


def test_a_long_chain_is_followed_to_its_end() -> None:
    """A thousand calls, each inside of the one before, are no deeper than the program can go."""
    spans = [a_span(f"s{n}", f"s{n - 1}" if n else "", n, 2_000 - 2 * n) for n in range(1_000)]
    assert len(critical_path(tree_of(spans))) == 1_999


@pytest.mark.parametrize(
    ("spans", "main"),
    [
        ([a_span("short", lasts=9), a_span("long", lasts=10)], 1),
        ([a_span("long", lasts=10), a_span("short", lasts=9)], 0),
        ([a_span("first", lasts=10), a_span("second", lasts=10)], 0),
        ([a_span("long", start=1, lasts=99), a_span("early", start=0, lasts=1)], 1),
        ([a_span("orphan", "lost", lasts=99), a_span("root", lasts=1)], 1),
        ([a_span("short", "lost", lasts=9), a_span("long", "lost", lasts=10)], 1),
    ],
)
def test_of_roots_that_begin_together_the_longest_names_the_trace(spans: list[Span], main: int) -> None:
    """True roots before orphans, then the first, then the longest, then the one that came first."""
    assert tree_of(spans).main == main


def test_children_that_begin_together_stay_in_the_order_they_came() -> None:
    """By start, and where that is equal by place: the picture does not jump from one reading to the next."""
    spans = [a_span("root"), a_span("late", "root", 2), a_span("b", "root", 1), a_span("a", "root", 1)]
    assert tree_of(spans).children[0] == (2, 3, 1)
