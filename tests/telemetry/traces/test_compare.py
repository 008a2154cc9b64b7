"""Two traces side by side: which difference is named."""

import pytest
from tests.telemetry.traces.test_tree import a_span

from holdfast.telemetry.traces.compare import Calls, Difference, compared, difference

MS = 10**6


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (None, Calls(1), Difference.NEW),
        (Calls(1), None, Difference.MISSING),
        (Calls(1, 100 * MS), Calls(1, 900 * MS, errors=1), Difference.FAILS),
        (Calls(1, 100 * MS), Calls(1, 111 * MS), Difference.SLOWER),
        (Calls(1, 100 * MS), Calls(1, 110 * MS), Difference.SAME),
        (Calls(1, MS // 10), Calls(1, MS), Difference.SAME),
        (Calls(1, 100 * MS), Calls(1, 50 * MS), Difference.FASTER),
        (Calls(1, 100 * MS), Calls(9, 105 * MS), Difference.MORE),
        (Calls(2, 100 * MS), Calls(1, 100 * MS), Difference.FEWER),
        (Calls(1, errors=1), Calls(1), Difference.SAME),
    ],
)
def test_what_matters_most_is_named(first: Calls | None, second: Calls | None, expected: Difference) -> None:
    """A call that appears or fails says more than its time, and its time more than how often it is made."""
    assert difference(first, second) is expected


def test_a_trace_is_the_same_as_itself() -> None:
    """Nothing is new, missing or slower."""
    spans = [a_span("root"), a_span("GET /a/1", "root", 5, 10), a_span("GET /a/2", "root", 20, 10)]
    rows = compared(spans, spans)
    assert [(row.way[-1][1], row.difference) for row in rows] == [
        ("root", Difference.SAME),
        ("GET /a/{id}", Difference.SAME),
    ]
    assert rows[1].first == Calls(2, 20, 20, 0)


def test_proxies_do_not_keep_calls_apart() -> None:
    """A call over the mesh stands in the same place as one without."""
    plain = [a_span("root"), a_span("call", "root", 5, 10)]
    hop = a_span("hop", "root", 4, 12, attributes=(("component", "proxy"),))
    meshed = [a_span("root"), hop, a_span("call", "hop", 5, 10)]
    assert {row.difference for row in compared(plain, meshed)} == {Difference.SAME}


def test_a_call_only_one_makes_stands_below_its_caller() -> None:
    """The two trees are one, parents before children."""
    rows = compared(
        [a_span("root"), a_span("a", "root"), a_span("b", "a")],
        [a_span("root"), a_span("c", "root"), a_span("a", "root")],
    )
    assert [(len(row.way) - 1, row.way[-1][1], row.difference.value) for row in rows] == [
        (0, "root", "same"),
        (1, "a", "same"),
        (2, "b", "missing"),
        (1, "c", "new"),
    ]
