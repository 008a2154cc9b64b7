"""A server killed at any moment under load loses nothing it acknowledged and counts nothing twice."""

import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.acceptance.server_process import ServerProcess, copy, pause
from tests.rounds import Rounds

from holdfast.runtime.clock import SystemClock
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

SPANS = 50
SENDERS = 4
GENTLY_SECONDS = 0.02
"""Between two requests of a sender where storing what came is not the point; proofs send all they can."""


class Senders:
    """Several threads that send bodies and, as an SDK does, send each again until it is acknowledged."""

    def __init__(self, port: int, *, between_seconds: float = 0.0) -> None:
        self.acknowledged = 0
        self._between_seconds = between_seconds
        self.errors: list[str] = []
        self._is_over = False
        self._url = f"http://127.0.0.1:{port}/v1/traces"
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def finish(self) -> None:
        """Send what is still open, then nothing more."""
        self._stop.set()
        for thread in self.threads:
            thread.join(120)
            assert not thread.is_alive()

    def give_up(self) -> None:
        """Send nothing more, not even what is still open."""
        self._is_over = True
        self.finish()

    def _run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self._stop.is_set():
                if self._deliver(client, _body()):
                    with self._lock:
                        self.acknowledged += 1
                if self._between_seconds:
                    pause(self._between_seconds)

    def _deliver(self, client: httpx.Client, body: bytes) -> bool:
        headers = {"content-type": "application/x-protobuf"}
        while not self._is_over:
            try:
                reply = client.post(self._url, content=body, headers=headers)
            except httpx.TransportError:
                pause(0.05)
                continue
            if reply.status_code == 200:
                return True
            if reply.status_code != 503:
                self.errors.append(f"{reply.status_code} {reply.text[:200]}")
            pause(0.05)
        return False


def _body() -> bytes:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "checkout"
    spans = resource_spans.scope_spans.add().spans
    now = int(SystemClock().now().timestamp() * 1e9)
    for _ in range(SPANS):
        span = spans.add(trace_id=os.urandom(16), span_id=os.urandom(8), name="POST /orders", kind=2)
        span.start_time_unix_nano, span.end_time_unix_nano = now, now + 1_000_000
        span.status.code = 2 if random.random() < 0.1 else 0
    return request.SerializeToString()


@pytest.fixture
def server(tmp_path: Path, started_once: Path) -> Iterator[ServerProcess]:
    """A server with one objective, not running, killed at the end whatever happens."""
    process = ServerProcess(tmp_path, catalog=started_once / "catalog")
    copy(started_once / "data", process.data)
    yield process
    process.kill()


def test_three_kills_under_load_lose_nothing_and_double_nothing(server: ServerProcess) -> None:
    """Every acknowledged span is stored and counted once after three kills at random moments."""
    _survive(server, kills=3, seed=1, between_seconds=GENTLY_SECONDS)


@pytest.mark.prove
def test_a_hundred_kills_under_load_lose_nothing_and_double_nothing(
    server: ServerProcess, rounds: Rounds
) -> None:
    """Every acknowledged span is stored and counted once after a hundred kills of one server's data."""
    sent = 0

    def ten_kills(seed: int) -> None:
        nonlocal sent
        sent = _survive(server, kills=10, seed=seed, sent_before=sent)

    rounds("kills", 10, ten_kills)


def _survive(
    server: ServerProcess, *, kills: int, seed: int, sent_before: int = 0, between_seconds: float = 0.0
) -> int:
    """Kill the server so often under load and check what it holds; return how many spans it has to."""
    chosen = random.Random(seed)
    server.start()
    senders = Senders(server.http_port, between_seconds=between_seconds)
    for _ in range(kills):
        pause(chosen.uniform(0.1, 2.5))
        server.kill()
        server.launch()
        # Every third time the next kill may fall into the start itself.
        if chosen.random() > 0.33:
            server.wait_until_ready()
    server.wait_until_ready()
    senders.finish()
    server.wait_until_stored()
    assert server.stop() == 0
    assert senders.errors == []
    sent = sent_before + senders.acknowledged * SPANS
    _check(server, sent)
    return sent


def _check(server: ServerProcess, sent: int) -> None:
    warehouse = ChdbWarehouse(server.data / "warehouse")
    warehouse.open()
    try:
        stored, distinct, bad = warehouse.query(
            "SELECT count(), uniqExact(SpanId), countIf(StatusCode = 'Error') FROM otel_traces"
        )[0]
        assert (stored, distinct) == (sent, sent)
        for width in ("10s", "1m", "1h"):
            counted = warehouse.query(f"SELECT sum(total), sum(total - good) FROM holdfast_slo_{width}")[0]
            assert counted == (sent, bad)
        assert warehouse.query("SELECT sum(Requests), sum(Errors) FROM holdfast_red")[0] == (sent, bad)
        assert warehouse.query("SELECT sum(spans) FROM holdfast_presence_1m")[0] == (sent,)
    finally:
        warehouse.close()
