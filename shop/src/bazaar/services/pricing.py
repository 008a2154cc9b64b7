"""pricing: current prices."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.lines import BadRequestError
from bazaar.stores.products import Products

_MOST = 99


class Pricing:
    """Answers with today's prices, many at a time."""

    def __init__(self, products: Products) -> None:
        self._products = products

    def routes(self) -> list[Route]:
        """What pricing serves."""
        return [Route("/prices", self.prices)]

    async def prices(self, request: Request) -> Response:
        """The price of each requested product; unknown products are left out."""
        asked = [one for one in request.query_params.get("ids", "").split(",") if one]
        if not 0 < len(asked) <= _MOST:
            raise BadRequestError(f"ids must name 1 to {_MOST} products, not {len(asked)}")
        return JSONResponse({"prices": await self._products.prices(asked)})
