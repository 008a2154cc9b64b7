"""Stores behind a cache. The store is authoritative; a cache entry may be gone at any time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from bazaar.cache import Cache
from bazaar.goods import Product
from bazaar.lines import Line, documents_of, lines_from
from bazaar.stores.carts import Carts
from bazaar.stores.products import Products

_CART_SECONDS = 600
_PRODUCT_SECONDS = 30


class CachedCarts:
    """Carts that are read from the cache where it has them."""

    def __init__(self, carts: Carts, cache: Cache) -> None:
        self._carts = carts
        self._cache = cache

    async def read(self, shopper: str) -> tuple[Line, ...]:
        kept = await self._cache.get(_cart(shopper))
        if kept is not None:
            return lines_from(json.loads(kept))
        return await self._kept(shopper, await self._carts.read(shopper))

    async def add(self, shopper: str, line: Line) -> tuple[Line, ...]:
        return await self._kept(shopper, await self._carts.add(shopper, line))

    async def clear(self, shopper: str) -> None:
        await self._carts.clear(shopper)
        await self._cache.delete(_cart(shopper))

    async def _kept(self, shopper: str, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        await self._cache.set(_cart(shopper), json.dumps(documents_of(lines)).encode(), seconds=_CART_SECONDS)
        return lines


class CachedProducts:
    """Products that are read from the cache where it has them, except prices, which must be current."""

    def __init__(self, products: Products, cache: Cache) -> None:
        self._products = products
        self._cache = cache

    async def some(self, limit: int, *, like: str = "") -> Sequence[Product]:
        key = f"page:{limit}:{like.lower()}"
        kept = await self._cache.get(key)
        if kept is not None:
            return [Product(**item) for item in json.loads(kept)]
        found = await self._products.some(limit, like=like)
        await self._keep(key, [asdict(item) for item in found])
        return found

    async def one(self, product_id: str) -> Product | None:
        key = f"product:{product_id}"
        kept = await self._cache.get(key)
        if kept is not None:
            return Product(**json.loads(kept))
        found = await self._products.one(product_id)
        if found is not None:
            await self._keep(key, asdict(found))
        return found

    async def prices(self, product_ids: Sequence[str]) -> dict[str, int]:
        return await self._products.prices(product_ids)

    async def _keep(self, key: str, document: object) -> None:
        await self._cache.set(key, json.dumps(document).encode(), seconds=_PRODUCT_SECONDS)


def _cart(shopper: str) -> str:
    return f"cart:{shopper}"
