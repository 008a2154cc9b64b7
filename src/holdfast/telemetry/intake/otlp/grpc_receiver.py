"""The OTLP/gRPC receiver, for the port every SDK sends to by default (4317).

The three Export services are registered as generic handlers on raw bytes, so gRPC's own Python layer makes
no message objects. A refusal carries its code, and `google.rpc.Status` with `RetryInfo` in the trailing
metadata if the sender should retry.

Calls are served on an event loop: a call whose message does not arrive costs a coroutine instead of one of a
few threads. gRPC itself bounds its connections, like those of the HTTP ports, before it reads a byte: each
takes a file, and the warehouse and the state database need files too. Connections of one host beyond its
share are closed within half a second (`peers`).
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import unquote

import grpc
import uvloop
from grpc import aio

from holdfast.runtime.certificates import Certificate
from holdfast.runtime.errors import HoldfastError, Unavailable
from holdfast.runtime.peer_notices import PeerNotices
from holdfast.telemetry.errors import BadBody, NeedsRepair, TooSlow
from holdfast.telemetry.intake.limits import MIB, ConnectionLimits, IntakeLimits
from holdfast.telemetry.intake.otlp import grpc_tls
from holdfast.telemetry.intake.otlp.compression import too_large
from holdfast.telemetry.intake.otlp.replies import CODES, Code, MediaType, status, success
from holdfast.telemetry.intake.peers import Crowd, Peers
from holdfast.telemetry.intake.receiver import Receiver, Taken
from holdfast.telemetry.model import Signal

log = logging.getLogger(__name__)
T = TypeVar("T")

SERVICES = {
    Signal.TRACES: "opentelemetry.proto.collector.trace.v1.TraceService",
    Signal.METRICS: "opentelemetry.proto.collector.metrics.v1.MetricsService",
    Signal.LOGS: "opentelemetry.proto.collector.logs.v1.LogsService",
}
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_STORED_SECONDS = 60.0
"""Longest wait for the disk; the sender's deadline is usually ten seconds."""
_INLINE_BYTES = MIB
"""Bodies up to this size are handled on the event loop: handing them to a thread would take as long."""
_QUICK_SECONDS = 2.0
"""A message that takes longer to arrive is slow."""
_SLOW_CALLS = 16
"""Most slow messages waited for at once: gRPC buffers each, up to the largest body."""
_AT_ONCE_SECONDS = 1.0
"""A call that ends so soon was hardly given up by its sender: deadlines are longer."""
_CUT_OFF = (
    "sent a gRPC call that ended before its message could be read: gRPC takes gzip or no compression here "
    "(zstd only over HTTP), so look at the sender's `compression`; or the sender itself cancelled it"
)
_LOOP_SECONDS = 10.0
_LOOK_SECONDS = 0.5
"""How often the connected hosts are checked: a full port takes a few milliseconds."""
_CROWDED_SECONDS = 60.0
"""How long the port counts as crowded after connections were closed: a check once a minute sees it."""

_OPTIONS = (
    # Two servers on one port would silently get half of the telemetry each.
    ("grpc.so_reuseport", 0),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.max_concurrent_streams", 100),
    # Idle senders behind firewalls may ping now and then without being disconnected.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    # A sender whose machine is gone never closes: it is pinged, and disconnected if it does not answer.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
)
_DEFAULT_LIMITS = ConnectionLimits()

Export = Callable[[AsyncIterator[bytes], aio.ServicerContext], Awaitable[bytes]]


class OtlpGrpc:
    """A gRPC server on one address, on an event loop of its own; lives from `start` to `stop`.

    Big bodies are parsed on `worker`, one at a time, so that they neither delay small ones nor add up in
    memory. Stalled messages delay no other call, and only a few of them are waited for. `certificate` gives
    that of new connections; without it the port speaks plain gRPC.
    """

    def __init__(
        self,
        receiver: Receiver,
        bind: str,
        worker: Executor,
        connections: ConnectionLimits = _DEFAULT_LIMITS,
        *,
        certificate: Callable[[], Certificate] | None = None,
        notices: PeerNotices | None = None,
    ) -> None:
        self._receiver = receiver
        self._bind = bind
        self._worker = worker
        self._connections = connections
        self._certificate = certificate
        self._notices = notices
        self._server: aio.Server | None = None
        self._slow = asyncio.Semaphore(_SLOW_CALLS)
        self._next_look: asyncio.TimerHandle | None = None
        self._crowd: tuple[float, Crowd] | None = None
        self.turned_away = 0

    def start(self) -> int:
        """Bind and serve; return the port. Raises `Unavailable` if the address cannot be used."""
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
        """Refuse new calls, and let running ones finish for at most `grace_seconds`."""
        if self._server is not None:
            if self._next_look is not None:
                self._loop.call_soon_threadsafe(self._next_look.cancel)
            self._run(self._server.stop(grace_seconds), grace_seconds + _LOOP_SECONDS)
            self._server = None
            self._end()

    def crowding(self) -> str | None:
        """Return a sentence if the port was crowded within the last minute."""
        if self._crowd is None or self._loop.time() - self._crowd[0] > _CROWDED_SECONDS:
            return None
        return self._crowd[1].sentence

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
        port: int = self._bind_to(server)
        await server.start()
        self._server = server
        self._look_later(Peers(port, self._connections))
        return port

    def _bind_to(self, server: aio.Server) -> int:
        if self._certificate is None:
            return int(server.add_insecure_port(self._bind))
        return int(server.add_secure_port(self._bind, grpc_tls.credentials(self._certificate)))

    def _look_later(self, peers: Peers) -> None:
        self._next_look = self._loop.call_later(_LOOK_SECONDS, self._look, peers)

    def _look(self, peers: Peers) -> None:
        self._look_later(peers)
        crowd = peers.look()
        if crowd is not None:
            self.turned_away += crowd.shut
            self._crowd = self._loop.time(), crowd

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
        self._receiver.check_quota()
        body = await self._read(context)
        if len(body) > self._receiver.limits.body_bytes:
            raise too_large(len(body), self._receiver.limits.body_bytes)
        self._receiver.inflight.reserve(len(body))
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
        reading, began = asyncio.ensure_future(context.read()), self._loop.time()
        try:
            if not await self._arrived(reading):
                raise _too_slow(self._receiver.limits)
            message = reading.result()
        except asyncio.CancelledError:
            if self._notices is not None and self._loop.time() - began < _AT_ONCE_SECONDS:
                self._notices.note(host_of(context.peer()), _CUT_OFF)
            raise
        finally:
            reading.cancel()
        if not isinstance(message, bytes):
            raise BadBody("this call ended without a message; an Export call carries one", rule="one message")
        return message

    async def _arrived(self, reading: "asyncio.Future[object]") -> bool:
        """Wait for a message: nearly all arrive at once; a few slow ones may take as long as over HTTP."""
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
                return take(signal, body, MediaType.PROTOBUF, may_repair=False)
        return await self._loop.run_in_executor(self._worker, take, signal, body, MediaType.PROTOBUF)


def host_of(peer: str) -> str:
    """Return the host of a peer as gRPC writes it: `ipv4:10.0.0.7:4711`, `ipv6:%5B::1%5D:4711`."""
    kind, _, address = peer.partition(":")
    host = unquote(address).rpartition(":")[0]
    return host.strip("[]").removeprefix("::ffff:") if kind in ("ipv4", "ipv6") else peer


def _too_slow(limits: IntakeLimits) -> TooSlow:
    return TooSlow(
        f"the message of this call did not arrive within {limits.body_seconds:g} s, or within "
        f"{_QUICK_SECONDS:g} s while other slow calls were waited for; send it again",
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
