"""gateway: the door. Identifies the shopper and passes the request to the service that answers it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.calls import Answer, Mesh
from bazaar.lines import BadRequestError
from bazaar.web import json_of

SHOPPER_HEADER = "x-shopper"


class Gateway:
    """Knows which service serves what, and nothing else."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh

    def routes(self) -> list[Route]:
        """What the world may call."""
        return [
            Route("/", self.home),
            Route("/search", self.search),
            Route("/products/{product_id}", self.product),
            Route("/cart", self.cart),
            Route("/cart/lines", self.add_line, methods=["POST"]),
            Route("/orders", self.order, methods=["POST"]),
        ]

    async def home(self, _: Request) -> Response:
        """The front page."""
        return _passed_on(await self._mesh.get("storefront", "/home"))

    async def search(self, request: Request) -> Response:
        """The products that match a search."""
        wanted = {"q": request.query_params.get("q", "")}
        return _passed_on(await self._mesh.get("search", "/search", query=wanted))

    async def product(self, request: Request) -> Response:
        """A product's page."""
        product_id = request.path_params["product_id"]
        return _passed_on(await self._mesh.get("storefront", "/products/{product_id}", product_id=product_id))

    async def cart(self, request: Request) -> Response:
        """The shopper's cart."""
        return _passed_on(await self._mesh.get("cart", "/carts/{shopper}", shopper=_shopper(request)))

    async def add_line(self, request: Request) -> Response:
        """Put something in the shopper's cart."""
        line, shopper = await json_of(request), _shopper(request)
        return _passed_on(await self._mesh.post("cart", "/carts/{shopper}/lines", line, shopper=shopper))

    async def order(self, request: Request) -> Response:
        """Buy what is in the shopper's cart."""
        return _passed_on(await self._mesh.post("checkout", "/orders", {"shopper": _shopper(request)}))


def _shopper(request: Request) -> str:
    shopper = request.headers.get(SHOPPER_HEADER, "")
    if not shopper.isalnum():
        raise BadRequestError(f"header {SHOPPER_HEADER} must be letters and digits, not {shopper!r}")
    return shopper


def _passed_on(answer: Answer) -> Response:
    return JSONResponse(answer.body, status_code=answer.status)
