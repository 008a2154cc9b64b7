"""The OTLP/gRPC receiver, for the port every SDK sends to by default (4317).

The three Export services are registered as generic handlers on raw bytes, so gRPC's own Python layer makes
no message objects. What is refused carries its code, and `google.rpc.Status` with `RetryInfo` in the
trailing metadata where the sender should try again.

Calls are served on an event loop: a call whose message does not come costs a coroutine, where it would keep
one of a few threads from everybody else. Its connections are bounded like those of the HTTP ports, by gRPC
itself, before it reads a byte: each takes a file, and the warehouse and the state need files too.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, TypeVar

import grpc
import uvloop
from grpc import aio

from holdfast.runtime.errors import HoldfastError, Unavailable
from holdfast.telemetry.compression import too_large
from holdfast.telemetry.errors import BadBody, NeedsRepair, TooSlow
from holdfast.telemetry.limits import MIB, ConnectionLimits, IntakeLimits
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp_reply import CODES, Code, Form, status, success
from holdfast.telemetry.receive import Receiver, Taken

log = logging.getLogger(__name__)
T = TypeVar("T")

SERVICES = {
    Signal.TRACES: "opentelemetry.proto.collector.trace.v1.TraceService",
    Signal.METRICS: "opentelemetry.proto.collector.metrics.v1.MetricsService",
    Signal.LOGS: "opentelemetry.proto.collector.logs.v1.LogsService",
}
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_STORED_SECONDS = 60.0
"""Longest wait for the disk; the sender's own deadline is usually ten seconds."""
_INLINE_BYTES = MIB
"""Bodies up to this size are handled on the event loop, which takes about as long as handing them over."""
_QUICK_SECONDS = 2.0
"""A message that takes longer to come is slow."""
_SLOW_CALLS = 16
"""Most slow messages waited for at once: gRPC keeps what has come of each, up to the largest body."""
_LOOP_SECONDS = 10.0

_OPTIONS = (
    # Two servers on one port would each get half of the telemetry and never know.
    ("grpc.so_reuseport", 0),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.max_concurrent_streams", 100),
    # Senders that sit idle behind firewalls may ping now and then without being cut off.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    # A sender whose machine is gone never closes: it is asked, and cut off when it does not answer.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
)
_DEFAULT_LIMITS = ConnectionLimits()

Export = Callable[[AsyncIterator[bytes], aio.ServicerContext], Awaitable[bytes]]


class OtlpGrpc:
    """A gRPC server on one address, on an event loop of its own; lives from `start` to `stop`.

    Big bodies are parsed on `worker`, one at a time, so that they neither hold up small ones nor add up in
    memory. Messages that stall hold up nobody, and few of them are waited for.
    """

    def __init__(
        self, receiver: Receiver, bind: str, worker: Executor, connections: ConnectionLimits = _DEFAULT_LIMITS
    ) -> None:
        self._receiver = receiver
        self._bind = bind
        self._worker = worker
        self._connections = connections
        self._server: aio.Server | None = None
        self._slow = asyncio.Semaphore(_SLOW_CALLS)

    def start(self) -> int:
        """Bind and serve; return the port. Raises `Unavailable` if the address cannot be had."""
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="otlp-grpc", daemon=True)
        self._thread.start()
        try:
            return self._run(self._serve(), _LOOP_SECONDS)
        except RuntimeError as error:
            self._end()
            raise Unavailable(
                f"OTLP/gRPC cannot listen on {self._bind}: the address is in use or not this machine's; stop "
                "what listens there, or choose another address",
                value=self._bind,
            ) from error

    def stop(self, grace_seconds: float) -> None:
        """Take no new calls, and let those under way finish for at most `grace_seconds`."""
        if self._server is not None:
            self._run(self._server.stop(grace_seconds), grace_seconds + _LOOP_SECONDS)
            self._server = None
            self._end()

    def _run(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LOOP_SECONDS)
        self._loop.close()

    async def _serve(self) -> int:
        server = aio.server(options=_options(self._receiver.limits.body_bytes, self._connections))
        for signal, service in SERVICES.items():
            method = grpc.stream_unary_rpc_method_handler(self._export(signal))
            handler = grpc.method_handlers_generic_handler(service, {"Export": method})
            server.add_generic_rpc_handlers((handler,))
        port: int = server.add_insecure_port(self._bind)
        await server.start()
        self._server = server
        return port

    def _export(self, signal: Signal) -> Export:
        async def export(_messages: AsyncIterator[bytes], context: aio.ServicerContext) -> bytes:
            try:
                return await self._take(signal, context)
            except HoldfastError as error:
                self._receiver.count_refusal(error)
                refused = error
            except Exception:  # the request edge: logged with its traceback, answered without it
                log.exception("an OTLP export of %s failed", signal)
                refused = HoldfastError("this call met an error in Holdfast; its log has the details")
            return await _abort(context, refused)

        return export

    async def _take(self, signal: Signal, context: aio.ServicerContext) -> bytes:
        self._receiver.admit(_authorization(context))
        self._receiver.check_room()
        body = await self._read(context)
        if len(body) > self._receiver.limits.body_bytes:
            raise too_large(len(body), self._receiver.limits.body_bytes)
        self._receiver.inflight.hold(len(body))
        try:
            taken = await self._handle(signal, body)
            if taken.stored is not None:
                # Shielded: a sender that hangs up must not cancel what others may be waiting for.
                stored = asyncio.shield(asyncio.wrap_future(taken.stored))
                await asyncio.wait_for(stored, _STORED_SECONDS)
        finally:
            self._receiver.inflight.release(len(body))
        return success(taken.batch)

    async def _read(self, context: aio.ServicerContext) -> bytes:
        reading = asyncio.ensure_future(context.read())
        try:
            if not await self._arrived(reading):
                raise _too_slow(self._receiver.limits)
            message = reading.result()
        finally:
            reading.cancel()
        if not isinstance(message, bytes):
            raise BadBody("this call ended without a message; an Export call carries one", rule="one message")
        return message

    async def _arrived(self, reading: "asyncio.Future[object]") -> bool:
        """Wait for a message: nearly all are here at once; a few slow ones are given as long as over HTTP."""
        seconds = self._receiver.limits.body_seconds
        await asyncio.wait((reading,), timeout=min(_QUICK_SECONDS, seconds))
        if not reading.done() and not self._slow.locked():
            async with self._slow:
                await asyncio.wait((reading,), timeout=max(0.0, seconds - _QUICK_SECONDS))
        return reading.done()

    async def _handle(self, signal: Signal, body: bytes) -> Taken:
        take = self._receiver.take
        if len(body) <= _INLINE_BYTES:
            with suppress(NeedsRepair):
                return take(signal, body, Form.PROTOBUF, may_repair=False)
        return await self._loop.run_in_executor(self._worker, take, signal, body, Form.PROTOBUF)


def _too_slow(limits: IntakeLimits) -> TooSlow:
    return TooSlow(
        f"the message of this call did not arrive within {limits.body_seconds:g} s, or within "
        f"{_QUICK_SECONDS:g} s while others were waited for; send it again",
        rule=f"a whole message within {limits.body_seconds:g} s",
        retry_after_seconds=limits.retry_seconds,
    )


def _options(body_bytes: int, connections: ConnectionLimits) -> list[tuple[str, int]]:
    head = int(connections.head_seconds * 1000)
    return [
        *_OPTIONS,
        ("grpc.max_receive_message_length", body_bytes),
        ("grpc.max_allowed_incoming_connections", connections.connections),
        ("grpc.server_handshake_timeout_ms", head),
        ("grpc.http2.settings_timeout", head),
        ("grpc.max_connection_idle_ms", connections.idle_seconds * 1000),
    ]


def _authorization(context: aio.ServicerContext) -> str | None:
    for name, value in context.invocation_metadata() or ():
        if name == "authorization" and isinstance(value, str):
            return value
    return None


async def _abort(context: aio.ServicerContext, error: HoldfastError) -> bytes:
    code = CODES.get(error.status, Code.INTERNAL)
    details = status(code, error.detail, retry_seconds=error.retry_after_seconds)
    await context.abort(_CODES[int(code)], error.detail[:1024], (("grpc-status-details-bin", details),))
    return b""  # not reached: abort ends the call by an exception of gRPC's own
