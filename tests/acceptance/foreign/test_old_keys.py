"""Senders of the semantic conventions of years ago, Zipkin's tags among them."""

import pytest
from tests.acceptance.foreign.conftest import Server

SHOP = "service/shop-api?environment=production"
CHECKOUT, LETTER = "17" + "0" * 29 + "7", "18" + "0" * 29 + "8"


@pytest.fixture
def shop(server: Server) -> Server:
    """A checkout that failed at its payment provider, and the letter that was sent all the same."""
    server.promise("shop-api")
    server.send("old-keys")
    return server


def test_every_old_key_finds_its_place_on_the_map(shop: Server) -> None:
    """Stores, queues, providers, services are named by `db.system`, `http.url`, `peer.service` and more."""
    assert shop.edges() == {
        f"ingress>{SHOP}": (1, 1, 0, 0),
        f"{SHOP}>service/pricing?environment=production": (1, 0, 0, 0),
        f"{SHOP}>database/postgresql/shop@orders-db?environment=production": (1, 0, 0, 0),
        f"{SHOP}>external/inventory:9090?environment=production": (1, 0, 0, 0),
        f"{SHOP}>external/api.stripe.com?environment=production": (1, 1, 0, 0),
        # This span's resource names no environment.
        "service/shop-api>external/loyalty": (1, 1, 0, 0),
        f"{SHOP}>queue/kafka/orders?environment=production": (1, 0, 0, 0),
        "queue/kafka/orders?environment=production>service/mailer?environment=production": (1, 0, 0, 0),
        "service/mailer?environment=production>external/smtp-relay?environment=production": (1, 0, 0, 0),
    }


def test_requests_and_messages_are_counted(shop: Server) -> None:
    """Servers and consumers are counted by status codes written as numbers and as text."""
    assert shop.services() == {"shop-api": (1, 1), "pricing": (1, 0), "mailer": (1, 0)}


def test_the_provider_is_blamed_not_the_look_up_that_found_nothing(shop: Server) -> None:
    """Of a 503 and a later 404 the 503 failed the checkout; its host stands in the old URL alone."""
    assert shop.blamed() == {"api.stripe.com": 1}
    (found,) = shop.get("/objectives/answers/exemplars")["items"]
    assert (found["path"], found["message"]) == ("shop-api → api.stripe.com", "HTTP 503")


def test_a_message_leads_back_to_its_sender(shop: Server) -> None:
    """The consumer's trace links to the producer's span, and the queue's edge says who sent."""
    found = shop.get(f"/traces/{LETTER}")
    assert [one["trace_id"] for one in found["spans"][0]["links"]] == [CHECKOUT]
    (taken,) = (edge for edge in shop.get("/map")["edges"] if edge["source"].startswith("queue/"))
    assert taken["origins"] == ["shop-api"]


def test_old_keys_are_searched(shop: Server) -> None:
    """A trace is found by the keys its spans were sent with."""
    found = shop.get("/traces", attribute="db.statement~FROM orders", scope="any")["items"]
    assert [one["trace_id"] for one in found] == [CHECKOUT]
