"""A pool of few connections, each lent to one request at a time, with OpenTelemetry's metrics of pools.

PoolExhaustedError    all were lent for too long
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from opentelemetry import metrics

from bazaar import NAME

Connection = TypeVar("Connection")

# A shopper who waited this long for a connection would wait again for the next.
PATIENCE_SECONDS = 1.0

_meter = metrics.get_meter(NAME)
_count = _meter.create_up_down_counter("db.client.connection.count", unit="{connection}")
_most = _meter.create_up_down_counter("db.client.connection.max", unit="{connection}")
_pending = _meter.create_up_down_counter("db.client.connection.pending_requests", unit="{request}")
_timeouts = _meter.create_counter("db.client.connection.timeouts", unit="{timeout}")
_wait = _meter.create_histogram("db.client.connection.wait_time", unit="s")


class PoolExhaustedError(Exception):
    """All connections were lent for too long."""

    def __init__(self, pool: str, size: int) -> None:
        super().__init__(f"none of the {size} connections of {pool} came free in {PATIENCE_SECONDS:g} s")


class Pool(Generic[Connection]):
    """Lends connections that `refresh` makes or repairs; a returned one waits `hold_seconds` in between."""

    def __init__(
        self,
        name: str,
        size: int,
        refresh: Callable[[Connection | None], Awaitable[Connection]],
        hold_seconds: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._name = name
        self._size = size
        self._refresh = refresh
        self._hold_seconds = hold_seconds
        self._idle: asyncio.LifoQueue[Connection | None] = asyncio.LifoQueue()
        for _ in range(size):
            self._idle.put_nowait(None)
        _most.add(size, {"db.client.connection.pool.name": name})

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[Connection]:
        """Borrow one; waits while all are lent, but not for ever."""
        connection = await self._next()
        self._count(1, "used")
        try:
            connection = await self._refresh(connection)
            yield connection
        finally:
            self._give_back(connection)

    async def _next(self) -> Connection | None:
        began, pool = time.monotonic(), {"db.client.connection.pool.name": self._name}
        _pending.add(1, pool)
        try:
            return await asyncio.wait_for(self._idle.get(), PATIENCE_SECONDS)
        except TimeoutError as error:
            _timeouts.add(1, pool)
            raise PoolExhaustedError(self._name, self._size) from error
        finally:
            _pending.add(-1, pool)
            _wait.record(time.monotonic() - began, pool)

    def _give_back(self, connection: Connection | None) -> None:
        seconds = self._hold_seconds()
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, self._put, connection)
        else:
            self._put(connection)

    def _put(self, connection: Connection | None) -> None:
        self._count(-1, "used")
        self._idle.put_nowait(connection)

    def _count(self, change: int, state: str) -> None:
        attributes = {"db.client.connection.pool.name": self._name, "db.client.connection.state": state}
        _count.add(change, attributes)

    async def drain(self) -> list[Connection]:
        """Remove and return the idle connections."""
        found = []
        while not self._idle.empty():
            connection = self._idle.get_nowait()
            if connection is not None:
                found.append(connection)
        return found
