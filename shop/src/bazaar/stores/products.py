"""The catalog's products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bazaar.database import Database
from bazaar.goods import Product, assortment


class Products(Protocol):
    """Reads products."""

    async def some(self, limit: int, *, like: str = "") -> Sequence[Product]:
        """Return the first products whose name contains `like`, by id."""
        ...

    async def one(self, product_id: str) -> Product | None:
        """Return the product of that id, or None."""
        ...

    async def prices(self, product_ids: Sequence[str]) -> dict[str, int]:
        """Return the price of each product in cents; unknown products are left out."""
        ...


class PostgresProducts:
    """Products in the products table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def some(self, limit: int, *, like: str = "") -> Sequence[Product]:
        query = """
            SELECT id, name, category, price_cents FROM products
            WHERE strpos(lower(name), lower(%s)) > 0 ORDER BY id LIMIT %s
        """
        async with self._database.connection() as connection:
            rows = await (await connection.execute(query, (like, limit))).fetchall()
        return [Product(*row) for row in rows]

    async def one(self, product_id: str) -> Product | None:
        query = "SELECT id, name, category, price_cents FROM products WHERE id = %s"
        async with self._database.connection() as connection:
            row = await (await connection.execute(query, (product_id,))).fetchone()
        return Product(*row) if row else None

    async def prices(self, product_ids: Sequence[str]) -> dict[str, int]:
        query = "SELECT id, price_cents FROM products WHERE id = ANY(%s)"
        async with self._database.connection() as connection:
            rows = await (await connection.execute(query, (list(product_ids),))).fetchall()
        return {str(product_id): int(price) for product_id, price in rows}


class MemoryProducts:
    """The whole assortment, in memory."""

    async def some(self, limit: int, *, like: str = "") -> Sequence[Product]:
        found = [item for item in assortment() if like.lower() in item.name.lower()]
        return sorted(found, key=lambda item: item.id)[:limit]

    async def one(self, product_id: str) -> Product | None:
        return next((item for item in assortment() if item.id == product_id), None)

    async def prices(self, product_ids: Sequence[str]) -> dict[str, int]:
        return {item.id: item.price_cents for item in assortment() if item.id in product_ids}
