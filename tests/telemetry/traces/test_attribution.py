"""Where a bad event is said to have begun."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.traces.attribution import (
    UNFIT,
    Attribution,
    ErrorOrigin,
    blame,
    judged,
)
from holdfast.telemetry.traces.model import Span
from holdfast.telemetry.traces.repeats import CallsMade, RepeatedCall
from holdfast.telemetry.traces.shares import shares

MILLISECOND = 10**6


def a_span(span_id: str, parent: str = "", **given: Any) -> Span:
    """Return a span of one trace; keywords replace what matters, attributes are a dict."""
    values: dict[str, Any] = {
        "trace_id": "t1",
        "service": "checkout",
        "operation": "POST /orders",
        "kind": "server",
        "zone": "zone-a",
        "version": "1.0",
        "start_nanoseconds": 0,
        "duration_nanoseconds": 100 * MILLISECOND,
        "status": "Unset",
        "message": "",
    }
    attributes = tuple(given.pop("attributes", {}).items())
    milliseconds = given.pop("ms", None)
    if milliseconds is not None:
        given["duration_nanoseconds"] = milliseconds * MILLISECOND
    return Span(span_id=span_id, parent_span_id=parent, attributes=attributes, **(values | given))


def a_call(span_id: str, parent: str, to: str = "", **given: Any) -> Span:
    """Return a client span of checkout."""
    attributes = given.pop("attributes", {}) | ({"service.peer.name": to} if to else {})
    return a_span(span_id, parent, kind="client", operation="POST", attributes=attributes, **given)


def a_proxy(span_id: str, parent: str, **given: Any) -> Span:
    """Return a span made by the mesh."""
    attributes = {"component": "proxy"} | given.pop("attributes", {})
    return a_span(span_id, parent, service="envoy-checkout", kind="client", attributes=attributes, **given)


def a_payment(span_id: str, parent: str, **given: Any) -> Span:
    """Return payment's side of a call, in zone-b at version 2.31."""
    values = {"service": "payment", "operation": "POST /charges", "zone": "zone-b", "version": "2.31"}
    return a_span(span_id, parent, **(values | given))


PAYMENT = ErrorOrigin("payment", "POST /charges", "zone-b", "2.31")


def test_an_error_is_followed_to_the_deepest_failed_service() -> None:
    """Checkout failed because payment failed: payment is named, with its zone and version."""
    root = a_span("a", status="Error")
    spans = [root, a_call("b", "a", status="Error"), a_payment("c", "b", status="Error", message="declined")]
    assert blame(root, spans) == Attribution(PAYMENT, ("checkout", "payment"), "declined", "failed")


def test_a_timed_out_call_blames_the_service_that_took_the_time() -> None:
    """Payment answered in the end and saw no error, but the caller had given up waiting for it."""
    root = a_span("a", status="Error", ms=2010)
    call = a_call("b", "a", status="Error", ms=2000, attributes={"error.type": "ReadTimeout"})
    spans = [root, call, a_payment("c", "b", ms=4000)]
    verdict = blame(root, spans)
    assert verdict.origin == PAYMENT
    assert verdict.path == ("checkout", "payment")


def test_a_service_that_says_why_it_failed_is_not_excused_by_a_query() -> None:
    """Payment declined a card after a query that took most of its time: the query is not to blame."""
    query = {"db.system.name": "postgresql"}
    for said, service in (("declined", "payment"), ("statement timeout", "postgresql"), ("", "postgresql")):
        payment = a_payment("c", "a", status="Error", message=said, ms=100)
        spans = [a_span("a", status="Error"), payment, a_payment("d", "c", kind="client", attributes=query)]
        assert blame(spans[0], spans).origin.service == service


def test_proxies_on_the_way_are_passed_through() -> None:
    """Two mesh hops between checkout and payment change neither origin nor path."""
    root = a_span("a", status="Error")
    spans = [
        root,
        a_call("b", "a", status="Error"),
        a_proxy("c", "b", status="Error"),
        a_proxy("d", "c", status="Error"),
        a_payment("e", "d", status="Error"),
    ]
    assert blame(root, spans).origin == PAYMENT
    assert blame(root, spans).path == ("checkout", "payment")


def test_a_proxy_names_the_service_that_never_answered() -> None:
    """When the callee sent no span, the mesh's cluster says who it was."""
    root = a_span("a", status="Error")
    route = {"upstream_cluster": "outbound|8080||payment.shop.svc.cluster.local"}
    call = a_call(
        "b", "a", status="Error", attributes={"url.path": "/charges", "server.address": "127.0.0.1"}
    )
    spans = [root, call, a_proxy("c", "b", status="Error", attributes=route)]
    verdict = blame(root, spans)
    assert verdict.origin == ErrorOrigin("payment", "POST /charges", None, None)
    assert verdict.path == ("checkout", "payment")


def test_an_external_provider_is_named_as_the_callee() -> None:
    """A call that leaves the platform is blamed on its other side, reached through the calling service."""
    root = a_span("a", status="Error")
    payment = a_payment("c", "b", status="Error")
    away = a_payment(
        "d",
        "c",
        kind="client",
        operation="POST",
        status="Error",
        attributes={"server.address": "payment-provider", "url.path": "/charge", "http.status_code": "503"},
    )
    verdict = blame(root, [root, a_call("b", "a", status="Error"), payment, away])
    assert verdict.origin == ErrorOrigin("payment-provider", "POST /charge", None, None)
    assert verdict.path == ("checkout", "payment", "payment-provider")
    assert verdict.message == "HTTP 503"


def test_retries_are_counted_and_the_last_one_blamed() -> None:
    """Three failed tries of one call are one origin and two retries."""
    root = a_span("a", status="Error", ms=300)
    tries = [
        a_call(
            f"b{n}", "a", to="payment", status="Error", start_nanoseconds=n * MILLISECOND, message="timeout"
        )
        for n in range(3)
    ]
    verdict = blame(root, [root, *tries])
    assert verdict.origin.service == "payment"
    assert verdict.message == "timeout, 2 retries"


def test_a_slow_request_is_followed_to_where_the_time_went() -> None:
    """A request that was only slow is blamed on the callee that took most of it, not on a quick failure."""
    root = a_span("a", ms=1000)
    quick_failure = a_call("x", "a", to="cache", status="Error", ms=5)
    spans = [root, quick_failure, a_call("b", "a", ms=950), a_payment("c", "b", ms=940)]
    assert blame(root, spans) == Attribution(PAYMENT, ("checkout", "payment"), "slow", "slow")


def queries(calls: int, *, ms: int = 8, parent: str = "a", operation: str = "SELECT") -> list[Span]:
    """Return one query after the other."""
    return [
        a_span(
            f"{operation}{n}",
            parent,
            kind="client",
            operation=operation,
            ms=ms,
            start_nanoseconds=n * (ms + 1) * MILLISECOND,
            attributes={"db.system.name": "postgresql"},
        )
        for n in range(calls)
    ]


def test_many_short_calls_count_together() -> None:
    """A hundred queries of 8 ms are what made a request of a second slow."""
    root = a_span("a", ms=1000)
    assert blame(root, [root, *queries(100)]).origin == ErrorOrigin("postgresql", "SELECT", None, None)


CHECKOUT = ErrorOrigin("checkout", "POST /orders", "zone-a", "1.0")


@pytest.mark.parametrize(
    ("good", "service", "usual"),
    [(None, "checkout", None), (0, "checkout", 0), (1, "checkout", 1), (50, "checkout", 50), (51, "", 0)],
)
def test_who_calls_far_more_often_than_usual_is_to_blame(
    good: int | None, service: str, usual: int | None
) -> None:
    """A hundred quick queries are the caller's doing, unless good requests make more than half as many."""
    root = a_span("a", ms=1000)
    traces = [] if good is None else [[a_span("a"), *queries(good)]]
    verdict = judged(blame(root, [root, *queries(100)]), CallsMade.of(traces))
    assert verdict.origin.service == (service or "postgresql")
    assert verdict.repeats == (RepeatedCall("SELECT", 100, usual) if service else None)
    assert verdict.origin == CHECKOUT or not service


def test_a_few_calls_or_one_long_one_are_the_callees() -> None:
    """Two calls are no repeats, and of many the one that took most of the time is what was slow."""
    root = a_span("a", ms=1000)
    long_one = a_span("x", "a", kind="client", operation="SELECT", ms=600, attributes={"db.system": "mysql"})
    for calls in (queries(2, ms=450), [*queries(20, ms=5), long_one]):
        assert blame(root, [root, *calls]).repeaters == ()


def test_repeats_within_a_service_are_of_the_request_it_handles() -> None:
    """A function that asks row by row belongs to the operation above it; the mesh counts for nothing."""
    root = a_span("a", ms=1000)
    inner = a_span("f", "a", kind="internal", operation="rate", ms=990)
    spans = [root, inner, *queries(50, ms=18, parent="f")]
    hop = a_proxy("h", "SELECT0", ms=17)
    verdict = judged(blame(root, [*spans, hop]), CallsMade.of([]))
    assert (verdict.origin, verdict.path) == (CHECKOUT, ("checkout",))
    assert CallsMade.of([spans, spans, [root]]).times(("checkout", "POST /orders", "SELECT")) == 50


def test_shares_carry_what_most_events_of_an_origin_say() -> None:
    """The answer of most, and the median of the calls where most make too many."""
    made = [RepeatedCall("SELECT", calls, 1) for calls in (13, 12, 20)]
    verdicts = [Attribution(CHECKOUT, ("checkout",), "slow", "slow", one) for one in (*made, None)]
    (share,) = shares(verdicts, 4)
    assert (share.answer, share.repeats) == ("slow", RepeatedCall("SELECT", 13, 1))
    assert shares([*verdicts, verdicts[-1], verdicts[-1]], 6)[0].repeats is None


def test_without_any_child_the_service_itself_is_blamed() -> None:
    """An error that no call explains began where it was seen."""
    root = a_span("a", status="Error", attributes={"http.response.status_code": "500"})
    assert blame(root, [root]) == Attribution(
        ErrorOrigin("checkout", "POST /orders", "zone-a", "1.0"), ("checkout",), "HTTP 500", "500"
    )


def test_internal_spans_are_steps_not_origins() -> None:
    """A failed function inside a service is blamed on the operation it belongs to, with its message."""
    root = a_span("a", status="Error")
    inner = a_span("b", "a", kind="internal", operation="price_cart", status="Error", message="no such price")
    verdict = blame(root, [root, inner])
    assert verdict.origin.operation == "POST /orders"
    assert verdict.message == "no such price"


def test_a_trace_that_points_at_itself_ends() -> None:
    """Broken parent links cannot make the walk go on for ever."""
    first, second = a_span("a", "b", status="Error"), a_span("b", "a", status="Error")
    assert blame(first, [first, second]).origin.service == "checkout"


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=200), st.integers(0, 10**7))
def test_shares_add_up(names: list[str], bad: int) -> None:
    """Shares sum to one and events to the number counted, whatever the sample."""
    verdicts = [Attribution(ErrorOrigin(name, "x", None, None), (name,), "") for name in names]
    found = shares(verdicts, bad)
    assert sum(share.bad for share in found) == bad
    assert abs(sum(share.share for share in found) - 1) < 1e-9
    assert [share.share for share in found] == sorted((share.share for share in found), reverse=True)


def a_sidecar(span_id: str, parent: str, service: str, cluster: str, **given: Any) -> Span:
    """Return a span made by the side-car of a workload that sends none."""
    attributes = {"component": "proxy", "upstream_cluster": cluster, **given.pop("attributes", {})}
    given.setdefault("kind", "server" if cluster.startswith("inbound") else "client")
    values = {"operation": "GET", "zone": "", "version": "", "status": "Error", **given}
    return a_span(span_id, parent, service=service, attributes=attributes, **values)


def test_silent_workloads_are_followed_by_their_sidecars() -> None:
    """Where only the mesh reports, the walk goes from side-car to side-car, down to the one that failed."""
    root = a_sidecar("a", "", "web.shop", "inbound|80||")
    spans = [
        root,
        a_sidecar("b", "a", "web.shop", "outbound|80||pay.shop.svc.cluster.local"),
        a_sidecar("c", "b", "pay.shop", "inbound|80||", attributes={"http.status_code": "500"}),
    ]
    assert blame(root, spans) == Attribution(
        ErrorOrigin("pay.shop", "GET", None, None), ("web.shop", "pay.shop"), "HTTP 500", "500"
    )


def test_a_call_the_mesh_could_not_deliver_is_blamed_on_whom_it_was_for() -> None:
    """With nobody to hand a call to, the proxy names the cluster it meant, and says why."""
    refused = {"http.status_code": "503", "response_flags": "UH"}
    root = a_sidecar("a", "", "web.shop", "inbound|80||")
    call = a_sidecar("b", "a", "web.shop", "outbound|443||api.stripe.com;", attributes=refused)
    assert blame(root, [root, call]) == Attribution(
        ErrorOrigin("api.stripe.com", "GET", None, None),
        ("web.shop", "api.stripe.com"),
        "HTTP 503, no healthy host",
        "503, no healthy host",
        is_before=True,
    )


def test_a_call_the_mesh_refused_itself_is_blamed_on_the_mesh() -> None:
    """A rate limit is the proxy's own doing, whomever the call was for."""
    limited = {"http.status_code": "429", "response_flags": "RL"}
    root = a_sidecar("a", "", "front-proxy", "web", kind="server", attributes=limited)
    assert blame(root, [root]).origin == ErrorOrigin("front-proxy", "GET", None, None)


def test_a_refusal_is_blamed_only_if_nothing_else_failed() -> None:
    """A look-up that found nothing ended last, but what failed the request is the call that broke."""
    root = a_span("a", status="Error")
    broken = a_call("b", "a", to="payment", ms=5, status="Error")
    missing = a_call("c", "a", to="loyalty", ms=9, attributes={"http.status_code": "404"})
    assert blame(root, [root, broken, missing]).origin.service == "payment"
    assert blame(root, [root, missing]).origin.service == "loyalty"


def test_a_call_told_by_its_url_alone_is_named_by_its_host() -> None:
    """Old clients write a URL and nothing else of the other side."""
    root = a_span("a", status="Error")
    call = a_call("b", "a", status="Error", attributes={"http.url": "https://api.stripe.com/v1/charges"})
    odd = a_call("b", "a", status="Error", attributes={"http.url": "http://[::"})
    assert blame(root, [root, call]).origin.service == "api.stripe.com"
    assert blame(root, [root, odd]).origin.service == "unnamed, called by checkout"


def test_a_bad_event_within_its_latency_is_not_called_slow() -> None:
    """Slow is what took longer than the objective allows; other bad events lack what it asks for."""
    root = a_span("a", ms=100)
    assert blame(root, [root], slow_from_nanoseconds=100 * MILLISECOND - 1).message == "slow"
    assert blame(root, [root], slow_from_nanoseconds=100 * MILLISECOND).message == UNFIT


def test_a_failure_that_says_nothing_is_described_by_its_caller() -> None:
    """Of the failed spans on the way down, the deepest that says why is quoted; none is called slow."""
    root = a_span("a", status="Error", attributes={"http.response.status_code": "502"})
    below = [a_call("b", "a", status="Error"), a_payment("c", "b", status="Error")]
    assert blame(root, [root, *below]).message == "HTTP 502"
    silent = a_span("a", status="Error")
    assert blame(silent, [silent, *below]).message == "failed"
