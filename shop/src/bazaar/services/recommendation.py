"""recommendation: other products that a shopper may like."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.goods import Product, assortment

_FEW = 4


class Recommendation:
    """Knows products of the same category. Pages work without it."""

    def __init__(self) -> None:
        self._goods = assortment()

    def routes(self) -> list[Route]:
        """What recommendation serves."""
        return [Route("/recommendations", self.some)]

    async def some(self, request: Request) -> Response:
        """A few products beside `to`, or the cheapest of all."""
        return JSONResponse({"items": [item.id for item in self._beside(request.query_params.get("to", ""))]})

    def _beside(self, product_id: str) -> list[Product]:
        categories = {item.category for item in self._goods if item.id == product_id}
        near = [item for item in self._goods if item.category in categories and item.id != product_id]
        return sorted(near or self._goods, key=lambda item: item.price_cents)[:_FEW]
