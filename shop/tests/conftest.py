"""What the shop's tests share: free ports, a shop in memory, a PostgreSQL of their own."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from shop.tests.objectives import Event, burn_of
from shop.tests.spans import Spans
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.rounds import Rounds, asked_for, on_terminal

import bazaar
from bazaar import parts, ports, postgres, readiness, schema
from bazaar.database import conninfo
from bazaar.layout import HOST, Layout
from bazaar.postgres import Cluster
from bazaar.serving import server

_SPAN_OF_A_SHOP = 50

# Read once by the instrumentation, when the first service of this process is made.
os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http,database"


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as tried:
        return tried.connect_ex((HOST, port)) != 0


def _free_layout() -> Layout:
    """Ports for a whole shop that nobody uses now, different for each worker and run.

    Below 32768, where the system takes the ports of outgoing connections from.
    """
    start = 20_000 + (os.getpid() * 61) % 7_000
    for base in range(start, start + 5_000, _SPAN_OF_A_SHOP):
        if all(_is_free(port) for port in range(base, base + _SPAN_OF_A_SHOP)):
            return Layout(base_port=base, control_port=base + _SPAN_OF_A_SHOP - 1)
    raise LookupError("no fifty free ports in a row")


@pytest.fixture
def layout() -> Layout:
    """Where a shop may listen now."""
    return _free_layout()


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """Carries out the rounds of a long proof, and says on the terminal how far it is."""
    return asked_for(on_terminal(request.config))


@pytest.fixture(scope="session")
def python_environment() -> dict[str, str]:
    """An environment in which another interpreter finds the shop."""
    return {**os.environ, "PYTHONPATH": str(Path(bazaar.__file__).parents[1])}


@pytest.fixture
def data() -> Iterator[Path]:
    """A directory for a shop's data. Not pytest's own, whose parents every new pytest closes to others."""
    with tempfile.TemporaryDirectory(prefix="bazaar-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """A running PostgreSQL with the shop's tables; the value is how to reach it."""
    with tempfile.TemporaryDirectory(prefix="bazaar-") as name:
        yield from _run_database(_free_layout(), Path(name))


def _run_database(layout: Layout, directory: Path) -> Iterator[str]:
    cluster = Cluster(directory / "postgres")
    cluster.make()
    part = parts.fork("postgres", directory / "log", cluster.server(layout.database_port))
    reach = conninfo(layout)
    try:
        readiness.wait_for(part, lambda: readiness.database_answers(reach))
        schema.prepare(reach)
        yield reach
    finally:
        parts.stop([part], how=postgres.STOP_SIGNAL)


@dataclass(frozen=True, slots=True)
class SeenSpan:
    """A span as it arrived: what the tests ask about."""

    service: str
    zone: str
    name: str
    kind: str
    failed: bool
    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    started_seconds: float
    nanoseconds: int
    attributes: dict[str, str]


class Sink:
    """An OTLP/HTTP endpoint that keeps what arrives, and lets a test wait for what it expects."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self.spans: dict[bytes, SeenSpan] = {}
        self.log_trace_ids: set[bytes] = set()
        self.metrics: set[str] = set()

    def wait_for(self, expected: Callable[[], object], *, patience_seconds: float = 30.0) -> None:
        """Return once `expected` is true of what has arrived; fail if it does not become so."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: bool(expected()), patience_seconds)

    def burn_of(self, objective: str, since_seconds: float) -> float:
        """How fast an objective's budget was spent by what began since then."""
        lately = [span for span in self.spans.values() if span.started_seconds >= since_seconds]
        events = [
            Event(span.service, span.name, span.kind, span.failed, span.nanoseconds, span.attributes)
            for span in lately
        ]
        return burn_of(objective, events)

    def served(self, service: str, operation: str) -> list[SeenSpan]:
        """The server spans of one operation."""
        wanted = (service, operation, "SERVER")
        return [span for span in self.spans.values() if (span.service, span.name, span.kind) == wanted]

    def ancestry(self, span: SeenSpan) -> list[SeenSpan]:
        """The span, its parent, and so on up, as far as they have arrived."""
        chain = [span]
        while chain[-1].parent_id in self.spans:
            chain.append(self.spans[chain[-1].parent_id])
        return chain

    def application(self) -> Starlette:
        """The endpoint."""
        return Starlette(routes=[Route("/v1/{signal}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        with self._arrived:
            getattr(self, f"_{request.path_params['signal']}")(body)
            self._arrived.notify_all()
        return Response(media_type="application/x-protobuf")

    def _traces(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            origin = _texts(resource.resource.attributes)
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                self.spans[span.span_id] = _seen(span, origin)

    def _logs(self, body: bytes) -> None:
        for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
            for record in (record for scope in resource.scope_logs for record in scope.log_records):
                self.log_trace_ids.add(record.trace_id)

    def _metrics(self, body: bytes) -> None:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            self.metrics |= {metric.name for scope in resource.scope_metrics for metric in scope.metrics}


def _texts(attributes: Iterable[KeyValue]) -> dict[str, str]:
    return {one.key: str(getattr(one.value, one.value.WhichOneof("value") or "")) for one in attributes}


def _seen(span: Span, origin: dict[str, str]) -> SeenSpan:
    return SeenSpan(
        service=origin["service.name"],
        zone=origin["cloud.availability_zone"],
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_span_id,
        started_seconds=span.start_time_unix_nano / 1e9,
        nanoseconds=span.end_time_unix_nano - span.start_time_unix_nano,
        attributes=_texts(span.attributes),
    )


@pytest.fixture
def sink() -> Sink:
    """What a shop sends."""
    return Sink()


@pytest.fixture
def telemetry_url(sink: Sink, layout: Layout) -> Iterator[str]:
    """The sink's address, while it listens."""
    with ports.listen(layout.base_port + _SPAN_OF_A_SHOP - 2, "the sink") as door:
        serving = server(sink.application())
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [door]})
        thread.start()
        yield f"http://{HOST}:{door.getsockname()[1]}"
        serving.stop()
        thread.join()


@pytest.fixture(scope="session")
def _exporter() -> InMemorySpanExporter:
    """Keeps the spans of this process; a process has one tracer provider for good."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(_exporter: InMemorySpanExporter) -> Spans:
    """The spans this test makes."""
    _exporter.clear()
    return Spans(_exporter)
