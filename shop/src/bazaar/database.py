"""A few PostgreSQL connections shared by the requests of one replica."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from bazaar.layout import DATABASE_HOST, HOST, Layout
from bazaar.pool import Pool

Row = tuple[Any, ...]
Connection = psycopg.AsyncConnection[Row]

_CONNECTIONS = 3


def conninfo(layout: Layout) -> str:
    """Return the shop's connection string; the host is only a name, for spans, the address is loopback."""
    return (
        f"host={DATABASE_HOST} hostaddr={HOST} port={layout.database_port}"
        " dbname=postgres user=postgres connect_timeout=5"
    )


class Database:
    """Connections, made when first needed, handed to one request at a time, replaced when broken."""

    def __init__(
        self,
        conninfo: str,
        *,
        connections: int = _CONNECTIONS,
        hold_seconds: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._conninfo = conninfo
        self._pool = Pool(DATABASE_HOST, connections, self._opened, hold_seconds)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a connection; waits while all are lent, but not for ever."""
        async with self._pool.borrow() as connection:
            yield connection

    async def _opened(self, connection: Connection | None) -> Connection:
        if connection is None or connection.closed:
            return await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        return connection

    async def warm(self) -> None:
        """Open one connection now, so that the first shopper does not wait for it."""
        async with self.connection() as connection:
            await connection.execute("SELECT 1")

    async def aclose(self) -> None:
        """Close what is open."""
        for connection in await self._pool.drain():
            await connection.close()
