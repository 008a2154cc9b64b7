"""uvicorn as the shop runs it: on a socket that is open already, stopped by a call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

# Longer than the mesh keeps an idle connection, so the mesh always closes first.
_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 3


class Server(uvicorn.Server):
    """A server that leaves signals to its process and stops when `stop` is called."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: the process has more to stop than this server."""
        yield

    def stop(self) -> None:
        """Finish the current requests, then return from serve()."""
        self.should_exit = True


def server(app: ASGIApp) -> Server:
    """A server for one app, ready to serve."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return Server(config)
