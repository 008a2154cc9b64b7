"""Receive-only throughput of the intake: OTLP/HTTP bodies validated, synced to the spool, acknowledged.

The warehouse is left out (segments are deleted as soon as they are sealed) and the sender is another
process, so the figure is what one Python process can take in. Run it as

    python benchmarks/intake_receive.py [--seconds 10] [--connections 8] [--profile]
"""

import argparse
import asyncio
import cProfile
import multiprocessing
import os
import pstats
import random
import resource
import socket
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from holdfast.runtime.clock import SystemClock
from holdfast.telemetry.intake.service import IntakeService
from holdfast.telemetry.model import Signal

SPANS = 1000
ATTRIBUTES = 10
_MARK = b"\xabTRACE-ID-MARK\xcd\xef"
_NAMES = (
    "http.request.method", "http.response.status_code", "http.route", "url.scheme", "server.address",
    "server.port", "client.address", "user_agent.name", "shop.tenant", "shop.cart.items",
)  # fmt: skip


class NullWarehouse:
    """Takes every segment and keeps nothing."""

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Let the segment be deleted."""

    def read_segment(self, signal: Signal, path: Path) -> None:
        """Read nothing."""


def body() -> bytes:
    """Return a request of 1,000 spans with 10 attributes, whose first trace id is a mark to overwrite."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for name, value in (("service.name", "checkout"), ("service.version", "1.2.3"), ("cloud.region", "eu")):
        resource_spans.resource.attributes.add(key=name).value.string_value = value
    spans = resource_spans.scope_spans.add().spans
    now = time.time_ns()
    for number in range(SPANS):
        span = spans.add(trace_id=_MARK if number == 0 else os.urandom(16), span_id=os.urandom(8))
        span.parent_span_id, span.name, span.kind = os.urandom(8), "POST /checkout", Span.SPAN_KIND_SERVER
        span.start_time_unix_nano, span.end_time_unix_nano = now, now + random.randrange(10**9)
        for name in _NAMES[:ATTRIBUTES]:
            span.attributes.add(key=name).value.string_value = f"value-{random.randrange(100)}"
    return request.SerializeToString()


def send(port: int, seconds: float, connections: int, results: "multiprocessing.Queue[int]") -> None:
    """Send distinct bodies over several connections until the time is up; put the count of replies 200."""
    template = body()
    counts = [0] * connections
    until = time.monotonic() + seconds

    def run(number: int) -> None:
        message = bytearray(template)
        at = message.index(_MARK)
        head = (
            "POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-protobuf\r\n"
            f"content-length: {len(message)}\r\n\r\n"
        ).encode()
        with socket.create_connection(("127.0.0.1", port)) as connection:
            while time.monotonic() < until:
                message[at : at + 16] = os.urandom(16)
                connection.sendall(head + message)
                reply = connection.recv(65536)
                if not reply.startswith(b"HTTP/1.1 200"):
                    raise SystemExit(f"refused: {reply[:300]!r}")
                counts[number] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(sum(counts))


async def measure(directory: Path, arguments: argparse.Namespace) -> None:
    """Serve, let the sender run, and print the figures."""
    service = IntakeService(directory, NullWarehouse(), SystemClock())
    service.start()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        service.http_app, http="httptools", lifespan="off", access_log=False, log_level="warning"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    results: multiprocessing.Queue[int] = multiprocessing.get_context("spawn").Queue()
    sender = multiprocessing.get_context("spawn").Process(
        target=send, args=(port, arguments.seconds, arguments.connections, results)
    )
    sender.start()
    profile = cProfile.Profile() if arguments.profile else None
    if profile:
        profile.enable()
    started = time.monotonic()
    before = time.process_time()
    requests = await asyncio.get_running_loop().run_in_executor(None, results.get)
    elapsed = min(time.monotonic() - started, arguments.seconds)
    used = time.process_time() - before
    if profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    server.should_exit = True
    await serving
    service.stop(10)
    size = len(body())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"requests: {requests} of {size / 1000:.0f} kB with {SPANS} spans of {ATTRIBUTES} attributes")
    print(f"received: {requests * SPANS / elapsed:,.0f} spans/s, {requests * size / elapsed / 1e6:.1f} MB/s")
    print(
        f"receiver: {used / elapsed:.2f} cores busy, {used / max(requests, 1) * 1e3:.2f} ms of CPU a request"
    )
    print(f"per core: {requests * SPANS / max(used, 1e-9):,.0f} spans/s; peak memory {peak:.0f} MiB")


def main() -> None:
    """Run the measurement in a temporary directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    import uvloop

    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as directory:
        uvloop.run(measure(Path(directory) / "spool", arguments))


if __name__ == "__main__":
    main()
