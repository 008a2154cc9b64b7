"""The whole shop in one process: every service as its real app, calling the others in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import httpx
from starlette.applications import Starlette

from bazaar.cache import MemoryCache
from bazaar.calls import Mesh
from bazaar.dials import Dials
from bazaar.goods import assortment
from bazaar.layout import PROVIDER_HOST
from bazaar.messages import MemoryQueue
from bazaar.services.cart import Cart
from bazaar.services.catalog import Catalog
from bazaar.services.checkout import Checkout
from bazaar.services.gateway import Gateway
from bazaar.services.inventory import Inventory
from bazaar.services.notification import Notification
from bazaar.services.payment import Payment
from bazaar.services.pricing import Pricing
from bazaar.services.provider import Provider
from bazaar.services.recommendation import Recommendation
from bazaar.services.search import Search
from bazaar.services.shipping import Shipping
from bazaar.services.storefront import Storefront
from bazaar.stores.cached import CachedCarts, CachedProducts
from bazaar.stores.carts import MemoryCarts
from bazaar.stores.orders import MemoryOrders
from bazaar.stores.products import MemoryProducts
from bazaar.stores.stock import MemoryStock
from bazaar.waits import by_dial
from bazaar.web import application

SHELF = 10
SHOPPER = {"x-shopper": "ada"}


class Exchange(httpx.AsyncBaseTransport):
    """The mesh in memory: finds the app by host name; hosts in `down` answer what they are told to."""

    def __init__(self) -> None:
        self.apps: dict[str, Starlette] = {}
        self.down: dict[str, int | Exception] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        trouble = self.down.get(request.url.host)
        if isinstance(trouble, Exception):
            raise trouble
        if trouble is not None:
            return httpx.Response(trouble, json={"title": "trouble"})
        return await httpx.ASGITransport(self.apps[request.url.host]).handle_async_request(request)


class Shop:
    """All services around one exchange, with stores in memory."""

    def __init__(self) -> None:
        self.dials = Dials()
        self.exchange = Exchange()
        self.stock = MemoryStock({item.id: SHELF for item in assortment()})
        self.orders = MemoryOrders()
        client = httpx.AsyncClient(transport=self.exchange)
        mesh, wait = Mesh(client), by_dial(self.dials)
        cache = self.cache = MemoryCache(wait)
        self.queue = MemoryQueue()
        self.notification = Notification(self.queue, wait)
        self.client = httpx.AsyncClient(transport=self.exchange, base_url="http://gateway", headers=SHOPPER)
        routes = {
            "gateway": Gateway(mesh).routes(),
            "storefront": Storefront(mesh).routes(),
            "search": Search(mesh).routes(),
            "recommendation": Recommendation().routes(),
            "pricing": Pricing(MemoryProducts()).routes(),
            "shipping": Shipping().routes(),
            "catalog": Catalog(CachedProducts(MemoryProducts(), cache)).routes(),
            "cart": Cart(CachedCarts(MemoryCarts(), cache), mesh).routes(),
            "checkout": Checkout(mesh, self.orders, self.queue, wait).routes(),
            "notification": self.notification.routes(),
            "payment": Payment(mesh).routes(),
            "inventory": Inventory(self.stock).routes(),
            PROVIDER_HOST: Provider(self.dials, wait, Random(7)).routes(),
        }
        self.exchange.apps = {name: application(served) for name, served in routes.items()}

    async def fill_cart(self, quantity: int = 2) -> None:
        """Put pens in the cart."""
        added = await self.client.post("/cart/lines", json={"product_id": "pen-blue", "quantity": quantity})
        assert added.status_code == 200


def in_shop(visit: Callable[[Shop], Awaitable[None]]) -> None:
    """Visit a fresh shop."""

    async def scene() -> None:
        shop = Shop()
        async with shop.client:
            await visit(shop)

    asyncio.run(scene())
