"""Serves an ASGI application on an open socket in a thread of its own, so that none waits for another."""

import socket
import threading

import uvicorn
from starlette.types import ASGIApp

from holdfast.app import open_files
from holdfast.app.connections import PortWatch, patient_http
from holdfast.app.ports import BACKLOG, address
from holdfast.app.tls_server import Context, TlsServer
from holdfast.app.wrong_protocol import Port
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Unavailable
from holdfast.runtime.peer_notices import PeerNotices
from holdfast.telemetry.intake.limits import ConnectionLimits

DRAIN_SECONDS = 5
START_SECONDS = 10.0
_POLL_SECONDS = 0.01
_DEFAULT_LIMITS = ConnectionLimits()


class HttpListener:
    """One HTTP server on one socket; started once, stopped once.

    `tls` gives the TLS context of each new connection; without it the port speaks plain HTTP. `notices` is
    where peers are named that speak something else.
    """

    def __init__(
        self,
        name: str,
        app: ASGIApp,
        opened: socket.socket,
        clock: Clock,
        limits: ConnectionLimits = _DEFAULT_LIMITS,
        *,
        tls: Context | None = None,
        notices: PeerNotices | None = None,
    ) -> None:
        self.name = name
        self.address = address(opened)
        self._clock = clock
        self._socket = opened
        limits = limits.within(open_files.limit())
        port = Port(name, opened.getsockname()[1], is_tls=tls is not None)
        watch = PortWatch(port, notices or PeerNotices(clock))
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            loop="uvloop",
            http=patient_http(limits, watch),
            ws="none",
            timeout_keep_alive=limits.idle_seconds,
            backlog=BACKLOG,
        )
        self._server = TlsServer(config, tls, limits, watch) if tls else uvicorn.Server(config)
        self._thread = threading.Thread(name=name, target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to serve; return once requests are answered."""
        self._thread.start()
        deadline = self._clock.monotonic_seconds() + START_SECONDS
        never = threading.Event()
        while not self._server.started:
            if not self._thread.is_alive() or self._clock.monotonic_seconds() > deadline:
                raise Unavailable(f"the {self.name} server on {self.address} did not start; see the log")
            self._clock.wait(never, _POLL_SECONDS)

    @property
    def is_up(self) -> bool:
        """Whether the server still answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Accept no new connections, finish the current requests, end."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(DRAIN_SECONDS + 2)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])
