"""The content of one forked process: a service, its telemetry, its connections to the others."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import psycopg
import uvloop
from opentelemetry import trace
from starlette.applications import Starlette
from starlette.routing import Route

from bazaar import NAME, telemetry
from bazaar.allowance import Allowance
from bazaar.cache import Cache, redis_cache
from bazaar.calls import Mesh, through_envoy
from bazaar.database import Database, conninfo
from bazaar.dials import Dials
from bazaar.faults import Dial
from bazaar.hog import Hog
from bazaar.jetstream import NatsQueue
from bazaar.layout import HOST, Layout, Replica
from bazaar.leak import Leak
from bazaar.messages import Queue
from bazaar.schema import FULL_SHELF
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
from bazaar.serving import server
from bazaar.stores.cached import CachedCarts, CachedProducts
from bazaar.stores.carts import PostgresCarts
from bazaar.stores.orders import PostgresOrders
from bazaar.stores.products import PostgresProducts
from bazaar.stores.ratings import PostgresRatings
from bazaar.stores.stock import PostgresStock, Stock
from bazaar.waits import by_dial
from bazaar.web import application

_RESTOCK_SECONDS = 15.0
_SAVED_SECONDS = 4.0
_WITH_DATABASE = frozenset({"catalog", "cart", "checkout", "inventory", "pricing"})

_WITH_QUEUE = frozenset({"checkout", "notification"})

_log = logging.getLogger(f"{NAME}.replica")
_tracer = trace.get_tracer(NAME)

Chore = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The dependencies of a replica."""

    mesh: Mesh
    database: Database
    cache: Cache
    queue: Queue
    dials: Dials
    track: str


def run(replica: Replica, layout: Layout, dials: Dials, endpoint: str, door: socket.socket) -> None:
    """Serve until SIGTERM, exporting telemetry to `endpoint`."""
    _settle()
    exporting = telemetry.start(replica, endpoint)
    try:
        uvloop.run(_serve_replica(replica, layout, dials, door))
    finally:
        exporting.stop()


def run_provider(dials: Dials, door: socket.socket, charges_per_second: float) -> None:
    """Serve the payment provider until SIGTERM. It is not ours, so it exports nothing."""
    _settle()
    agreed = Allowance(charges_per_second, _SAVED_SECONDS, time.monotonic)
    routes = Provider(dials, by_dial(dials), Random(), agreed).routes()
    uvloop.run(_serve(application(routes), door))


def _settle() -> None:
    """The first step of a process after the fork: keep the shared memory shared, and log to its own file."""
    gc.freeze()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", force=True)
    logging.getLogger(NAME).setLevel(logging.INFO)
    # The receiver of telemetry may be down for a while; one line about each failed export is too many.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)


async def _serve_replica(replica: Replica, layout: Layout, dials: Dials, door: socket.socket) -> None:
    mesh = through_envoy(f"http://{HOST}:{layout.zone(replica.zone).egress}")
    database, queue = Database(conninfo(layout), hold_seconds=_hold(replica, dials)), NatsQueue(layout)
    cache = redis_cache(layout, by_dial(dials))
    around = Surroundings(
        mesh=mesh, database=database, cache=cache, queue=queue, dials=dials, track=replica.track
    )
    if replica.service in _WITH_DATABASE:
        await around.database.warm()
    if replica.service in _WITH_QUEUE:
        await queue.connect()
    closers = [mesh.aclose, database.aclose, cache.aclose]
    app = application(routes_of(replica.service, around), closers=closers)
    async with aclosing(queue), _chores(replica.service, around):
        await _serve(app, door)


def _hold(replica: Replica, dials: Dials) -> Callable[[], float]:
    if replica.service == "inventory":
        return partial(dials.read, Dial.INVENTORY_HOLD_SECONDS)
    return lambda: 0.0


def routes_of(service: str, around: Surroundings) -> list[Route]:
    """The routes of each service: the one place that knows them all."""
    builders: dict[str, Callable[[], list[Route]]] = {
        "gateway": lambda: Gateway(around.mesh).routes(),
        "storefront": lambda: Storefront(around.mesh).routes(),
        "search": lambda: Search(around.mesh, Hog(around.dials)).routes(),
        "recommendation": lambda: Recommendation().routes(),
        "pricing": lambda: Pricing(PostgresProducts(around.database)).routes(),
        "notification": lambda: _notification(around).routes(),
        "shipping": lambda: Shipping().routes(),
        "catalog": lambda: _catalog(around).routes(),
        "cart": lambda: _cart(around).routes(),
        "checkout": lambda: _checkout(around).routes(),
        "payment": lambda: Payment(around.mesh).routes(),
        "inventory": lambda: Inventory(PostgresStock(around.database)).routes(),
    }
    return builders[service]()


def _catalog(around: Surroundings) -> Catalog:
    products = PostgresProducts(around.database)
    if around.track == "v2":
        return Catalog(products, PostgresRatings(around.database))
    return Catalog(CachedProducts(products, around.cache))


def _cart(around: Surroundings) -> Cart:
    carts = CachedCarts(PostgresCarts(around.database), around.cache)
    return Cart(carts, around.mesh, Leak(around.dials))


def _checkout(around: Surroundings) -> Checkout:
    orders = PostgresOrders(around.database)
    return Checkout(around.mesh, orders, around.queue, by_dial(around.dials))


def _notification(around: Surroundings) -> Notification:
    return Notification(around.queue, by_dial(around.dials))


async def _serve(app: Starlette, door: socket.socket) -> None:
    serving = server(app)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.stop)
    await serving.serve(sockets=[door])


@asynccontextmanager
async def _chores(service: str, around: Surroundings) -> AsyncIterator[None]:
    """Run a service's background work: inventory gets deliveries, notification writes letters."""
    chores: dict[str, Chore] = {
        "inventory": lambda: _deliveries(PostgresStock(around.database)),
        "notification": lambda: _notification(around).work(),
    }
    if service not in chores:
        yield
        return
    doing = asyncio.create_task(chores[service]())
    try:
        yield
    finally:
        doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing


async def _deliveries(stock: Stock) -> None:
    while True:
        await asyncio.sleep(_RESTOCK_SECONDS)
        try:
            with _tracer.start_as_current_span("deliver stock"):
                await stock.restock(FULL_SHELF)
        except psycopg.Error as error:
            _log.warning("the delivery was missed: %s", error)
