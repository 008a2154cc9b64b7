"""Streamed answers: every few seconds they check whether the reader is still allowed to read.

A caller's authority may end while an answer is sent: a token is revoked or its role lowered, a session ends,
the first token ends access without one. `EventStream` and `Download` are the only streamed answers (a lint
checks), and neither can be made without the authority that it checks again.
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
"""A reader whose authority ended reads on for at most this long, plus the time that access is cached."""


class Authority(Protocol):
    """The authority of a caller."""

    def lapsed(self) -> str | None:
        """Return why the caller would not be let in now, or None if they would."""
        ...


class Pieces(Protocol):
    """Bytes that are made one after the other."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield them."""
        ...

    def close(self) -> None:
        """Release the resources, read to the end or not."""
        ...


class EventStream(StreamingResponse):
    """Server-sent events while the reader is allowed to have them; `at_end` always runs, once."""

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
        """Send the events; `at_end` runs even if the reader is gone before the first one."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._at_end()


class Download(StreamingResponse):
    """A file that is made while it is read; cut off if the reader is no longer allowed to have it.

    `pieces` is read on a thread, and always closed. The format must show that the end is missing, as a tar
    file's manifest does.
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
        """Send the file; its resources are released even if the reader is gone before the first piece."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._pieces.close()


def event(name: str, data: str, *, number: str = "") -> str:
    """Return one server-sent event; a reader that reconnects names the last `number` it got."""
    named = f"id: {number}\n" if number else ""
    return f"{named}event: {name}\ndata: {data}\n\n"


async def _while_allowed(
    events: AsyncGenerator[str, None], authority: Authority, clock: Clock
) -> AsyncIterator[str]:
    asked_at = clock.monotonic_seconds()
    async with aclosing(events):
        async for one in events:
            # Checked after the event is made and before it is sent: nothing is sent without authority.
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
        # Even when the reader disconnects.
        pieces.close()
