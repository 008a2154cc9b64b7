"""A real `holdfast serve` in a process of its own, on free ports, for measurements from outside."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

READY_WITHIN_SECONDS = 180
"""Long, as a busy machine takes its time; `start` measures how long it took."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a started server listens, its process, and how long it took until it was ready."""

    page_port: int
    http_port: int
    grpc_port: int
    process: psutil.Process
    ready_seconds: float

    @property
    def api(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self.page_port}/api/v1"

    def resident_mib(self) -> float:
        """Return the resident memory of the server in MiB."""
        return float(self.process.memory_info().rss / 2**20)


@contextmanager
def running(data: Path, *, catalog: Path | None = None, checkout: Path | None = None) -> Iterator[Server]:
    """Start a server over `data`, of this checkout or another, and stop it at the end of the block."""
    ports = free_ports(3)
    command = [sys.executable, "-m", "holdfast", "serve", "--data", str(data)]
    for option, port in zip(("--port", "--otlp-grpc-port", "--otlp-http-port"), ports, strict=True):
        command += [option, str(port)]
    command += ["--catalog", str(catalog)] if catalog else []
    log = data.parent / "server.log"
    started = time.perf_counter()
    environment = os.environ | ({"PYTHONPATH": str(checkout / "src")} if checkout else {})
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        ready_seconds = _wait_until_ready(ports[0], started, process, log)
        yield Server(ports[0], ports[2], ports[1], psutil.Process(process.pid), ready_seconds)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_ready(port: int, started: float, process: "subprocess.Popen[bytes]", log: Path) -> float:
    while time.perf_counter() - started < READY_WITHIN_SECONDS:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with status {process.returncode}:\n{log.read_text()[-2000:]}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200:
                return time.perf_counter() - started
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"the server was not ready after {READY_WITHIN_SECONDS} s:\n{log.read_text()[-2000:]}")


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(opened.getsockname()[1]) for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
