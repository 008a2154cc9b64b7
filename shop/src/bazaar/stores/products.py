"""The catalog's shelf."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bazaar.database import Database
from bazaar.goods import Product, assortment


class Products(Protocol):
    """Reads products."""

    async def some(self, limit: int) -> Sequence[Product]:
        """The first few, by id."""
        ...

    async def one(self, product_id: str) -> Product | None:
        """The product of that id, if there is one."""
        ...


class PostgresProducts:
    """Products in the products table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def some(self, limit: int) -> Sequence[Product]:
        query = "SELECT id, name, category, price_cents FROM products ORDER BY id LIMIT %s"
        async with self._database.connection() as connection:
            rows = await (await connection.execute(query, (limit,))).fetchall()
        return [Product(*row) for row in rows]

    async def one(self, product_id: str) -> Product | None:
        query = "SELECT id, name, category, price_cents FROM products WHERE id = %s"
        async with self._database.connection() as connection:
            row = await (await connection.execute(query, (product_id,))).fetchone()
        return Product(*row) if row else None


class MemoryProducts:
    """The whole assortment, in memory."""

    async def some(self, limit: int) -> Sequence[Product]:
        return sorted(assortment(), key=lambda item: item.id)[:limit]

    async def one(self, product_id: str) -> Product | None:
        return next((item for item in assortment() if item.id == product_id), None)
