"""search: finds products by what a shopper types."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar.calls import Mesh
from bazaar.hog import Hog
from bazaar.lines import BadRequestError

_LONGEST = 60


class Search:
    """Asks catalog for products, and puts the best matches first."""

    def __init__(self, mesh: Mesh, hog: Hog) -> None:
        self._mesh = mesh
        self._hog = hog

    def routes(self) -> list[Route]:
        """What search serves."""
        return [Route("/search", self.search)]

    async def search(self, request: Request) -> Response:
        """Products that match the words; an empty list is a valid answer."""
        words = request.query_params.get("q", "").strip()
        if not 0 < len(words) <= _LONGEST:
            raise BadRequestError(f"q must have 1 to {_LONGEST} characters, not {len(words)}")
        self._hog.burn()
        found = await self._mesh.get("catalog", "/products", query={"like": words})
        return JSONResponse({"query": words, "items": _ranked(found.body["items"], words)})


def _ranked(items: list[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """Return names that end in the words first: a search for a pen means a pen, not a pen case."""
    return sorted(items, key=lambda item: (not item["name"].lower().endswith(words.lower()), item["name"]))
