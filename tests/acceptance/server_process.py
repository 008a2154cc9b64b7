"""A real server in a process of its own that a test may kill and start again over the same data."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import httpx
from tests.ports import free_port

from holdfast.runtime.clock import SystemClock

_CLOCK = SystemClock()
START_SECONDS = 90.0
STORED_SECONDS = 180.0
"""A server that is killed every other second takes more than it stores, and is behind in the end."""

CATALOG = """apiVersion: openslo/v1
kind: Service
metadata: {name: checkout}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: orders}
spec:
  service: checkout
  indicator:
    metadata: {name: orders}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: traces, spec: {service: checkout, kind: server, status: ok}}}
        total: {metricSource: {type: traces, spec: {service: checkout, kind: server}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: good, target: 0.999}]
"""
"""One service with one objective."""


class ServerProcess:
    """`holdfast serve` over one data directory; ports stay the same over restarts, as senders expect."""

    def __init__(self, directory: Path, *, catalog: Path | None = None, options: Sequence[str] = ()) -> None:
        self.data = directory / "data"
        self.log = directory / "server.log"
        self.page_port, self.grpc_port, self.http_port = free_port(), free_port(), free_port()
        self._catalog = catalog
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def api(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self.page_port}/api/v1"

    def launch(self) -> None:
        """Start the process without waiting for it."""
        command = [sys.executable, "-m", "holdfast", "serve", "--data", str(self.data)]
        command += ["--port", str(self.page_port), "--otlp-grpc-port", str(self.grpc_port)]
        command += ["--otlp-http-port", str(self.http_port)]
        command += ["--catalog", str(self._catalog)] if self._catalog else []
        command += self._options
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HOLDFAST_")}
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)

    def wait_until_ready(self) -> None:
        """Wait until the server says that it is ready; fail with its log if it ends or takes too long."""
        until = _CLOCK.monotonic_seconds() + START_SECONDS
        while not self._is_ready():
            is_running = self._process is not None and self._process.poll() is None
            assert is_running, self.log.read_text()[-3000:]
            assert _CLOCK.monotonic_seconds() < until, self.log.read_text()[-3000:]
            pause(0.05)

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        self.launch()
        self.wait_until_ready()

    def wait_until_stored(self) -> None:
        """Wait until the warehouse has all that was acknowledged: no segment is left in the spool."""
        until = _CLOCK.monotonic_seconds() + STORED_SECONDS
        while left := sorted(path.name for path in (self.data / "spool").glob("*.[os][pe]*")):
            assert _CLOCK.monotonic_seconds() < until, left[:5]
            pause(0.1)

    def kill(self) -> None:
        """End the process as a power cut would: no handler runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(30)

    def stop(self) -> int:
        """Ask the process to end and return its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(60)

    def _is_ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.page_port}/readyz", timeout=5).status_code == 200
        return False


def copy(data: Path, to: Path) -> None:
    """Copy the data directory of a server that does not run."""
    shutil.copytree(data, to, symlinks=True)


def pause(seconds: float) -> None:
    """Let another process get on: real processes cannot be fast-forwarded."""
    _CLOCK.wait(threading.Event(), seconds)
