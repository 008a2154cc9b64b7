"""inventory: the stock and its reservations."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.lines import lines_from
from bazaar.stores.stock import Stock
from bazaar.web import json_of, text_in


class Inventory:
    """Answers from the stock."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock

    def routes(self) -> list[Route]:
        """What inventory serves."""
        return [
            Route("/stock/{product_id}", self.available),
            Route("/reservations", self.reserve, methods=["POST"]),
            Route("/reservations/{reservation_id}", self.release, methods=["DELETE"]),
        ]

    async def available(self, request: Request) -> Response:
        """How many of a product are left."""
        product_id = request.path_params["product_id"]
        left = await self._stock.available(product_id)
        return JSONResponse({"product_id": product_id, "available": left})

    async def reserve(self, request: Request) -> Response:
        """Reserve everything on an order, or refuse."""
        document = await json_of(request)
        reservation_id = text_in(document, "id")
        await self._stock.reserve(reservation_id, lines_from(document.get("lines")))
        return JSONResponse({"id": reservation_id}, status_code=201)

    async def release(self, request: Request) -> Response:
        """Release the reservation of an order."""
        await self._stock.release(request.path_params["reservation_id"])
        return Response(status_code=204)
