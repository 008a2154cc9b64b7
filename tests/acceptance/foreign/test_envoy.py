"""An Envoy in front of services that tell of themselves in old keys: OpenTelemetry's demo shop."""

import pytest
from tests.acceptance.foreign.conftest import Server
from tests.commands import Run

FINE, TRIED_TWICE, NOBODY = "d4" + "0" * 29 + "4", "e5" + "0" * 29 + "5", "f6" + "0" * 29 + "6"


@pytest.fixture
def shop(server: Server) -> Server:
    """Three requests at a proxy that promises: one fine, one at the second try, one with nobody to answer."""
    server.promise("frontend-proxy")
    server.send("envoy-front-proxy")
    return server


def test_the_proxy_is_no_node_and_each_try_a_call(shop: Server) -> None:
    """Of four tries one repeats another, one failed in the service, and one was refused by the proxy."""
    assert shop.edges() == {
        "ingress>service/frontend?namespace=opentelemetry-demo": (4, 1, 1, 1),
        "service/frontend?namespace=opentelemetry-demo>service/cartservice?namespace=opentelemetry-demo": (
            2,
            0,
            0,
            0,
        ),
        "service/cartservice?namespace=opentelemetry-demo>cache/redis-cart": (2, 0, 0, 0),
    }


def test_the_proxys_own_requests_are_its_own(shop: Server) -> None:
    """What came in at the proxy is counted once a request, at the service once a try."""
    assert shop.services() == {"frontend-proxy": (3, 1), "frontend": (3, 1), "cartservice": (2, 0)}


def test_a_trace_begins_where_a_service_does(shop: Server, run: Run) -> None:
    """The proxy's two spans are folded; where it found nobody, its own shows for whom the request was."""
    assert shop.shown(FINE)[0] == ("frontend", "server", False)
    assert [one[0] for one in shop.shown(TRIED_TWICE)].count("frontend") == 3
    assert "frontend ingress" in run("trace", "show", NOBODY).out
    assert "ingress" not in run("trace", "show", FINE).out


def test_a_request_with_nobody_to_answer_is_blamed_on_whom_it_was_for(shop: Server) -> None:
    """The proxy says to which cluster it could not hand the request, and by its flag why."""
    assert shop.blamed() == {"frontend": 1}
    (found,) = shop.get("/objectives/answers/exemplars")["items"]
    assert (found["trace_id"], found["path"], found["message"]) == (
        NOBODY, "frontend-proxy → frontend", "HTTP 503, no healthy host",
    )  # fmt: skip
