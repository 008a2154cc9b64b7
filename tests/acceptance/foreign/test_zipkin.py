"""Senders with Zipkin's libraries and B3, over the Collector's receiver: both sides of a call have one id."""

import pytest
from tests.acceptance.foreign.conftest import Server

from holdfast.telemetry.model import Signal

TRACE = "19" + "0" * 29 + "9"
FIRST, SECOND = "1900000000000002", "1900000000000003"


@pytest.fixture
def shop(server: Server) -> Server:
    """A checkout that failed because the database of payments refused a row, with three log lines."""
    server.promise("orders")
    server.send("zipkin-b3")
    server.send("zipkin-b3-logs", Signal.LOGS)
    return server


def test_a_call_is_one_edge_with_one_call(shop: Server) -> None:
    """The client's span and the server's of one id are one call, and whoever calls next is the server."""
    assert shop.edges() == {
        "ingress>service/frontend": (1, 1, 0, 0),
        "service/frontend>service/orders": (1, 1, 0, 0),
        "service/orders>service/payments": (1, 1, 0, 0),
        "service/payments>external/mysql": (1, 1, 0, 0),
    }
    assert shop.services() == {"frontend": (1, 1), "orders": (1, 1), "payments": (1, 1)}


def test_the_server_is_below_its_client(shop: Server) -> None:
    """Every span is there with an id of its own; what the server did is below the server."""
    found = shop.get(f"/traces/{TRACE}")
    assert [
        (one["service"], one["kind"], one["span_id"], one["parent_span_id"]) for one in found["spans"]
    ] == [
        ("frontend", "server", "1900000000000001", None),
        ("frontend", "client", f"{FIRST}-caller", "1900000000000001"),
        ("orders", "server", FIRST, f"{FIRST}-caller"),
        ("orders", "unspecified", "1900000000000006", FIRST),
        ("orders", "client", f"{SECOND}-caller", FIRST),
        ("payments", "server", SECOND, f"{SECOND}-caller"),
        ("payments", "client", "1900000000000004", SECOND),
    ]
    assert (found["orphans"], found["errors"]) == (0, 6)


def test_a_line_is_with_the_span_of_its_service(shop: Server) -> None:
    """Lines of the client and of the server bear one id, and stand at the span of the one that wrote them."""
    lines = shop.get(f"/traces/{TRACE}/logs")["items"]
    assert [(one["service"], one["span_id"]) for one in lines] == [
        ("frontend", f"{FIRST}-caller"),
        ("orders", FIRST),
        ("frontend", f"{FIRST}-caller"),
    ]


def test_blame_goes_down_from_the_server(shop: Server) -> None:
    """What broke the objective of orders is the server's span, and its cause is below it, not beside it."""
    assert shop.blamed() == {"mysql": 1}
    (found,) = shop.get("/objectives/answers/exemplars")["items"]
    assert (found["path"], found["message"]) == ("orders → payments → mysql", "HTTP 503")


def test_a_trace_is_compared_with_its_like(shop: Server) -> None:
    """Both sides of each call are rows of the comparison, one below the other."""
    rows = shop.get(f"/traces/{TRACE}/comparison", **{"with": TRACE})["rows"]
    assert [(one["service"], one["kind"], one["depth"]) for one in rows] == [
        ("frontend", "server", 0),
        ("frontend", "client", 1),
        ("orders", "server", 2),
        ("orders", "unspecified", 3),
        ("orders", "client", 3),
        ("payments", "server", 4),
        ("payments", "client", 5),
    ]
