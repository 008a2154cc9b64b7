"""Names in addresses: a name that a sender chose is one segment of a path, with any characters.

Servers decode a path before they split it at slashes, so `team%2Fcart` would be two segments. Here slashes of
a name stay encoded until the endpoint reads it. Browsers and HTTP libraries remove segments of one or two
dots, even encoded ones; so a name of dots alone is written with a tilde before it (`~..`), and one of a tilde
and dots with one more.
"""

import re
from typing import Annotated
from urllib.parse import quote, unquote, unquote_to_bytes

from pydantic import AfterValidator
from starlette.types import ASGIApp, Receive, Scope, Send

_DOTS = re.compile(r"~*\.{1,2}")
_KEPT = re.compile(r"[%/\x00-\x1f\x7f]")


def segment(name: str) -> str:
    """Return the segment of an address that holds a name."""
    return quote(f"~{name}" if _DOTS.fullmatch(name) else name, safe="")


def name_in(whole: str) -> str:
    """Return the name in a segment, as a path of whole segments has it."""
    name = unquote(whole)
    return name[1:] if name.startswith("~") and _DOTS.fullmatch(name) else name


PathName = Annotated[str, AfterValidator(name_in)]
"""A name in an endpoint's path."""


def whole_segments(raw_path: str) -> str:
    """Return a path with its segments decoded, except slashes, percent signs and control characters."""
    return "/".join(_whole(one) for one in raw_path.split("/"))


def _whole(one: str) -> str:
    text = unquote_to_bytes(one).decode("utf-8", "replace")
    return _KEPT.sub(lambda match: quote(match[0], safe=""), text)


class WholeSegments:
    """ASGI layer that routes by whole segments; lives as long as the server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on under the path of its whole segments."""
        if scope["type"] == "http" and (raw := scope.get("raw_path")):
            scope = dict(scope, path=whole_segments(raw.decode("latin-1")))
        await self._app(scope, receive, send)
