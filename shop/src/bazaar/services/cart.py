"""cart: the shopper's cart."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.calls import Mesh
from bazaar.leak import Leak
from bazaar.lines import Line, documents_of, line_from, total_cents
from bazaar.stores.carts import Carts
from bazaar.web import json_of, refusal, text_in


class Cart:
    """Answers from the carts; asks catalog for today's price."""

    def __init__(self, carts: Carts, mesh: Mesh, leak: Leak) -> None:
        self._carts = carts
        self._leak = leak
        self._mesh = mesh

    def routes(self) -> list[Route]:
        """What cart serves."""
        return [
            Route("/carts/{shopper}", self.read),
            Route("/carts/{shopper}", self.clear, methods=["DELETE"]),
            Route("/carts/{shopper}/lines", self.add, methods=["POST"]),
        ]

    async def read(self, request: Request) -> Response:
        """The shopper's cart."""
        await self._leak.grow()
        return _shown(await self._carts.read(request.path_params["shopper"]))

    async def add(self, request: Request) -> Response:
        """Put something in the cart."""
        await self._leak.grow()
        document = await json_of(request)
        product_id = text_in(document, "product_id")
        product = await self._mesh.get("catalog", "/products/{product_id}", product_id=product_id)
        if product.status == 404:
            return refusal(404, f"no product {product_id!r}")
        line = line_from({"quantity": 1, **document, "price_cents": product.body["price_cents"]})
        return _shown(await self._carts.add(request.path_params["shopper"], line))

    async def clear(self, request: Request) -> Response:
        """Empty the cart."""
        await self._carts.clear(request.path_params["shopper"])
        return Response(status_code=204)


def _shown(lines: tuple[Line, ...]) -> Response:
    return JSONResponse({"lines": documents_of(lines), "total_cents": total_cents(lines)})
