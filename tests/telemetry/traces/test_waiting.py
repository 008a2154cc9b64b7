"""Only the time in which somebody still waited says who was slow; what a callee did later does not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.traces.test_attribution import MILLISECOND, a_call, a_payment, a_proxy, a_span

from holdfast.telemetry.spans.response_flags import FLAGS, flag_of
from holdfast.telemetry.traces.attribution import MOST_OF, blame
from holdfast.telemetry.traces.model import Span
from holdfast.telemetry.traces.waiting import busy, waited, whole

TIMED_OUT = {"http.response.status_code": "504"}


def at(ms: int, took: int) -> dict[str, int]:
    """Return the times of a span, given in milliseconds."""
    return {"start_nanoseconds": ms * MILLISECOND, "ms": took}


def a_search(span_id: str, parent: str, **given: Any) -> Span:
    """Return search's side of a call."""
    return a_span(span_id, parent, service="search", operation="GET /search", **given)


def an_abandoned_search(*below: Span, began: int = 0, took: int = 17_000) -> list[Span]:
    """Return a request whose caller gave up after 4 s, while search went on until it had its answer."""
    root = a_span("a", service="gateway", status="Error", attributes=TIMED_OUT, **at(0, 4_010))
    call = a_call("b", "a", service="gateway", status="Error", attributes=TIMED_OUT, **at(0, 4_000))
    return [root, call, a_search("c", "b", **at(began, took)), *below]


def a_look_up(began: int, took: int, **given: Any) -> Span:
    """Return search's call of catalog."""
    return a_call("d", "c", to="catalog", service="search", **at(began, took), **given)


def a_catalog(began: int, took: int, **given: Any) -> Span:
    """Return catalog's side of it."""
    return a_span("e", "d", service="catalog", operation="GET /products", **at(began, took), **given)


@pytest.mark.parametrize(
    ("call", "catalog", "service"),
    [
        ((500, 16_000), (600, 15_900), "catalog"),
        ((500, 16_000), (600, 2_000), "catalog"),
        # Search was too busy to read the answer, or to ask at all before its caller had left.
        ((500, 16_000), (600, 20), "search"),
        ((3_000, 13_900), (3_000, 13_900), "search"),
        ((4_001, 12_900), (4_001, 12_900), "search"),
    ],
)
def test_who_was_slow_is_judged_up_to_the_instant_the_caller_gave_up(
    call: tuple[int, int], catalog: tuple[int, int], service: str
) -> None:
    """Gateway left after 4 s: what search and catalog did after that made nobody wait."""
    spans = an_abandoned_search(a_look_up(*call), a_catalog(*catalog))
    verdict = blame(spans[0], spans)
    assert (verdict.origin.service, verdict.message, verdict.answer) == (service, "HTTP 504", "504")
    assert verdict.path == (
        ("gateway", "search", "catalog") if service == "catalog" else ("gateway", "search")
    )


@pytest.mark.parametrize(
    ("call", "service"), [((100, 3_000), "catalog"), ((100, 5_000), "catalog"), ((5_000, 100), "search")]
)
def test_a_failure_after_the_caller_gave_up_failed_nobody(call: tuple[int, int], service: str) -> None:
    """Search says no at last because catalog did: in time, too late but waited for, or not even begun."""
    failed = {"status": "Error", "attributes": {"http.response.status_code": "500"}}
    *above, search = an_abandoned_search(took=6_000)
    said = a_search("c", "b", status="Error", message="no stock of it", **at(0, 6_000))
    spans = [*above, said, a_look_up(*call, **failed), a_catalog(*call, **failed)]
    assert blame(spans[0], spans).origin.service == service
    assert blame(search, [search]).origin.service == "search"


@pytest.mark.parametrize(
    ("hop", "service"), [((20, 930), "payment"), ((900, 10), "checkout"), (None, "checkout")]
)
def test_a_call_that_took_long_with_a_quick_callee(hop: tuple[int, int] | None, service: str) -> None:
    """Handed over by the mesh long before, it lay at the callee's door; else its caller was slow to ask."""
    root, call = a_span("a", ms=1_000), a_call("b", "a", to="payment", ms=950)
    above = "b" if hop is None else "h"
    hops = [] if hop is None else [a_proxy("h", "b", **at(*hop))]
    spans = [root, call, *hops, a_payment("c", above, **at(901, 5))]
    verdict = blame(root, spans)
    assert (verdict.origin.service, verdict.is_awaited) == (service, False)
    assert verdict.origin.version == ("2.31" if service == "payment" else "1.0")


@pytest.mark.parametrize(("payment", "service"), [((3_900, 900), "payment"), ((5, 10), "checkout")])
def test_a_call_given_up_without_a_mesh(payment: tuple[int, int], service: str) -> None:
    """A callee that was not done is the one waited for; one that had answered long before is not."""
    spans = [
        a_span("a", status="Error", attributes=TIMED_OUT, ms=4_010),
        a_call("b", "a", status="Error", attributes={"error.type": "ReadTimeout"}, ms=4_000),
        a_payment("c", "b", **at(*payment)),
    ]
    assert blame(spans[0], spans).origin.service == service


@pytest.mark.parametrize("ahead", [-20_000, -300, 0, 300, 20_000])
def test_clocks_that_disagree_hide_no_callee(ahead: int) -> None:
    """A callee whose clock is off took as long as it says; its call shows by how much at least it is off."""
    spans = [
        a_span("a", **at(30_000, 1_000)),
        a_call("b", "a", **at(30_000, 950)),
        a_payment("c", "b", **at(30_010 + ahead, 900)),
        a_call("d", "c", service="payment", to="payline", **at(30_020 + ahead, 800)),
    ]
    assert blame(spans[0], spans).origin.service == "payline"


def test_a_message_is_not_waited_for() -> None:
    """What takes an order from the queue later does not make placing it slow."""
    spans = [
        a_span("a", ms=1_000),
        a_span("b", "a", kind="producer", ms=900),
        a_span("c", "b", service="notification", kind="consumer", **at(2_000, 800)),
    ]
    assert blame(spans[0], spans).origin.service == "checkout"


def test_a_callee_whose_span_is_missing_is_awaited_unless_the_call_never_reached_it() -> None:
    """A span may still come of whoever has the call, and none of whoever never got it."""
    for flags, is_awaited in (("UT", True), ("-", True), ("UH", False), ("FI", False), ("UF,URX", False)):
        call = a_call("b", "a", to="payment", status="Error")
        hop = a_proxy("h", "b", status="Error", attributes={"response_flags": flags})
        spans = [a_span("a", status="Error"), call, hop]
        assert (blame(spans[0], spans).origin.service, blame(spans[0], spans).is_awaited) == (
            "payment",
            is_awaited,
        )


def test_a_flag_says_what_the_proxy_did() -> None:
    """Of several the first that failed the call; those that failed nothing and unknown ones are none."""
    assert flag_of({"response_flags": "UF,URX"}) is FLAGS["UF"]
    assert flag_of({"response_flags": "DC,FI"}) is FLAGS["FI"]
    assert [flag_of(one) for one in ({}, {"response_flags": "-"}, {"response_flags": "DI,XX"})] == [None] * 3


moments = st.integers(0, 40)
calls = st.lists(st.tuples(moments, moments, st.sampled_from("xy")), min_size=1, max_size=5)


def _waits(calls: list[tuple[int, int, str]], until: int, name: str) -> set[int]:
    """Return the milliseconds before `until` in which a callee of this name runs, counted one by one."""
    return {ms for start, took, to in calls if to == name for ms in range(start, start + took) if ms < until}


@given(calls, st.integers(1, 40))
def test_time_is_counted_as_a_plain_count_of_milliseconds_does(
    made: list[tuple[int, int, str]], until: int
) -> None:
    """Calls side by side count once, and none past the instant the caller gave up."""
    caller = whole(a_span("a", ms=until))
    for name in "xy":
        spans = [
            a_span(f"{n}", "a", kind="client", **at(start, took))
            for n, (start, took, to) in enumerate(made)
            if to == name
        ]
        counted = busy([waited(one, caller) for one in spans])
        assert counted == len(_waits(made, until, name)) * MILLISECOND


@given(st.lists(st.tuples(moments, moments), min_size=1, max_size=6), st.integers(1, 40))
def test_the_way_down_follows_who_was_waited_for_most_of_the_time(
    chain: list[tuple[int, int]], gave_up: int
) -> None:
    """One service calls the next; a plain count of milliseconds finds the same last one."""
    root = a_span("0", service="s0", status="Error", attributes=TIMED_OUT, ms=gave_up)
    spans = [root]
    for n, (start, took) in enumerate(chain, start=1):
        spans.append(a_span(f"{n}", f"{n - 1}", service=f"s{n}", kind="internal", **at(start, took)))
    waited_for, last = set(range(gave_up)), 0
    for n, (start, took) in enumerate(chain, start=1):
        inner = waited_for & set(range(start, start + took))
        if len(inner) < MOST_OF * len(waited_for):
            break
        waited_for, last = inner, n
    assert blame(root, spans).path == tuple(f"s{n}" for n in range(last + 1))
