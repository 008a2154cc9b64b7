"""Accepts connections for uvicorn on a port with TLS, so that a failed greeting has a name and a reason.

An event loop's own TLS server drops who does not speak TLS silently, and takes one certificate for life. Here
a connection is accepted first and its first bytes are looked at without taking them. TLS goes on with the
certificate of that moment, so that a renewed one counts from the next connection on; anything else is
answered in plain HTTP, and logged with its peer.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import uvicorn

from holdfast.app import wrong_protocol
from holdfast.app.connections import BAD_REQUEST, PortWatch, answer, bad_request
from holdfast.app.wrong_protocol import GREETING_BYTES, Greeting, greeting
from holdfast.telemetry.intake.limits import ConnectionLimits

log = logging.getLogger(__name__)

Context = Callable[[], ssl.SSLContext]
_PAUSE_SECONDS = 0.5
"""Wait after a connection could not be accepted, most likely because no file is left for it."""
_READ_BYTES = 65_536


class TlsServer(uvicorn.Server):
    """A uvicorn server whose connections are accepted here; `context` gives the TLS of each new one."""

    def __init__(
        self, config: uvicorn.Config, context: Context, limits: ConnectionLimits, watch: PortWatch
    ) -> None:
        super().__init__(config)
        self._context = context
        self._limits = limits
        self._watch = watch
        self._tasks: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: Sequence[socket.socket] | None = None) -> None:
        """Begin to accept on the sockets."""
        await super().startup(sockets=[])
        for one in sockets or ():
            one.settimeout(0)
            self._begin(self._accept(one))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, give up unfinished greetings, then end as every server does."""
        for task in self._tasks:
            task.cancel()
        await super().shutdown(sockets=sockets)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError as error:
                log.warning("a connection to port %d is not accepted: %s", self._watch.port.number, error)
                await asyncio.wait((loop.create_future(),), timeout=_PAUSE_SECONDS)
                continue
            if self._is_full():
                log.warning("%d connections are open, one more is refused", self._limits.connections)
                connection.close()
            else:
                self._begin(self._greet(connection, str(address[0])))

    def _is_full(self) -> bool:
        # One task accepts; the others are connections that are still greeting.
        return len(self._tasks) - 1 + len(self.server_state.connections) >= self._limits.connections

    async def _greet(self, connection: socket.socket, peer: str) -> None:
        try:
            first = await asyncio.wait_for(_first_bytes(connection), self._limits.head_seconds)
            if greeting(first) is Greeting.TLS:
                await self._shake_hands(connection, peer)
            elif first:
                self._turn_away(connection, peer)
            else:
                connection.close()
        except (OSError, TimeoutError) as error:
            # A port scanner, a health check of a balancer, a sender that was stopped: nothing to set.
            log.debug("%s did not finish its greeting: %s", peer, error)
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise

    async def _shake_hands(self, connection: socket.socket, peer: str) -> None:
        loop, port = asyncio.get_running_loop(), self._watch.port
        try:
            await loop.connect_accepted_socket(
                self._protocol,
                connection,
                ssl=self._context(),
                ssl_handshake_timeout=self._limits.head_seconds,
            )
        except ssl.SSLError as error:
            if error.reason:
                self._watch.notices.note(peer, wrong_protocol.failed_handshake(port, error.reason))

    def _protocol(self) -> asyncio.Protocol:
        make: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def _turn_away(self, connection: socket.socket, peer: str) -> None:
        sentence = wrong_protocol.plain_on_tls(self._watch.port)
        self._watch.notices.note(peer, sentence)
        with connection, suppress(OSError):
            # Read first: a connection that is closed over unread bytes takes the answer with it.
            connection.recv(_READ_BYTES)
            connection.send(answer(BAD_REQUEST, bad_request(f"this client {sentence}")))
            connection.shutdown(socket.SHUT_WR)


async def _first_bytes(connection: socket.socket) -> bytes:
    """Wait for the first bytes of a connection and return them, without taking them."""
    loop, come = asyncio.get_running_loop(), asyncio.Event()
    connection.settimeout(0)
    loop.add_reader(connection, come.set)
    try:
        await come.wait()
    finally:
        loop.remove_reader(connection)
    return connection.recv(GREETING_BYTES, socket.MSG_PEEK)
