"""payment: charges orders through an outside provider."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar import NAME
from bazaar.calls import Answer, DependencyError, Mesh
from bazaar.layout import PROVIDER, PROVIDER_HOST
from bazaar.lines import BadRequestError
from bazaar.web import json_of, refusal, text_in

_log = logging.getLogger(f"{NAME}.payment")


class Payment:
    """Turns an order's total into a charge at the provider."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh

    def routes(self) -> list[Route]:
        """What payment serves."""
        return [Route("/charges", self.charge, methods=["POST"])]

    async def charge(self, request: Request) -> Response:
        """Charge an order once; the order's id is the provider's idempotency key."""
        document = await json_of(request)
        order_id = text_in(document, "order_id")
        amount = document.get("amount_cents")
        if not isinstance(amount, int) or amount <= 0:
            raise BadRequestError(f"amount_cents must be a positive whole number, not {amount!r}")
        answer = await self._ask_provider(order_id, amount)
        if answer.status == 429:
            raise DependencyError(PROVIDER, "POST /v1/charges", 429)
        if answer.status == 402:
            return refusal(402, "the card was declined")
        _log.info("charged %d cents for order %s", amount, order_id)
        return JSONResponse({"charge_id": answer.body["id"]}, status_code=201)

    async def _ask_provider(self, order_id: str, amount: int) -> Answer:
        return await self._mesh.call(
            "POST",
            PROVIDER_HOST,
            "/v1/charges",
            body={"amount": amount, "reference": order_id},
            headers={"idempotency-key": order_id},
            peer=PROVIDER,
        )
