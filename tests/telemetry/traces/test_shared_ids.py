"""Spans that share an id, as B3 sends both sides of a call: each is kept, the callee below its caller."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.telemetry.traces.shared_world import Sent, sent
from tests.telemetry.traces.test_odd_trees import a_span

from holdfast.telemetry.traces.attribution import blame
from holdfast.telemetry.traces.compare import Difference, compared
from holdfast.telemetry.traces.mesh import hops
from holdfast.telemetry.traces.model import Span, TraceLogLine
from holdfast.telemetry.traces.shared_ids import lines_with_own_ids, with_own_ids
from holdfast.telemetry.traces.tree import critical_path, self_nanoseconds, tree_of

ROOT = a_span("a", "", 0, 100, service="web")
CALL = a_span("b", "a", 10, 80, service="web", kind="client", operation="call")
ANSWER = a_span("b", "a", 20, 60, service="pay", operation="answer")
EGRESS = replace(CALL, service="envoy-1", operation="egress", start_nanoseconds=12_000_000)
INGRESS = replace(
    ANSWER, service="envoy-2", operation="ingress", attributes=(("upstream_cluster", "inbound|80||"),)
)
RETRY = replace(ANSWER, operation="again", start_nanoseconds=50_000_000)


def named(spans: list[Span]) -> list[tuple[str, str, str]]:
    """Each span's operation, own id and parent."""
    return [(span.operation, span.span_id, span.parent_span_id) for span in spans]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([ROOT, CALL, ANSWER], [("a", "a", ""), ("call", "b-caller", "a"), ("answer", "b", "b-caller")]),
        ([ANSWER, CALL, ROOT], [("answer", "b", "b-caller"), ("call", "b-caller", "a"), ("a", "a", "")]),
        ([CALL], [("call", "b", "a")]),
        ([ANSWER], [("answer", "b", "a")]),
        ([CALL, CALL], [("call", "b", "a"), ("call", "b", "a")]),
        (
            [CALL, ANSWER, CALL, ANSWER],
            [("call", "b-caller", "a"), ("answer", "b", "b-caller")] * 2,
        ),
        (
            [CALL, ANSWER, RETRY],
            [("call", "b-caller", "a"), ("answer", "b", "b-caller"), ("again", "b-2", "b-caller")],
        ),
        ([ANSWER, RETRY], [("answer", "b", "a"), ("again", "b-2", "a")]),
        (
            [CALL, replace(ANSWER, service="web")],
            [("call", "b-caller", "a"), ("answer", "b", "b-caller")],
        ),
        (
            [replace(CALL, kind="producer"), replace(ANSWER, kind="consumer", start_nanoseconds=10**12)],
            [("call", "b-caller", "a"), ("answer", "b", "b-caller")],
        ),
        (
            [replace(CALL, parent_span_id=""), replace(ANSWER, parent_span_id="")],
            [("call", "b-caller", ""), ("answer", "b", "b-caller")],
        ),
        (
            [replace(CALL, parent_span_id="b"), replace(ANSWER, parent_span_id="b")],
            [("call", "b-caller", "b-caller"), ("answer", "b", "b-caller")],
        ),
        (
            [ANSWER, INGRESS, EGRESS, CALL],
            [
                ("answer", "b", "b-inbound"),
                ("ingress", "b-inbound", "b-proxy"),
                ("egress", "b-proxy", "b-caller"),
                ("call", "b-caller", "a"),
            ],
        ),
    ],
    ids=[
        "both sides",
        "the answer came first",
        "caller alone",
        "callee alone",
        "sent twice",
        "both sent twice",
        "two callees",
        "two callees without their caller",
        "a call to itself",
        "a message",
        "without a parent",
        "its own parent",
        "through two proxies that go on with the id",
    ],
)
def test_what_shares_an_id(spans: list[Span], expected: list[tuple[str, str, str]]) -> None:
    """The innermost span keeps the id, those around it get their own, and copies stay copies."""
    assert named(with_own_ids(spans)) == expected


@pytest.mark.parametrize(
    ("service", "at", "parent"),
    [("pay", 30, "b"), ("web", 30, "b-caller"), ("other", 30, "b"), ("pay", 55, "b-2"), ("pay", 5, "b")],
    ids=["of the callee", "of the caller", "of neither", "of the second callee", "before any callee began"],
)
def test_a_child_and_a_log_line_belong_to_the_span_of_their_service(
    service: str, at: int, parent: str
) -> None:
    """By service, else to the innermost; of several callees to the last that had begun."""
    child = a_span("c", "b", at, 1, service=service, kind="internal")
    spans = with_own_ids([ROOT, CALL, ANSWER, RETRY, child])
    assert spans[-1] == replace(child, parent_span_id=parent)
    line = TraceLogLine("1", at * 1_000_000, "b", service, "INFO", 9, "said", ())
    other = replace(line, span_id="a")
    assert lines_with_own_ids([line, other], spans) == [replace(line, span_id=parent), other]


def test_a_child_that_handles_a_call_is_below_the_callee() -> None:
    """A callback that the callee made without a span of its own: no service handles what it sends itself."""
    callback = a_span("c", "b", 30, 1, service="web")
    assert with_own_ids([ROOT, CALL, ANSWER, callback])[-1].parent_span_id == "b"


def test_a_trace_without_shared_ids_is_left_as_it_is() -> None:
    """Nothing is renamed, and every span is the very one that was given."""
    spans = [ROOT, CALL, replace(ANSWER, span_id="d", parent_span_id="b")]
    assert all(one is other for one, other in zip(with_own_ids(spans), spans, strict=True))


@settings(deadline=None)
@given(sent())
def test_a_trace_with_shared_ids_is_the_same_as_with_distinct_ones(trace: Sent) -> None:
    """Tree, times, hops, comparison and blame are those of the same trace in which no id is shared."""
    apart = with_own_ids(trace.shared)
    assert apart == [
        replace(
            span,
            span_id=trace.own_ids[span.span_id],
            parent_span_id=trace.own_ids.get(span.parent_span_id, span.parent_span_id),
        )
        for span in trace.distinct
    ]
    one, other = tree_of(trace.distinct), tree_of(apart)
    assert (one.parents, one.children, one.main) == (other.parents, other.children, other.main)
    assert (self_nanoseconds(one), critical_path(one)) == (self_nanoseconds(other), critical_path(other))
    assert {trace.own_ids[span_id] for span_id in hops(trace.distinct)} == hops(apart)
    assert {row.difference for row in compared(trace.distinct, apart)} == {Difference.SAME}
    for bad, same in zip(trace.distinct, apart, strict=True):
        assert blame(bad, trace.distinct) == blame(same, apart)


@settings(deadline=None)
@given(sent(), st.randoms(use_true_random=False))
def test_order_and_copies_change_nothing(trace: Sent, random: Random) -> None:
    """Whatever comes first, and however often, every span gets the same id and parent."""
    twice = [*trace.shared, *trace.shared[: len(trace.shared) // 2]]
    expected = with_own_ids(trace.shared)
    assert with_own_ids(twice) == [*expected, *expected[: len(trace.shared) // 2]]
    random.shuffle(shuffled := list(range(len(trace.shared))))
    again = with_own_ids([trace.shared[place] for place in shuffled])
    assert again == [expected[place] for place in shuffled]
