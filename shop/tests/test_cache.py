"""The cache, in memory and as a real server that speaks Redis's protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from bazaar import parts, readiness, servers
from bazaar.cache import Cache, MemoryCache, redis_cache
from bazaar.dials import Dials
from bazaar.layout import HOST, Layout
from bazaar.lines import Line
from bazaar.stores.cached import CachedCarts
from bazaar.stores.carts import MemoryCarts
from bazaar.waits import by_dial

WAIT = by_dial(Dials())


@pytest.fixture
def redis(layout: Layout, data: Path) -> Iterator[parts.Part]:
    """A running cache server on the layout's port."""
    part = parts.fork("redis", data / "log", servers.redis(layout))
    with Redis(host=HOST, port=layout.cache_port) as client:
        readiness.wait_for(part, lambda: readiness.cache_answers(client))
    yield part
    parts.stop([part])


@pytest.mark.usefixtures("redis")
def test_the_cache_server_is_one_its_makers_still_patch(layout: Layout) -> None:
    """The cache is Valkey 9.1 or newer, and keeps nothing on disk."""
    with Redis(host=HOST, port=layout.cache_port, decode_responses=True) as client:
        server, settings = client.info("server"), client.config_get("save", "appendonly")
    assert server["server_name"] == "valkey"
    assert tuple(map(int, server["valkey_version"].split(".")[:2])) >= (9, 1)
    assert settings == {"save": "", "appendonly": "no"}


def with_redis(layout: Layout, scene: Callable[[Cache], Awaitable[None]]) -> None:
    """Play a scene on the real cache."""

    async def play() -> None:
        cache = redis_cache(layout, WAIT)
        await scene(cache)
        await cache.aclose()

    asyncio.run(play())


async def assert_it_keeps_and_forgets(cache: Cache) -> None:
    """What every cache does."""
    assert await cache.get("cart:ada") is None
    await cache.set("cart:ada", b"1", seconds=60)
    assert await cache.get("cart:ada") == b"1"
    await cache.delete("cart:ada")
    assert await cache.get("cart:ada") is None


def test_it_keeps_and_forgets_in_memory() -> None:
    """What was set is got until it is deleted."""
    asyncio.run(assert_it_keeps_and_forgets(MemoryCache(WAIT)))


@pytest.mark.usefixtures("redis")
def test_it_keeps_and_forgets_on_redis(layout: Layout) -> None:
    """A real server does the same."""
    with_redis(layout, assert_it_keeps_and_forgets)


async def _at_once(_seconds: float) -> None:
    """Wait for nothing."""


def test_without_redis_a_cart_is_still_a_cart(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that is not there is a miss: the cart is read from where it is kept."""
    # The client tries ten times, for seconds, before it says so.
    monkeypatch.setattr("redis.asyncio.retry.sleep", _at_once)

    async def scene(cache: Cache) -> None:
        carts = CachedCarts(MemoryCarts(), cache)
        await carts.add("ada", Line("pen-blue", 1, 900))
        assert await carts.read("ada") == (Line("pen-blue", 1, 900),)
        await carts.clear("ada")
        assert await carts.read("ada") == ()

    with_redis(layout, scene)


def test_a_flushed_cache_loses_no_cart() -> None:
    """The store is the truth: after the cache forgot everything the cart is what it was."""

    async def scene() -> None:
        cache = MemoryCache(WAIT)
        carts = CachedCarts(MemoryCarts(), cache)
        await carts.add("ada", Line("pen-blue", 1, 900))
        cache.kept.clear()
        assert await carts.read("ada") == (Line("pen-blue", 1, 900),)

    asyncio.run(scene())
