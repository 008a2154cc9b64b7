"""catalog: what the shop sells."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.goods import Product
from bazaar.stores.products import Products
from bazaar.stores.ratings import Ratings
from bazaar.web import refusal

_PAGE = 12


class Catalog:
    """Answers from the products; from version 2 on with ratings, each read by a query of its own."""

    def __init__(self, products: Products, ratings: Ratings | None = None) -> None:
        self._products = products
        self._ratings = ratings

    def routes(self) -> list[Route]:
        """What catalog serves."""
        return [
            Route("/products", self.some),
            Route("/products/{product_id}", self.one),
        ]

    async def some(self, request: Request) -> Response:
        """A page of products: the first ones, or the first with a matching name."""
        items = await self._products.some(_PAGE, like=request.query_params.get("like", ""))
        return JSONResponse({"items": [await self._shown(item) for item in items]})

    async def one(self, request: Request) -> Response:
        """One product."""
        product_id = request.path_params["product_id"]
        item = await self._products.one(product_id)
        return JSONResponse(await self._shown(item)) if item else refusal(404, f"no product {product_id!r}")

    async def _shown(self, item: Product) -> dict[str, Any]:
        if self._ratings is None:
            return asdict(item)
        return {**asdict(item), "rating": await self._ratings.of(item.id)}
