"""The stock of each product, and its reservations."""

from __future__ import annotations

from typing import Protocol

from psycopg.types.json import Jsonb

from bazaar.database import Connection, Database
from bazaar.lines import Line, documents_of, lines_from


class OutOfStockError(Exception):
    """The stock is not enough for a reservation."""


class Stock(Protocol):
    """Keeps stock and reservations."""

    async def available(self, product_id: str) -> int:
        """Return how many are left; 0 for unknown products."""
        ...

    async def reserve(self, reservation_id: str, lines: tuple[Line, ...]) -> None:
        """Reserve all lines, or none. The same reservation twice counts once."""
        ...

    async def release(self, reservation_id: str) -> None:
        """Release a reservation. An unknown or released one changes nothing."""
        ...

    async def restock(self, up_to: int) -> None:
        """Refill every product whose stock is less than half."""
        ...


class PostgresStock:
    """Stock in the stock table, reservations beside it, changed together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def available(self, product_id: str) -> int:
        query = "SELECT available FROM stock WHERE product_id = %s"
        async with self._database.connection() as connection:
            row = await (await connection.execute(query, (product_id,))).fetchone()
        return int(row[0]) if row else 0

    async def reserve(self, reservation_id: str, lines: tuple[Line, ...]) -> None:
        statement = "INSERT INTO reservations VALUES (%s, %s, now()) ON CONFLICT DO NOTHING"
        async with self._database.connection() as connection, connection.transaction():
            cursor = await connection.execute(statement, (reservation_id, Jsonb(documents_of(lines))))
            if cursor.rowcount:
                await _take(connection, lines)

    async def release(self, reservation_id: str) -> None:
        statement = "DELETE FROM reservations WHERE id = %s RETURNING lines"
        async with self._database.connection() as connection, connection.transaction():
            row = await (await connection.execute(statement, (reservation_id,))).fetchone()
            if row:
                await _put_back(connection, lines_from(row[0]))

    async def restock(self, up_to: int) -> None:
        # Rows that another replica has locked are skipped: it is refilling or selling them.
        statement = """
            UPDATE stock SET available = %(full)s WHERE product_id IN (
                SELECT product_id FROM stock WHERE available < %(full)s / 2
                ORDER BY product_id FOR UPDATE SKIP LOCKED)
        """
        async with self._database.connection() as connection:
            await connection.execute(statement, {"full": up_to})


async def _take(connection: Connection, lines: tuple[Line, ...]) -> None:
    # Always in the same order, so that two shoppers with the same two things never wait for each other.
    for line in sorted(lines, key=lambda line: line.product_id):
        cursor = await connection.execute(
            "UPDATE stock SET available = available - %(n)s WHERE product_id = %(id)s AND available >= %(n)s",
            {"n": line.quantity, "id": line.product_id},
        )
        if not cursor.rowcount:
            raise OutOfStockError(f"fewer than {line.quantity} of {line.product_id} are left")


async def _put_back(connection: Connection, lines: tuple[Line, ...]) -> None:
    for line in sorted(lines, key=lambda line: line.product_id):
        await connection.execute(
            "UPDATE stock SET available = available + %s WHERE product_id = %s",
            (line.quantity, line.product_id),
        )


class MemoryStock:
    """Stock of one process; the constructor gets the initial stock."""

    def __init__(self, shelves: dict[str, int]) -> None:
        self._shelves = dict(shelves)
        self._reservations: dict[str, tuple[Line, ...]] = {}

    async def available(self, product_id: str) -> int:
        return self._shelves.get(product_id, 0)

    async def reserve(self, reservation_id: str, lines: tuple[Line, ...]) -> None:
        if reservation_id in self._reservations:
            return
        for line in lines:
            if self._shelves.get(line.product_id, 0) < line.quantity:
                raise OutOfStockError(f"fewer than {line.quantity} of {line.product_id} are left")
        self._reservations[reservation_id] = lines
        for line in lines:
            self._shelves[line.product_id] -= line.quantity

    async def release(self, reservation_id: str) -> None:
        for line in self._reservations.pop(reservation_id, ()):
            self._shelves[line.product_id] += line.quantity

    async def restock(self, up_to: int) -> None:
        low = [product_id for product_id, left in self._shelves.items() if left < up_to / 2]
        self._shelves |= dict.fromkeys(low, up_to)
