"""The OTLP/HTTP receiver: a bare ASGI application, for the port every SDK sends to by default (4318).

Requests are checked in the order in which a refusal is cheapest: path, method, origin, credential, media
type, size, quota; only then is the body read. Every refusal carries a `google.rpc.Status` in the request's
media type.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from holdfast.runtime.errors import Forbidden, HoldfastError, NotFound
from holdfast.telemetry.errors import MediaTypeRefused, MethodRefused, NeedsRepair, TooSlow
from holdfast.telemetry.intake.otlp.compression import Unpacker, too_large, unpacker
from holdfast.telemetry.intake.otlp.replies import CODES, Code, MediaType, status, success
from holdfast.telemetry.intake.receiver import Receiver, Taken
from holdfast.telemetry.model import Signal

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATHS = {f"/v1/{signal.value}": signal for signal in Signal}
_MEDIA_TYPES = {media_type.value: media_type for media_type in MediaType}
_INLINE_BYTES = {MediaType.PROTOBUF: 1024 * 1024, MediaType.JSON: 16 * 1024}
"""Bodies up to this size are handled on the event loop: handing them to a thread would take as long."""
_BODY_PAUSES = 10
"""A body may take ten times the longest pause inside it."""
_CORS_SECONDS = b"7200"


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, ready to be sent."""

    status: int
    body: bytes
    media_type: MediaType
    headers: tuple[tuple[bytes, bytes], ...] = ()


class _Gone(Exception):
    """The sender hung up before its body was complete, so no answer is sent."""


class OtlpHttp:
    """The ASGI application; lives as long as the intake.

    `origins` are the origins of web pages whose scripts may send (`https://shop.example`); none by default.
    Big bodies are parsed on `worker`, one at a time, so that they neither delay small ones nor add up in
    memory.
    """

    def __init__(
        self, receiver: Receiver, worker: Executor, *, origins: frozenset[str] = frozenset()
    ) -> None:
        self._receiver = receiver
        self._worker = worker
        self._origins = origins

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        media_type = _media_type(headers)
        try:
            answer = await self._answer(scope, headers, receive)
        except _Gone:
            return
        except HoldfastError as error:
            self._receiver.count_refusal(error)
            answer = refusal(error, media_type or MediaType.JSON)
        except Exception:  # the request edge: logged with its traceback, answered without it
            log.exception("an OTLP request to %s failed", scope["path"])
            body = status(Code.INTERNAL, "this request met an error in Holdfast; its log has the details")
            answer = Answer(500, body, MediaType.PROTOBUF)
        await self._send(answer, headers.get(b"origin"), send)

    async def _answer(self, scope: Message, headers: dict[bytes, str], receive: Receive) -> Answer:
        signal = PATHS.get(scope["path"])
        if signal is None:
            raise _not_found(scope["path"])
        origin = headers.get(b"origin")
        if origin is not None and origin not in self._origins:
            raise _foreign(origin)
        if origin is not None and scope["method"] == "OPTIONS":
            return Answer(204, b"", MediaType.JSON, _PREFLIGHT)
        if scope["method"] != "POST":
            raise _only_post(scope["method"])
        self._receiver.admit(headers.get(b"authorization"))
        media_type = _media_type(headers)
        if media_type is None:
            raise _not_a_media_type(headers.get(b"content-type", ""))
        return await self._take(signal, media_type, headers, receive)

    async def _take(
        self, signal: Signal, media_type: MediaType, headers: dict[bytes, str], receive: Receive
    ) -> Answer:
        body_limit = self._receiver.limits.body_bytes
        unpacking = unpacker(headers.get(b"content-encoding", ""), body_limit)
        length = headers.get(b"content-length", "")
        announced = int(length) if length.isascii() and length.isdecimal() else 0
        if announced > body_limit:
            raise too_large(announced, body_limit)
        self._receiver.check_quota()
        buffer = _BodyBuffer(self._receiver, unpacking)
        try:
            body = await self._read(buffer, receive)
            taken = await self._handle(signal, body, media_type)
            del body
            if taken.stored is not None:
                await asyncio.wrap_future(taken.stored)
        finally:
            buffer.release()
        return Answer(200, success(taken.batch, media_type), media_type)

    async def _handle(self, signal: Signal, body: bytes, media_type: MediaType) -> Taken:
        if len(body) <= _INLINE_BYTES[media_type]:
            with suppress(NeedsRepair):
                return self._receiver.take(signal, body, media_type, may_repair=False)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._receiver.take, signal, body, media_type)

    async def _read(self, buffer: "_BodyBuffer", receive: Receive) -> bytes:
        loop = asyncio.get_running_loop()
        pause = self._receiver.limits.body_seconds
        deadline = loop.time() + pause * _BODY_PAUSES
        try:
            async with asyncio.timeout(pause) as timeout:
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Gone
                    buffer.feed(message.get("body", b""))
                    if not message.get("more_body", False):
                        return buffer.finish()
                    timeout.reschedule(min(loop.time() + pause, deadline))
        except TimeoutError as error:
            raise TooSlow(
                f"the body did not arrive in time: a pause was longer than {pause:g} s, or it took more than "
                f"{pause * _BODY_PAUSES:g} s in total",
                rule=f"no pause over {pause:g} s inside a body",
                retry_after_seconds=self._receiver.limits.retry_seconds,
            ) from error

    async def _send(self, answer: Answer, origin: str | None, send: Send) -> None:
        headers = [
            (b"content-type", answer.media_type.value.encode()),
            (b"content-length", str(len(answer.body)).encode()),
            *_BROWSER_HEADERS,
            *answer.headers,
        ]
        if origin is not None and origin in self._origins:
            headers += [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


class _BodyBuffer:
    """A body while it arrives, counted against the memory budget of all bodies."""

    def __init__(self, receiver: Receiver, unpacking: Unpacker) -> None:
        self._inflight = receiver.inflight
        self._unpacking = unpacking
        self._reserved_bytes = 0

    def feed(self, piece: bytes) -> None:
        self._unpacking.feed(piece)
        grown = self._unpacking.size_bytes - self._reserved_bytes
        self._inflight.reserve(grown)
        self._reserved_bytes += grown

    def finish(self) -> bytes:
        return self._unpacking.finish()

    def release(self) -> None:
        self._inflight.release(self._reserved_bytes)
        self._reserved_bytes = 0


_BROWSER_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
)
"""Headers with which a browser neither caches the answer nor executes anything in it."""

_PREFLIGHT = (
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"authorization, content-encoding, content-type"),
    (b"access-control-max-age", _CORS_SECONDS),
)


def refusal(error: HoldfastError, media_type: MediaType) -> Answer:
    """Return the reply for `error` in the request's media type, with the delay before a retry."""
    retry = error.retry_after_seconds
    code = CODES.get(error.status, Code.INTERNAL)
    headers = list(_REFUSAL_HEADERS.get(error.status, ()))
    if isinstance(error, TooSlow):
        # The rest of the body may still arrive; it must not be read as the next request.
        headers.append((b"connection", b"close"))
    if retry is not None:
        headers.append((b"retry-after", str(retry).encode()))
    body = status(code, error.detail, media_type=media_type, retry_seconds=retry)
    return Answer(error.status, body, media_type, tuple(headers))


_REFUSAL_HEADERS = {
    401: ((b"www-authenticate", b'Bearer realm="holdfast"'),),
    405: ((b"allow", b"POST"),),
}


def _media_type(headers: dict[bytes, str]) -> MediaType | None:
    return _MEDIA_TYPES.get(headers.get(b"content-type", "").partition(";")[0].strip().lower())


def _not_found(path: str) -> NotFound:
    served = ", ".join(PATHS)
    return NotFound(
        f"nothing is served at {path[:200]!r}; send OTLP to {served}",
        value=path[:200],
        rule=f"one of {served}",
    )


def _only_post(method: str) -> MethodRefused:
    return MethodRefused(f"{method} is not served here; send OTLP by POST", value=method, rule="POST")


def _foreign(origin: str) -> Forbidden:
    return Forbidden(
        f"pages of {origin[:200]!r} may not send telemetry here; allow that origin if they should",
        value=origin[:200],
        rule="the Origin header names an allowed page",
    )


def _not_a_media_type(content_type: str) -> MediaTypeRefused:
    read = " or ".join(_MEDIA_TYPES)
    return MediaTypeRefused(
        f"content type {content_type[:80]!r} is not supported; send {read}",
        value=content_type[:80],
        rule=f"content-type is {read}",
    )


async def _live(receive: Receive, send: Send) -> None:
    # The service's owner starts and stops it; the ASGI server only needs its events confirmed.
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
