"""The mesh in memory: what an Envoy does to a call, without one."""

from __future__ import annotations

import asyncio
from contextvars import Context
from random import Random

import httpx
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from starlette.applications import Starlette

from bazaar.faults import abort_share_key, resting_runtime, weight_key
from bazaar.layout import PROVIDER_HOST
from bazaar.mesh_routes import PROVIDER_TIMEOUT_SECONDS

_tracer = trace.get_tracer("mesh")


class Exchange(httpx.AsyncBaseTransport):
    """Finds the app by host name; hosts in `down` answer what they are told to. Follows the runtime keys."""

    def __init__(self) -> None:
        self.apps: dict[str, Starlette] = {}
        self.down: dict[str, int | Exception] = {}
        self.runtime = resting_runtime()
        self.lost_zone = False
        self._random = Random(7)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "gateway":
            return await self._at_the_door(request)
        return await self._passed_on(request)

    async def _at_the_door(self, request: httpx.Request) -> httpx.Response:
        """The edge: one span for every request, whether or not anybody answered it."""
        with _tracer.start_as_current_span(f"{request.method} gateway", kind=SpanKind.SERVER) as span:
            response = await self._passed_on(request)
            span.set_attribute("server.address", "edge")
            if response.status_code >= 500:
                span.set_status(StatusCode.ERROR)
            return response

    async def _passed_on(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        trouble = self.down.get(host)
        if isinstance(trouble, Exception):
            raise trouble
        if host == "gateway" and self.lost_zone and self._chance(50):
            trouble = 504
        if self._chance(self.runtime.get(abort_share_key(host), 0)):
            trouble = 503
        if trouble is not None:
            return httpx.Response(trouble, json={"title": "trouble"})
        return await self._answered(request, self._version_of(host))

    async def _answered(self, request: httpx.Request, app: str) -> httpx.Response:
        # In a context of its own, as in another process: what is served there is no part of this span.
        answer = httpx.ASGITransport(self.apps[app]).handle_async_request(request)
        answering = asyncio.create_task(answer, context=Context())
        if request.url.host != PROVIDER_HOST:
            return await answering
        try:
            return await asyncio.wait_for(answering, PROVIDER_TIMEOUT_SECONDS)
        except TimeoutError:
            return httpx.Response(504, json={"title": "too late"})

    def _version_of(self, host: str) -> str:
        return f"{host}-v2" if self._chance(self.runtime.get(weight_key(host, "v2"), 0)) else host

    def _chance(self, percent: int) -> bool:
        return self._random.uniform(0, 100) < percent
