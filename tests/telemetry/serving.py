"""Runs the intake on free ports in this process, as `holdfast serve` does."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from tests.telemetry.bodies import RememberingWarehouse

from holdfast.runtime.clock import SystemClock
from holdfast.runtime.peer_notices import PeerNotices
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.service import IntakeService

SMALL = IntakeLimits(
    body_bytes=1_000_000,
    inflight_bytes=4_000_000,
    spool_bytes=50_000_000,
    segment_seconds=0.02,
    other_seconds=0.02,
    body_seconds=0.4,
    free_floor_bytes=0,
)


@dataclass(frozen=True)
class Serving:
    """A running intake: its service, its warehouse, and where it listens."""

    service: IntakeService
    warehouse: RememberingWarehouse
    http_port: int
    grpc_address: str

    @property
    def url(self) -> str:
        """The address of its HTTP receiver."""
        return f"http://127.0.0.1:{self.http_port}"

    def drained(self) -> None:
        """Return when everything taken is in the warehouse."""
        self.service.stop(10)


@contextmanager
def serving(directory: Path, limits: IntakeLimits = SMALL, **options) -> Iterator[Serving]:
    """Serve an intake until the block ends."""
    warehouse = RememberingWarehouse()
    service = IntakeService(directory / "spool", warehouse, SystemClock(), limits, **options)
    service.start()
    grpc_port = service.grpc_server("127.0.0.1:0", notices=PeerNotices(SystemClock())).start()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        service.http_app, http="httptools", lifespan="off", log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield Serving(service, warehouse, listener.getsockname()[1], f"127.0.0.1:{grpc_port}")
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        service.stop(5)
