"""shipping: the carrier of an order, and the day of its delivery."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.lines import Line, lines_from
from bazaar.web import json_of, text_in

_LETTER_PIECES = 2


class Shipping:
    """Books a parcel for an order; the same order twice is the same parcel."""

    def routes(self) -> list[Route]:
        """What shipping serves."""
        return [Route("/parcels", self.book, methods=["POST"])]

    async def book(self, request: Request) -> Response:
        """Choose a carrier and a day of delivery."""
        document = await json_of(request)
        order_id = text_in(document, "order_id")
        carrier, days = _way_of(lines_from(document.get("lines")))
        parcel = {"parcel_id": f"parcel-{order_id}", "carrier": carrier, "days": days}
        return JSONResponse(parcel, status_code=201)


def _way_of(lines: tuple[Line, ...]) -> tuple[str, int]:
    """Small orders go as a letter, and quickly."""
    pieces = sum(line.quantity for line in lines)
    return ("letter", 1) if pieces <= _LETTER_PIECES else ("parcel", 2)
