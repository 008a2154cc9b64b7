"""The payment provider: another company's service, so it sends us no telemetry. Simulated."""

from __future__ import annotations

import asyncio
from random import Random

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.allowance import Allowance
from bazaar.dials import Dials
from bazaar.faults import Dial
from bazaar.waits import Wait
from bazaar.web import json_of, refusal, text_in

# The usual time of a charge.
_USUAL_SECONDS = (0.04, 0.09)


class Provider:
    """Accepts charges, as fast and as often as the dials allow, and no more than agreed."""

    def __init__(self, dials: Dials, wait: Wait, random: Random, agreed: Allowance) -> None:
        self._agreed = agreed
        self._dials = dials
        self._wait = wait
        self._random = random

    def routes(self) -> list[Route]:
        """What the provider serves."""
        return [Route("/v1/charges", self.charge, methods=["POST"])]

    async def charge(self, request: Request) -> Response:
        """Charge a card."""
        reference = text_in(await json_of(request), "reference")
        if not self._agreed.take():
            return refusal(429, "more charges than were agreed")
        await asyncio.sleep(self._random.uniform(*_USUAL_SECONDS))
        await self._wait(Dial.PROVIDER_DELAY_SECONDS)
        if self._random.random() < self._dials.read(Dial.PROVIDER_ERROR_SHARE):
            return refusal(500, "the provider has a problem of its own")
        return JSONResponse({"id": f"ch_{reference}"}, status_code=201)
