"""Answers that go on for as long as they are read: they ask every few seconds whether the reader still may.

What let a caller in when an answer began may end while it goes on: a token is revoked or its role lowered, a
session ends, the first token closes the door to this machine. `EventStream` and `Download` are the only
answers that go on (a lint checks), and neither can be made without the authority it asks again.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from holdfast.runtime.clock import Clock

ASK_AGAIN_SECONDS = 2.0
"""Whoever is no longer let in reads on for this long and for as long as answers about them are remembered."""


class Authority(Protocol):
    """What let a caller in."""

    def lapsed(self) -> str | None:
        """Return why the caller would not be let in now, or None if they would."""
        ...


class Pieces(Protocol):
    """Bytes that are made one after the other."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield them."""
        ...

    def close(self) -> None:
        """Give back what is held, read to the end or not."""
        ...


class EventStream(StreamingResponse):
    """Server-sent events while there are any and the reader may have them; `at_end` runs once, always."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncGenerator[str, None],
        *,
        authority: Authority,
        clock: Clock,
        at_end: Callable[[], None],
        status_code: int = 200,  # the framework's description of the API reads it here
    ) -> None:
        super().__init__(_while_allowed(events, authority, clock), status_code)
        self._at_end = at_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events; a reader that is gone before the first one ends them too."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._at_end()


class Download(StreamingResponse):
    """A file that is made while it is read; cut off if the reader may no longer have it.

    `pieces` is read on a thread, and closed however it ends. Whoever reads must be able to see that the end
    is missing, as a tar file's manifest is.
    """

    media_type = "application/octet-stream"

    def __init__(
        self,
        pieces: Pieces,
        *,
        authority: Authority,
        clock: Clock,
        headers: Mapping[str, str],
        status_code: int = 200,  # as above
    ) -> None:
        super().__init__(_pieces_while_allowed(pieces, authority, clock), status_code, headers)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file; a reader that is gone before the first piece gives back what is held too."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._pieces.close()


def event(name: str, data: str, *, number: str = "") -> str:
    """Return one server-sent event; a reader that comes back names the `number` it was sent last."""
    named = f"id: {number}\n" if number else ""
    return f"{named}event: {name}\ndata: {data}\n\n"


async def _while_allowed(
    events: AsyncGenerator[str, None], authority: Authority, clock: Clock
) -> AsyncIterator[str]:
    asked_at = clock.monotonic_seconds()
    async with aclosing(events):
        async for one in events:
            # Asked when the event is made and before it goes out, so that what was read meanwhile stays.
            if clock.monotonic_seconds() - asked_at >= ASK_AGAIN_SECONDS:
                reason = await run_in_threadpool(authority.lapsed)
                if reason is not None:
                    yield event("end", json.dumps({"reason": reason}))
                    return
                asked_at = clock.monotonic_seconds()
            yield one


async def _pieces_while_allowed(pieces: Pieces, authority: Authority, clock: Clock) -> AsyncIterator[bytes]:
    asked_at, made = clock.monotonic_seconds(), iter(pieces)
    try:
        while (piece := await run_in_threadpool(next, made, None)) is not None:
            if clock.monotonic_seconds() - asked_at >= ASK_AGAIN_SECONDS:
                if await run_in_threadpool(authority.lapsed) is not None:
                    return
                asked_at = clock.monotonic_seconds()
            yield piece
    finally:
        # Also when the reader hangs up.
        pieces.close()
