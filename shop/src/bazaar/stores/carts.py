"""The shoppers' carts."""

from __future__ import annotations

from typing import Protocol

from psycopg.types.json import Jsonb

from bazaar.database import Connection, Database
from bazaar.lines import Line, documents_of, lines_from, with_line


class Carts(Protocol):
    """Keeps carts."""

    async def read(self, shopper: str) -> tuple[Line, ...]:
        """The shopper's lines; none for a stranger."""
        ...

    async def add(self, shopper: str, line: Line) -> tuple[Line, ...]:
        """The shopper's lines after one more."""
        ...

    async def clear(self, shopper: str) -> None:
        """Forget the shopper's lines."""
        ...


class PostgresCarts:
    """Carts in the carts table, so that either zone may serve any shopper."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, shopper: str) -> tuple[Line, ...]:
        async with self._database.connection() as connection:
            return await _lines(connection, shopper)

    async def add(self, shopper: str, line: Line) -> tuple[Line, ...]:
        statement = """
            INSERT INTO carts VALUES (%(shopper)s, %(lines)s, now())
            ON CONFLICT (shopper) DO UPDATE SET lines = excluded.lines, changed_at = now()
        """
        async with self._database.connection() as connection, connection.transaction():
            lines = with_line(await _lines(connection, shopper), line)
            await connection.execute(statement, {"shopper": shopper, "lines": Jsonb(documents_of(lines))})
        return lines

    async def clear(self, shopper: str) -> None:
        async with self._database.connection() as connection:
            await connection.execute("DELETE FROM carts WHERE shopper = %s", (shopper,))


async def _lines(connection: Connection, shopper: str) -> tuple[Line, ...]:
    cursor = await connection.execute("SELECT lines FROM carts WHERE shopper = %s", (shopper,))
    row = await cursor.fetchone()
    return lines_from(row[0]) if row else ()


class MemoryCarts:
    """Carts of one process."""

    def __init__(self) -> None:
        self._carts: dict[str, tuple[Line, ...]] = {}

    async def read(self, shopper: str) -> tuple[Line, ...]:
        return self._carts.get(shopper, ())

    async def add(self, shopper: str, line: Line) -> tuple[Line, ...]:
        self._carts[shopper] = with_line(await self.read(shopper), line)
        return self._carts[shopper]

    async def clear(self, shopper: str) -> None:
        self._carts.pop(shopper, None)
