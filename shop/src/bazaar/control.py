"""The control of a running shop: what runs, what is broken, break, fix. Loopback only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psutil
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar import NAME, VERSION
from bazaar.breakage import Breakage, fault_list
from bazaar.faults import UnknownFaultError
from bazaar.layout import Layout
from bazaar.parts import Part
from bazaar.web import refusal


class Control:
    """Answers for the supervisor."""

    def __init__(self, layout: Layout, breakage: Breakage, parts: Callable[[], Sequence[Part]]) -> None:
        self._layout = layout
        self._breakage = breakage
        self._parts = parts

    def application(self) -> Starlette:
        """Return the control as an application of its own, apart from the shop."""
        return Starlette(
            routes=[
                Route("/status", self.status),
                Route("/faults", self.faults),
                Route("/faults", self.fix, methods=["DELETE"]),
                Route("/faults/{name}", self.break_, methods=["POST"]),
            ],
            exception_handlers={UnknownFaultError: _unknown_fault},
        )

    async def status(self, _: Request) -> Response:
        """Show the parts, the addresses of the shop, and the faults that are on."""
        return JSONResponse(
            {
                "name": NAME,
                "version": VERSION,
                "edges": list(self._layout.edges()),
                "broken": list(self._breakage.names),
                "parts": [_shown(part) for part in self._parts()],
            }
        )

    async def faults(self, _: Request) -> Response:
        """List the faults."""
        return JSONResponse({"items": fault_list(self._breakage.names)})

    async def break_(self, request: Request) -> Response:
        """Switch a fault on."""
        fault = await self._breakage.break_(request.path_params["name"])
        return JSONResponse(
            {
                "name": fault.name,
                "sentence": fault.sentence,
                "burns": list(fault.burns),
                "deploys": fault.deploys,
            }
        )

    async def fix(self, _: Request) -> Response:
        """Switch all faults off."""
        return JSONResponse({"mended": list(await self._breakage.fix())})


async def _unknown_fault(_: Request, error: Exception) -> Response:
    return refusal(404, str(error))


def _shown(part: Part) -> dict[str, object]:
    return {"name": part.name, "pid": part.pid, "rss_bytes": _rss_bytes(part.pid)}


def _rss_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
