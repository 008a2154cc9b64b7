"""Every store keeps its promises in memory and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from bazaar.cache import Cache, MemoryCache
from bazaar.database import Database
from bazaar.dials import Dials
from bazaar.goods import assortment
from bazaar.lines import Line
from bazaar.schema import FULL_SHELF, prepare
from bazaar.stores.cached import CachedCarts, CachedProducts
from bazaar.stores.carts import Carts, MemoryCarts, PostgresCarts
from bazaar.stores.orders import MemoryOrders, Order, Orders, PostgresOrders
from bazaar.stores.products import MemoryProducts, PostgresProducts, Products
from bazaar.stores.ratings import MemoryRatings, PostgresRatings, Ratings
from bazaar.stores.stock import MemoryStock, OutOfStockError, PostgresStock, Stock
from bazaar.waits import by_dial

# As many connections as shoppers of one scene, opened as they are needed: what a scene waits for is
# the store's own locks, not its turn at the pool on a slow machine.
AT_ONCE = 40


@dataclass(frozen=True, slots=True)
class Stores:
    """One of each."""

    products: Products
    carts: Carts
    stock: Stock
    orders: Orders
    ratings: Ratings


def in_memory() -> Stores:
    """All stores in memory."""
    shelves = {item.id: FULL_SHELF for item in assortment()}
    return Stores(MemoryProducts(), MemoryCarts(), MemoryStock(shelves), MemoryOrders(), MemoryRatings())


@asynccontextmanager
async def on_postgres(reach: str) -> AsyncIterator[Stores]:
    """All stores on one database, its shelves full."""
    prepare(reach)
    database = Database(reach, connections=AT_ONCE)
    yield Stores(
        PostgresProducts(database),
        PostgresCarts(database),
        PostgresStock(database),
        PostgresOrders(database),
        PostgresRatings(database),
    )
    await database.aclose()


def cached(stores: Stores, cache: Cache) -> Stores:
    """The same stores, read through a cache."""
    products, carts = CachedProducts(stores.products, cache), CachedCarts(stores.carts, cache)
    return replace(stores, products=products, carts=carts)


Play = Callable[[Callable[[Stores], Awaitable[None]]], None]


@pytest.fixture(params=["memory", "cached", "postgres"])
def play(request: pytest.FixtureRequest) -> Play:
    """Runs a scene on one kind of store."""
    if request.param == "memory":
        return lambda scene: asyncio.run(_awaited(scene(in_memory())))
    if request.param == "cached":
        cache = MemoryCache(by_dial(Dials()))
        return lambda scene: asyncio.run(_awaited(scene(cached(in_memory(), cache))))
    reach: str = request.getfixturevalue("database")

    async def on_database(scene: Callable[[Stores], Awaitable[None]]) -> None:
        async with on_postgres(reach) as stores:
            await scene(stores)

    return lambda scene: asyncio.run(on_database(scene))


async def _awaited(work: Awaitable[None]) -> None:
    await work


def test_products_are_the_assortment(play: Play) -> None:
    """The catalog sells the whole assortment, and nothing else."""

    async def scene(stores: Stores) -> None:
        everything = await stores.products.some(1_000)
        assert {item.id for item in everything} == {item.id for item in assortment()}
        assert await stores.products.one("pen-blue") == next(i for i in assortment() if i.id == "pen-blue")
        assert await stores.products.one("unicorn") is None
        assert {item.id for item in await stores.products.some(9, like="PEN")} == {
            item.id for item in assortment() if item.id.startswith("pen-")
        }
        assert await stores.products.prices(["pen-blue", "unicorn"]) == {"pen-blue": 1_100}

    play(scene)


def test_every_product_has_a_rating(play: Play) -> None:
    """What is sold has been reviewed, with one to five stars."""

    async def scene(stores: Stores) -> None:
        for item in assortment()[:3]:
            assert 1 <= (await stores.ratings.of(item.id) or 0) <= 5

    play(scene)


def test_a_cart_remembers_and_forgets(play: Play) -> None:
    """Lines add up per product, a stranger's cart is empty, and a cleared one too."""

    async def scene(stores: Stores) -> None:
        shopper = uuid4().hex
        assert await stores.carts.read(shopper) == ()
        await stores.carts.add(shopper, Line("pen-blue", 1, 900))
        await stores.carts.add(shopper, Line("pen-blue", 2, 950))
        assert await stores.carts.read(shopper) == (Line("pen-blue", 3, 950),)
        await stores.carts.clear(shopper)
        assert await stores.carts.read(shopper) == ()

    play(scene)


def test_a_reservation_takes_all_or_nothing(play: Play) -> None:
    """When one line is not to be had none is taken."""

    async def scene(stores: Stores) -> None:
        lines = (Line("pen-blue", 1, 900), Line("pen-oak", 99, 900), Line("unicorn", 1, 1))
        with pytest.raises(OutOfStockError, match="unicorn"):
            await stores.stock.reserve(uuid4().hex, lines)
        assert await stores.stock.available("pen-blue") == FULL_SHELF
        assert await stores.stock.available("unicorn") == 0

    play(scene)


def test_a_reservation_counts_once_and_is_released_once(play: Play) -> None:
    """Sending a reservation or its release again changes nothing."""

    async def scene(stores: Stores) -> None:
        reservation, lines = uuid4().hex, (Line("pen-blue", 4, 900),)
        for _ in range(2):
            await stores.stock.reserve(reservation, lines)
            assert await stores.stock.available("pen-blue") == FULL_SHELF - 4
        for _ in range(2):
            await stores.stock.release(reservation)
            assert await stores.stock.available("pen-blue") == FULL_SHELF

    play(scene)


def test_opposite_baskets_at_once_never_block_each_other(play: Play) -> None:
    """Many shoppers with the same two things in either order all get them: no deadlock, none lost."""

    async def scene(stores: Stores) -> None:
        pen, lamp = Line("pen-blue", 1, 900), Line("lamp-blue", 1, 900)
        baskets = [(pen, lamp) if number % 2 else (lamp, pen) for number in range(AT_ONCE)]
        await asyncio.gather(*(stores.stock.reserve(uuid4().hex, basket) for basket in baskets))
        assert await stores.stock.available("pen-blue") == FULL_SHELF - AT_ONCE
        assert await stores.stock.available("lamp-blue") == FULL_SHELF - AT_ONCE

    play(scene)


def test_a_delivery_fills_only_what_is_low(play: Play) -> None:
    """Shelves less than half full are filled; the others are left alone."""

    async def scene(stores: Stores) -> None:
        for _ in range(3):
            await stores.stock.reserve(uuid4().hex, (Line("pen-blue", 90, 900),))
        await stores.stock.reserve(uuid4().hex, (Line("lamp-blue", 10, 900),))
        await stores.stock.restock(FULL_SHELF)
        assert await stores.stock.available("pen-blue") == FULL_SHELF
        assert await stores.stock.available("lamp-blue") == FULL_SHELF - 10

    play(scene)


def test_an_order_can_be_placed_again(play: Play) -> None:
    """The same order sent twice is one order, not an error."""

    async def scene(stores: Stores) -> None:
        order = Order(uuid4().hex, "ada", "ch_1", (Line("pen-blue", 1, 900),))
        await stores.orders.place(order)
        await stores.orders.place(order)

    play(scene)


def test_a_broken_connection_is_replaced(database: str) -> None:
    """After the server dropped a connection the next request gets a fresh one."""

    async def scene() -> None:
        pool = Database(database, connections=1)
        async with pool.connection() as connection:
            await connection.close()
        async with pool.connection() as connection:
            row = await (await connection.execute("SELECT 1")).fetchone()
        await pool.aclose()
        assert row == (1,)

    asyncio.run(scene())


def test_preparing_again_changes_nothing_but_the_shelves(database: str) -> None:
    """A second start on the same database keeps its orders and fills its shelves."""

    async def scene() -> None:
        async with on_postgres(database) as stores:
            order = Order(uuid4().hex, "ada", "ch_1", (Line("pen-blue", 1, 900),))
            await stores.orders.place(order)
            await stores.stock.reserve(order.id, order.lines)
        async with on_postgres(database) as stores:
            assert await stores.stock.available("pen-blue") == FULL_SHELF
        pool = Database(database)
        async with pool.connection() as connection:
            row = await (
                await connection.execute("SELECT count(*) FROM orders WHERE id = %s", (order.id,))
            ).fetchone()
        await pool.aclose()
        assert row == (1,)

    asyncio.run(scene())
