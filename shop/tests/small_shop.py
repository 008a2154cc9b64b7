"""The whole shop in one process: every service as its real app, calling the others in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random

import httpx
from shop.tests.exchange import Exchange
from starlette.routing import Route

from bazaar.allowance import Allowance
from bazaar.cache import MemoryCache
from bazaar.calls import Mesh
from bazaar.dials import Dials
from bazaar.faults import Dial, Fault
from bazaar.goods import assortment
from bazaar.hog import Hog
from bazaar.layout import PROVIDER_HOST
from bazaar.leak import Leak
from bazaar.lines import Line
from bazaar.messages import MemoryQueue
from bazaar.pool import Pool
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
from bazaar.stores.ratings import MemoryRatings
from bazaar.stores.stock import MemoryStock
from bazaar.waits import by_dial
from bazaar.web import application

SHELF = 10
SHOPPER = {"x-shopper": "ada"}

# What a question to the reviews takes; and what was agreed with the provider, enough but for a sale.
_RATING_SECONDS = 0.016
_CHARGES_AT_ONCE = 15.0


class PooledStock:
    """Stock in memory behind a pool of connections, as on PostgreSQL."""

    def __init__(self, stock: MemoryStock, hold_seconds: Callable[[], float]) -> None:
        self._stock = stock
        self._pool: Pool[None] = Pool("stock", 3, _nothing, hold_seconds)

    async def available(self, product_id: str) -> int:
        async with self._pool.borrow():
            return await self._stock.available(product_id)

    async def reserve(self, reservation_id: str, lines: tuple[Line, ...]) -> None:
        async with self._pool.borrow():
            await self._stock.reserve(reservation_id, lines)

    async def release(self, reservation_id: str) -> None:
        async with self._pool.borrow():
            await self._stock.release(reservation_id)

    async def restock(self, up_to: int) -> None:
        async with self._pool.borrow():
            await self._stock.restock(up_to)


async def _nothing(_: None) -> None:
    """There is nothing to open."""


class Shop:
    """All services around one exchange, with stores in memory."""

    def __init__(self, *, shelf: int = SHELF) -> None:
        self.dials = Dials()
        self.exchange = Exchange()
        self.stock = MemoryStock({item.id: shelf for item in assortment()})
        self.orders = MemoryOrders()
        self.queue = MemoryQueue()
        self.notification = Notification(self.queue, by_dial(self.dials))
        self.client = httpx.AsyncClient(transport=self.exchange, base_url="http://gateway", headers=SHOPPER)
        mesh = Mesh(httpx.AsyncClient(transport=self.exchange))
        served = {**self._pages(mesh), **self._tills(mesh)}
        self.exchange.apps = {name: application(routes) for name, routes in served.items()}

    def _pages(self, mesh: Mesh) -> dict[str, list[Route]]:
        """What shoppers look at, and what is behind it."""
        products = CachedProducts(MemoryProducts(), MemoryCache(by_dial(self.dials)))
        return {
            "gateway": Gateway(mesh).routes(),
            "storefront": Storefront(mesh).routes(),
            "search": Search(mesh, Hog(self.dials)).routes(),
            "recommendation": Recommendation().routes(),
            "pricing": Pricing(MemoryProducts()).routes(),
            "catalog": Catalog(products).routes(),
            "catalog-v2": Catalog(MemoryProducts(), MemoryRatings(_RATING_SECONDS)).routes(),
        }

    def _tills(self, mesh: Mesh) -> dict[str, list[Route]]:
        """What it takes to buy."""
        wait = by_dial(self.dials)
        carts = CachedCarts(MemoryCarts(), MemoryCache(wait))
        stock = PooledStock(self.stock, partial(self.dials.read, Dial.INVENTORY_HOLD_SECONDS))
        agreed = Allowance(_CHARGES_AT_ONCE, 1.0, lambda: 0.0)
        return {
            "cart": Cart(carts, mesh, Leak(self.dials)).routes(),
            "checkout": Checkout(mesh, self.orders, self.queue, wait).routes(),
            "payment": Payment(mesh).routes(),
            "inventory": Inventory(stock).routes(),
            "shipping": Shipping().routes(),
            "notification": self.notification.routes(),
            PROVIDER_HOST: Provider(self.dials, wait, Random(7), agreed).routes(),
        }

    async def break_(self, fault: Fault) -> None:
        """Break something, as the supervisor would."""
        for dial, value in fault.dials.items():
            self.dials.turn(dial, value)
        self.exchange.runtime |= fault.runtime
        self.exchange.lost_zone = bool(fault.deeds)

    async def fill_cart(self, quantity: int = 2) -> None:
        """Put pens in the cart."""
        added = await self.client.post("/cart/lines", json={"product_id": "pen-blue", "quantity": quantity})
        assert added.status_code == 200

    async def write_letters(self, most: int) -> None:
        """Try to write what waits in the queue."""
        for _ in range(min(most, len(self.queue))):
            await self.notification.handle(await self.queue.take())


def in_shop(visit: Callable[[Shop], Awaitable[None]]) -> None:
    """Visit a fresh shop."""

    async def scene() -> None:
        shop = Shop()
        async with shop.client:
            await visit(shop)

    asyncio.run(scene())
