"""The services, each as its real app, calling each other in memory."""

from __future__ import annotations

import httpx
import pytest
from shop.tests.small_shop import SHELF, Shop, in_shop

from bazaar.faults import Dial
from bazaar.layout import PROVIDER_HOST


def test_a_shopper_buys() -> None:
    """From the front page to a paid order: stock goes down, the order is kept, the cart is empty again."""

    async def visit(shop: Shop) -> None:
        assert len((await shop.client.get("/")).json()["items"]) == 12
        page = (await shop.client.get("/products/pen-blue")).json()
        assert page["available"] == SHELF
        await shop.fill_cart(2)
        ordered = await shop.client.post("/orders")
        assert (ordered.status_code, ordered.json()["total_cents"]) == (201, 2 * page["price_cents"])
        assert await shop.stock.available("pen-blue") == SHELF - 2
        assert [order.shopper for order in shop.orders.placed.values()] == ["ada"]
        assert (await shop.client.get("/cart")).json() == {"lines": [], "total_cents": 0}

    in_shop(visit)


def test_when_the_provider_fails_the_order_is_lost_and_the_stock_released() -> None:
    """A charge that fails fails the order, leaves the cart, and holds no stock."""

    async def visit(shop: Shop) -> None:
        shop.dials.turn(Dial.PROVIDER_ERROR_SHARE, 1.0)
        await shop.fill_cart()
        assert (await shop.client.post("/orders")).status_code == 503
        assert not shop.orders.placed
        assert await shop.stock.available("pen-blue") == SHELF
        assert (await shop.client.get("/cart")).json()["lines"]

    in_shop(visit)


def test_a_provider_too_late_is_told_as_too_late() -> None:
    """What timed out below is a 504 all the way up, so that a person sees which it was."""

    async def visit(shop: Shop) -> None:
        shop.exchange.down[PROVIDER_HOST] = 504
        await shop.fill_cart()
        assert (await shop.client.post("/orders")).status_code == 504

    in_shop(visit)


def test_a_declined_card_is_an_answer_not_a_failure() -> None:
    """A card that is declined is the shopper's 402, and the stock is released."""

    async def visit(shop: Shop) -> None:
        shop.exchange.down[PROVIDER_HOST] = 402
        await shop.fill_cart()
        assert (await shop.client.post("/orders")).status_code == 402
        assert await shop.stock.available("pen-blue") == SHELF

    in_shop(visit)


def test_out_of_stock_is_an_answer_not_a_failure() -> None:
    """Wanting more than is left is refused with 409 and charges nobody."""

    async def visit(shop: Shop) -> None:
        await shop.fill_cart(SHELF + 1)
        refused = await shop.client.post("/orders")
        assert refused.status_code == 409
        assert "pen-blue" in refused.json()["title"]
        assert not shop.orders.placed

    in_shop(visit)


def test_an_empty_cart_cannot_be_ordered() -> None:
    """There is nothing to pay for in an empty cart: 409."""

    async def visit(shop: Shop) -> None:
        assert (await shop.client.post("/orders")).status_code == 409

    in_shop(visit)


@pytest.mark.parametrize(
    ("host", "detail", "without"), [("inventory", "available", None), ("recommendation", "others", [])]
)
def test_without_its_details_the_product_page_still_shows(host: str, detail: str, without: object) -> None:
    """Stock and what else there is are details of the page: it comes without them."""

    async def visit(shop: Shop) -> None:
        shop.exchange.down[host] = httpx.ConnectError("refused")
        page = await shop.client.get("/products/pen-blue")
        assert (page.status_code, page.json()[detail]) == (200, without)

    in_shop(visit)


@pytest.mark.parametrize(
    ("trouble", "status"),
    [(503, 503), (httpx.ConnectError("refused"), 503), (httpx.ReadTimeout("late"), 504)],
)
def test_without_catalog_there_is_no_page(trouble: int | Exception, status: int) -> None:
    """A page cannot be shown without its product: the failure is passed on, and never a 500."""

    async def visit(shop: Shop) -> None:
        shop.exchange.down["catalog"] = trouble
        assert (await shop.client.get("/products/pen-blue")).status_code == status

    in_shop(visit)


def test_a_shopper_finds() -> None:
    """Search finds by part of a name, best first; finding nothing is an answer, asking for nothing is not."""

    async def visit(shop: Shop) -> None:
        found = (await shop.client.get("/search", params={"q": "Pen"})).json()["items"]
        assert {item["id"].split("-")[0] for item in found} == {"pen"}
        assert (await shop.client.get("/search", params={"q": "unicorn"})).json()["items"] == []
        assert (await shop.client.get("/search")).status_code == 400

    in_shop(visit)


def test_without_shipping_the_order_is_lost_and_nobody_charged() -> None:
    """An order nobody would bring is not paid for, and holds no stock."""

    async def visit(shop: Shop) -> None:
        shop.exchange.down["shipping"] = 503
        await shop.fill_cart()
        assert (await shop.client.post("/orders")).status_code == 503
        assert await shop.stock.available("pen-blue") == SHELF

    in_shop(visit)


@pytest.mark.parametrize("path", ["/products/unicorn", "/nowhere"])
def test_what_is_not_there_is_not_found(path: str) -> None:
    """Unknown products and pages are 404, not failures."""

    async def visit(shop: Shop) -> None:
        assert (await shop.client.get(path)).status_code == 404

    in_shop(visit)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"product_id": 7}', b'{"product_id": "pen-blue", "quantity": "two"}']
)
def test_nonsense_is_refused_not_a_failure(body: bytes) -> None:
    """Whatever a shopper sends, the answer is 400 with a reason, never a 500."""

    async def visit(shop: Shop) -> None:
        answer = await shop.client.post("/cart/lines", content=body)
        assert answer.status_code == 400
        assert answer.json()["title"]

    in_shop(visit)


def test_a_shopper_without_a_name_is_refused() -> None:
    """A cart belongs to somebody: no name, no cart, and no name that could be a path."""

    async def visit(shop: Shop) -> None:
        for name in ("", "../ada"):
            assert (await shop.client.get("/cart", headers={"x-shopper": name})).status_code == 400

    in_shop(visit)


def test_every_service_says_it_is_well() -> None:
    """Each app answers the mesh's health check."""

    async def visit(shop: Shop) -> None:
        async with httpx.AsyncClient(transport=shop.exchange) as client:
            for name in shop.exchange.apps:
                assert (await client.get(f"http://{name}/healthz")).text == "ok"

    in_shop(visit)
