"""A cache: an entry may be gone at any time, and without the cache everything still works, only slower."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bazaar import NAME
from bazaar.faults import Dial
from bazaar.layout import CACHE_HOST, HOST, Layout
from bazaar.waits import Wait

_tracer = trace.get_tracer(NAME)
_meter = metrics.get_meter(NAME)
_reads = _meter.create_counter("bazaar.cache.reads", unit="{read}", description="Reads by hit and miss")

# A cache that is slower than the database behind it is no help.
_PATIENCE_SECONDS = 1.0


class Cache(Protocol):
    """Keeps bytes for a while. A failure counts as a miss, never as an error."""

    async def get(self, key: str) -> bytes | None:
        """Return the entry, if it is still there."""
        ...

    async def set(self, key: str, value: bytes, *, seconds: int) -> None:
        """Store an entry for that long, or less."""
        ...

    async def delete(self, key: str) -> None:
        """Remove an entry."""
        ...


class RedisCache:
    """The shop's Redis, every command a span."""

    def __init__(self, client: Redis, port: int, wait: Wait) -> None:
        self._client = client
        self._port = port
        self._wait = wait

    async def get(self, key: str) -> bytes | None:
        found: bytes | None = await self._command("GET", key, lambda: self._client.get(key))
        _reads.add(1, {"result": "miss" if found is None else "hit"})
        return found

    async def set(self, key: str, value: bytes, *, seconds: int) -> None:
        await self._command("SET", key, lambda: self._client.set(key, value, ex=seconds))

    async def delete(self, key: str) -> None:
        await self._command("DEL", key, lambda: self._client.delete(key))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _command(self, name: str, key: str, run: Callable[[], Awaitable[Any]]) -> Any:
        attributes: dict[str, str | int] = {
            "db.system.name": "redis",
            "db.namespace": "0",
            "db.operation.name": name,
            "db.query.text": f"{name} {key.partition(':')[0]}:?",
            "server.address": CACHE_HOST,
            "server.port": self._port,
        }
        with _tracer.start_as_current_span(name, kind=SpanKind.CLIENT, attributes=attributes) as span:
            await self._wait(Dial.CACHE_DELAY_SECONDS)
            try:
                return await run()
            except RedisError as error:
                span.set_status(trace.StatusCode.ERROR, str(error))
                span.set_attribute("error.type", type(error).__name__)
                return None


def redis_cache(layout: Layout, wait: Wait) -> RedisCache:
    """The shop's cache as a replica sees it."""
    client = Redis(
        host=HOST,
        port=layout.cache_port,
        max_connections=16,
        socket_timeout=_PATIENCE_SECONDS,
        socket_connect_timeout=_PATIENCE_SECONDS,
    )
    return RedisCache(client, layout.cache_port, wait)


class MemoryCache:
    """The cache of one process, as slow as the dial says."""

    def __init__(self, wait: Wait) -> None:
        self.kept: dict[str, bytes] = {}
        self._wait = wait

    async def get(self, key: str) -> bytes | None:
        await self._wait(Dial.CACHE_DELAY_SECONDS)
        return self.kept.get(key)

    async def set(self, key: str, value: bytes, *, seconds: int) -> None:
        await self._wait(Dial.CACHE_DELAY_SECONDS)
        self.kept[key] = value

    async def delete(self, key: str) -> None:
        await self._wait(Dial.CACHE_DELAY_SECONDS)
        self.kept.pop(key, None)
