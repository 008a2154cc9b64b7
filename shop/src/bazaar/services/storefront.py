"""storefront: the pages of the shop."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.calls import DependencyError, Mesh
from bazaar.web import refusal


class Storefront:
    """Puts pages together from catalog, pricing, inventory and recommendation."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh

    def routes(self) -> list[Route]:
        """What storefront serves."""
        return [
            Route("/home", self.home),
            Route("/products/{product_id}", self.product),
        ]

    async def home(self, _: Request) -> Response:
        """The front page."""
        listing, others = await asyncio.gather(self._mesh.get("catalog", "/products"), self._others(""))
        items = listing.body["items"]
        prices = await self._prices([item["id"] for item in items])
        priced = [{**item, "price_cents": prices[item["id"]]} for item in items]
        return JSONResponse({"title": "Bazaar", "items": priced, "others": others})

    async def product(self, request: Request) -> Response:
        """A product's page. Stock and recommendations are details: the page works without them."""
        product_id = request.path_params["product_id"]
        item, prices, left, others = await asyncio.gather(
            self._mesh.get("catalog", "/products/{product_id}", product_id=product_id),
            self._prices([product_id]),
            self._left(product_id),
            self._others(product_id),
        )
        if item.status == 404:
            return refusal(404, f"no product {product_id!r}")
        page = {**item.body, "price_cents": prices[product_id], "available": left, "others": others}
        return JSONResponse(page)

    async def _prices(self, product_ids: list[str]) -> dict[str, int]:
        answer = await self._mesh.get("pricing", "/prices", query={"ids": ",".join(product_ids)})
        prices: dict[str, int] = answer.body["prices"]
        return prices

    async def _left(self, product_id: str) -> int | None:
        stock = await self._detail("inventory", "/stock/{product_id}", product_id=product_id)
        return stock["available"] if stock else None

    async def _others(self, product_id: str) -> list[str]:
        found = await self._detail("recommendation", "/recommendations", query={"to": product_id})
        return found["items"] if found else []

    async def _detail(self, host: str, route: str, **asked: Any) -> Any:
        """Return a detail of a page, or None when the other side fails."""
        try:
            return (await self._mesh.get(host, route, **asked)).body
        except DependencyError:
            return None
