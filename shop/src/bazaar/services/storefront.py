"""storefront: the pages a shopper looks at."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.calls import DependencyError, Mesh
from bazaar.web import refusal


class Storefront:
    """Puts pages together from catalog and inventory."""

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
        listing = await self._mesh.get("catalog", "/products")
        return JSONResponse({"title": "Bazaar", "items": listing.body["items"]})

    async def product(self, request: Request) -> Response:
        """A product's page. Without inventory it is shown without stock; without catalog there is no page."""
        product_id = request.path_params["product_id"]
        item, left = await asyncio.gather(
            self._mesh.get("catalog", "/products/{product_id}", product_id=product_id),
            self._left(product_id),
        )
        if item.status == 404:
            return refusal(404, f"no product {product_id!r}")
        return JSONResponse({**item.body, "available": left})

    async def _left(self, product_id: str) -> int | None:
        try:
            stock = await self._mesh.get("inventory", "/stock/{product_id}", product_id=product_id)
        except DependencyError:
            return None
        left: int = stock.body["available"]
        return left
