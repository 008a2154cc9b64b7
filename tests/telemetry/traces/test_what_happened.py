"""What a trace is said to have been: its outcome, its answer, and the party where that began."""

from dataclasses import replace

import pytest
from tests.telemetry.traces.test_attribution import MILLISECOND, a_call, a_payment, a_proxy, a_span

from holdfast.telemetry.identity.service_names import AS_SENT
from holdfast.telemetry.traces.answers import answer
from holdfast.telemetry.traces.model import Outcome, Span
from holdfast.telemetry.traces.what_happened import (
    TimePart,
    WhatHappened,
    parties_of,
    what_happened,
    where_time_went,
)

PAYLINE = {"server.address": "payline", "http.status_code": "504"}


def happened_in(spans: list[Span], outcome: Outcome = Outcome.FAILED) -> WhatHappened:
    """What happened to the first of these spans."""
    return what_happened(spans[0], spans, outcome, spans[0].operation, AS_SENT)


def failed_charge(**given: object) -> list[Span]:
    """An order that failed because payment's call to payline did."""
    values = {"attributes": PAYLINE, "kind": "client", "operation": "POST /v1/charges"} | given
    return [
        a_span("a", status="Error"),
        a_call("b", "a", status="Error"),
        a_payment("c", "b", status="Error"),
        a_payment("d", "c", status="Error", **values),
    ]


def test_a_failure_is_named_by_its_answer_and_destination() -> None:
    """The call that failed first says what it got and from whom, and its span is the guilty one."""
    found = happened_in(failed_charge())
    assert found.sentence == "POST /orders · 504 at payline"
    assert (found.span_id, found.zone, found.version) == ("d", "zone-b", "")


def test_a_hop_of_the_mesh_is_never_named() -> None:
    """Below the call stand two proxies that failed with it: the destination they carried it to is named."""
    away = failed_charge(attributes={"http.status_code": "504"})
    route = {"upstream_cluster": "outbound|443||payline.example"}
    hops = [
        a_proxy("e", "d", status="Error", attributes=route),
        a_proxy("f", "e", status="Error", attributes=route),
    ]
    assert happened_in(away + hops).words == "504 at payline.example"


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"error.type": "httpx.ReadTimeout"}, "timeout at payline"),
        ({"error.type": "504"}, "504 at payline"),
        ({"rpc.grpc.status_code": "14"}, "UNAVAILABLE at payline"),
        ({"rpc.grpc.status_code": "4"}, "timeout at payline"),
        ({"exception.type": "shop.errors.PaymentDeclined"}, "PaymentDeclined at payline"),
        ({}, "failed at payline"),
    ],
)
def test_the_answer_is_short_and_the_fields_own(attributes: dict[str, str], words: str) -> None:
    """A status, a gRPC code's name, a timeout of any library, an exception without its package."""
    assert happened_in(failed_charge(attributes={"server.address": "payline"} | attributes)).words == words


def test_a_span_that_says_nothing_leaves_the_answer_to_its_caller() -> None:
    """Payment only failed; its caller got a 502."""
    spans = [
        a_span("a", status="Error"),
        a_call("b", "a", status="Error", attributes={"http.status_code": "502"}),
        a_payment("c", "b", status="Error"),
    ]
    assert happened_in(spans).words == "502 at payment"
    assert answer([]) == "failed"


def test_a_slow_trace_names_version_and_repeats() -> None:
    """Where its time went to one service, that and its version; where to one call made often, how often."""
    spans = [a_span("a", ms=1000), a_call("b", "a", ms=950), a_payment("c", "b", ms=940)]
    assert happened_in(spans, Outcome.SLOW).words == "slow at payment 2.31"
    selects = [
        a_payment(
            f"s{n}",
            "c",
            kind="client",
            operation="SELECT charges",
            attributes={"db.system.name": "postgresql"},
            ms=90,
            start_nanoseconds=n * 90 * MILLISECOND,
        )
        for n in range(10)
    ]
    assert happened_in(spans + selects, Outcome.SLOW).words == "slow at payment 2.31 · 10 × SELECT"


def test_a_usual_trace_is_named_by_its_operation() -> None:
    """Nothing happened in it that has a name; a failure it survived does not change that."""
    spans = [a_span("a"), a_call("b", "a", status="Error")]
    assert happened_in(spans, Outcome.USUAL).sentence == "POST /orders"


def test_time_is_counted_by_party() -> None:
    """The critical path adds up to the root, and a call without a callee is its destination's time."""
    spans = [
        a_span("a", ms=100),
        a_span("s", "a", kind="client", ms=60, attributes={"db.system.name": "postgresql"}),
    ]
    assert where_time_went(spans, AS_SENT) == (
        TimePart("postgresql", 60 * MILLISECOND),
        TimePart("checkout", 40 * MILLISECOND),
    )
    assert parties_of(spans, AS_SENT) == {"a": "checkout", "s": "postgresql"}


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("FI", "503 at mesh before payment, fault injected"),
        ("UH", "503 at mesh before payment, no healthy host"),
        ("UO", "503 at mesh before payment, overflow: too many calls at once"),
        ("UF,URX", "503 at mesh before payment, connection failed"),
        ("UT", "503 at payment, timed out in the mesh"),
        ("-", "503 at payment"),
    ],
)
def test_a_call_that_the_mesh_ended_says_where_and_why(flag: str, words: str) -> None:
    """The party is the callee all the same; what never reached it failed in the mesh before it."""
    status = {"http.response.status_code": "503"}
    spans = [
        a_span("a", status="Error", attributes=status),
        a_call("b", "a", to="payment", status="Error", attributes=status),
        a_proxy("h", "b", status="Error", attributes=status | {"response_flags": flag}),
        a_proxy("i", "h", status="Error", attributes={"response_flags": "-"}),
    ]
    found = happened_in(spans)
    assert (found.words, found.party) == (words, "payment")


def test_the_time_of_a_proxy_is_that_of_whom_it_carried_the_call_to() -> None:
    """A call that waited at payment's door is time at payment; a front proxy of another name is itself."""
    spans = [
        a_span("a", ms=1_000),
        a_call("b", "a", to="payment", ms=950),
        a_proxy("h", "b", ms=940),
        a_payment("c", "h", ms=20),
        replace(a_proxy("e", "", ms=1_001), service="edge", kind="server"),
    ]
    spans = [spans[4], replace(spans[0], parent_span_id="e"), *spans[1:4]]
    assert {one.party for one in where_time_went(spans, AS_SENT)} == {"edge", "checkout", "payment"}
    assert parties_of(spans, AS_SENT)["h"] == "envoy-checkout"
