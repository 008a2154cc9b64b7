"""A few PostgreSQL connections shared by the requests of one replica."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from bazaar.layout import DATABASE_HOST, HOST, Layout

Row = tuple[Any, ...]
Connection = psycopg.AsyncConnection[Row]

_CONNECTIONS = 3


def conninfo(layout: Layout) -> str:
    """How to reach the shop's database; the host is only a name, for spans, the address is loopback."""
    return (
        f"host={DATABASE_HOST} hostaddr={HOST} port={layout.database_port}"
        " dbname=postgres user=postgres connect_timeout=5"
    )


class Database:
    """Connections, made when first needed, handed to one request at a time, replaced when broken."""

    def __init__(self, conninfo: str, *, connections: int = _CONNECTIONS) -> None:
        self._conninfo = conninfo
        self._idle: asyncio.LifoQueue[Connection | None] = asyncio.LifoQueue()
        for _ in range(connections):
            self._idle.put_nowait(None)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a connection; waits while all are lent."""
        connection = await self._idle.get()
        try:
            if connection is None or connection.closed:
                connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
            yield connection
        finally:
            self._idle.put_nowait(connection)

    async def warm(self) -> None:
        """Open one connection now, so that the first shopper does not wait for it."""
        async with self.connection() as connection:
            await connection.execute("SELECT 1")

    async def aclose(self) -> None:
        """Close what is open."""
        while not self._idle.empty():
            connection = self._idle.get_nowait()
            if connection is not None:
                await connection.close()
