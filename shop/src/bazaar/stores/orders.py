"""Orders that were paid for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from psycopg.types.json import Jsonb

from bazaar.database import Database
from bazaar.lines import Line, documents_of, total_cents


@dataclass(frozen=True, slots=True)
class Order:
    """A paid order."""

    id: str
    shopper: str
    charge_id: str
    lines: tuple[Line, ...]


class Orders(Protocol):
    """Keeps orders."""

    async def place(self, order: Order) -> None:
        """Store a paid order; the same order twice is one order."""
        ...


class PostgresOrders:
    """Orders in the orders table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def place(self, order: Order) -> None:
        statement = """
            INSERT INTO orders (id, shopper, total_cents, charge_id, lines, placed_at)
            VALUES (%s, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING
        """
        lines = Jsonb(documents_of(order.lines))
        values = (order.id, order.shopper, total_cents(order.lines), order.charge_id, lines)
        async with self._database.connection() as connection:
            await connection.execute(statement, values)


class MemoryOrders:
    """Orders of one process."""

    def __init__(self) -> None:
        self.placed: dict[str, Order] = {}

    async def place(self, order: Order) -> None:
        self.placed.setdefault(order.id, order)
