"""The shoppers' ratings of products."""

from __future__ import annotations

import asyncio
from typing import Protocol

from bazaar.database import Database


class Ratings(Protocol):
    """Reads ratings, one product at a time."""

    async def of(self, product_id: str) -> float | None:
        """Return the mean of its stars, or None without reviews."""
        ...


class PostgresRatings:
    """Ratings from the reviews table, which has no index: each query reads all of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, product_id: str) -> float | None:
        query = "SELECT round(avg(stars), 1) FROM reviews WHERE product_id = %s"
        async with self._database.connection() as connection:
            row = await (await connection.execute(query, (product_id,))).fetchone()
        return float(row[0]) if row and row[0] is not None else None


class MemoryRatings:
    """The same rating for every product, each after the time of a real query."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    async def of(self, product_id: str) -> float | None:
        await asyncio.sleep(self._seconds)
        return 4.0
