"""Conditional reads: an answer has a weak tag of its body; who has that body already gets 304 without it.

Only whole JSON answers up to a limit are tagged; streams, downloads and refusals pass as they come. What is
answered stays `no-store`: a tag is for callers that keep a body themselves, as a script or an open page does.
"""

import hashlib
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TAGGED_MOST_BYTES = 2 * 1024 * 1024
"""Above every page of a list; a longer answer is passed on while it is made."""
OK, NOT_MODIFIED = 200, 304
_OF_A_BODY = ("content-length", "content-type")


class Tags:
    """ASGI layer that tags the answers to GET; lives as long as the server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        await self._app(scope, receive, _Answer(send, known).send)


@dataclass(slots=True)
class _Answer:
    """One answer: kept until its body is whole, or passed on from where it cannot be tagged."""

    passed_on: Send
    known: str
    start: Message | None = None
    body: list[bytes] = field(default_factory=list)
    size_bytes: int = 0

    async def send(self, message: Message) -> None:
        """Take the next piece of the answer."""
        if message["type"] == "http.response.start" and _is_taggable(message):
            self.start = message
        elif self.start is None or message["type"] != "http.response.body":
            await self.passed_on(message)
        else:
            await self._hold(self.start, message)

    async def _hold(self, start: Message, message: Message) -> None:
        self.body.append(message.get("body", b""))
        self.size_bytes += len(self.body[-1])
        is_whole = not message.get("more_body", False)
        if not is_whole and self.size_bytes <= TAGGED_MOST_BYTES:
            return
        self.start = None
        whole = b"".join(self.body)
        if is_whole and self.size_bytes <= TAGGED_MOST_BYTES:
            start, whole = _tagged(start, whole, self.known)
        await self.passed_on(start)
        await self.passed_on({"type": "http.response.body", "body": whole, "more_body": not is_whole})


def _is_taggable(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    is_json = headers.get("content-type", "").startswith("application/json")
    return start["status"] == OK and is_json and "etag" not in headers


def _tagged(start: Message, body: bytes, known: str) -> tuple[Message, bytes]:
    """Return the answer with its tag, or without its body for a caller that has it."""
    tag = tag_of(body)
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["ETag"] = tag
    if not is_known(tag, known):
        return {**start, "headers": headers.raw}, body
    for name in _OF_A_BODY:
        del headers[name]
    return {**start, "status": NOT_MODIFIED, "headers": headers.raw}, b""


def tag_of(body: bytes) -> str:
    """Return the weak tag of a body: equal bodies have equal tags, on every server and after a restart."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_known(tag: str, known: str) -> bool:
    """Return whether `If-None-Match` names a tag; weak comparison, as RFC 9110 asks of it."""
    named = {one.strip().removeprefix("W/") for one in known.split(",")}
    return "*" in named or tag.removeprefix("W/") in named
