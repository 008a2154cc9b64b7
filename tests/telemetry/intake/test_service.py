"""The intake as a whole: real SDK exporters, status, watermark, stopping and starting again."""

import threading
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from tests.telemetry.bodies import RememberingWarehouse, now_nanoseconds, traces
from tests.telemetry.serving import SMALL, serving

from holdfast.runtime.clock import SystemClock
from holdfast.runtime.errors import Invalid, Unavailable
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.meter import Meter
from holdfast.telemetry.intake.service import IntakeService
from holdfast.telemetry.model import Signal

RESOURCE = Resource.create({"service.name": "checkout"})


def exporters(intake, way):
    """Return the SDK's three exporters, pointed at the intake one way."""
    if way == "grpc":
        options = {"endpoint": intake.grpc_address, "insecure": True}
        return GrpcSpanExporter(**options), GrpcMetricExporter(**options), GrpcLogExporter(**options)
    compression = Compression.Gzip if way == "http-gzip" else Compression.NoCompression
    return (
        OTLPSpanExporter(f"{intake.url}/v1/traces", compression=compression),
        OTLPMetricExporter(f"{intake.url}/v1/metrics", compression=compression),
        OTLPLogExporter(f"{intake.url}/v1/logs", compression=compression),
    )


@pytest.mark.parametrize("way", ["grpc", "http", "http-gzip"])
def test_python_sdk(tmp_path, way):
    """What the OpenTelemetry SDK for Python exports arrives, with no setting but the address."""
    with serving(tmp_path) as intake:
        span_exporter, metric_exporter, log_exporter = exporters(intake, way)
        tracing = TracerProvider(resource=RESOURCE)
        tracing.add_span_processor(SimpleSpanProcessor(span_exporter))
        with tracing.get_tracer("shop").start_as_current_span("POST /checkout", attributes={"items": 3}):
            pass
        metering = MeterProvider([PeriodicExportingMetricReader(metric_exporter)], resource=RESOURCE)
        metering.get_meter("shop").create_counter("orders").add(2, {"zone": "a"})
        metering.get_meter("shop").create_histogram("latency").record(0.2)
        logging = LoggerProvider(resource=RESOURCE)
        logging.add_log_record_processor(SimpleLogRecordProcessor(log_exporter))
        logging.get_logger("shop").emit(
            LogRecord(timestamp=now_nanoseconds(), body="paid", severity_number=SeverityNumber.INFO)
        )
        for provider in (tracing, metering, logging):
            provider.shutdown()
        intake.drained()
        assert intake.warehouse.span_names() == ["POST /checkout"]
        assert intake.service.status().accepted == {"logs": 1, "metrics": 2, "traces": 1}
        assert intake.service.status().rejected_total == 0


def test_status(tmp_path):
    """The status reports totals by name, the backlog, and whether all is well."""
    with serving(tmp_path) as intake:
        request = traces(now_nanoseconds(), 1)
        request.MergeFrom(traces(5, 2))
        bad = traces(now_nanoseconds(), 3, name="@@@").SerializeToString().replace(b"@@@", b"\xe9t\xe9")
        headers = {"content-type": "application/x-protobuf"}
        for body in (request.SerializeToString(), b"\xff", bad):
            httpx.post(f"{intake.url}/v1/traces", content=body, headers=headers)
        intake.drained()
        status = intake.service.status()
        assert status.accepted == {"traces": 2}
        assert status.remarked == {"traces.repaired_text": 1}
        assert status.rejected == {"traces.too_old": 1}
        assert status.rejected_total == 1
        assert status.refused == {"BadBody": 1}
        assert (status.spool_bytes, status.lag_seconds, status.segments_waiting) == (0, None, 0)
        assert status.state == "full"
        assert status.detail == "the server is stopping"


class Stuck(RememberingWarehouse):
    """Takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.error = Unavailable("connection refused")

    def insert_segment(self, signal, path, token):
        """Record that it was called."""
        self.asked.set()
        super().insert_segment(signal, path, token)


def test_warehouse_away_and_back(tmp_path):
    """While the warehouse is away the intake takes on, says so, and the watermark stands still."""
    warehouse = Stuck()
    clock = SystemClock()
    service = IntakeService(tmp_path / "spool", warehouse, clock, SMALL)
    service.start()
    before = clock.now()
    stored = service._receiver.take(
        Signal.TRACES, traces(now_nanoseconds(), 1).SerializeToString(), None
    ).stored
    stored.result(10)
    assert warehouse.asked.wait(10)
    assert before <= service.inserted_through() <= clock.now()
    assert service.inserted_through() == service.inserted_through(Signal.TRACES)
    assert service.inserted_through(Signal.LOGS) > service.inserted_through(Signal.TRACES)
    service.stop(0.1)
    status = service.status()
    assert status.segments_waiting == 1
    assert status.lag_seconds is not None
    assert "connection refused" in service._inserter.troubles[0].reason

    again = IntakeService(tmp_path / "spool", RememberingWarehouse(), clock, SMALL)
    again.start()
    again.stop(10)
    assert again.status().segments_waiting == 0
    assert again._inserter._warehouse.span_names() == ["GET /"]


def test_second_intake_on_a_spool(tmp_path):
    """A second intake on the same directory is refused in a sentence."""
    service = IntakeService(tmp_path / "spool", RememberingWarehouse(), SystemClock(), SMALL)
    service.start()
    try:
        with pytest.raises(Unavailable, match="in use by another process"):
            IntakeService(tmp_path / "spool", RememberingWarehouse(), SystemClock(), SMALL).start()
    finally:
        service.stop(5)


def test_nothing_is_taken_while_stopping(tmp_path):
    """Once it stops, senders are asked to retry, so that they reach the next process."""
    with serving(tmp_path) as intake:
        intake.service.stop(5)
        body = traces(now_nanoseconds(), 1).SerializeToString()
        reply = httpx.post(
            f"{intake.url}/v1/traces", content=body, headers={"content-type": "application/x-protobuf"}
        )
        assert reply.status_code == 503
        assert "retry-after" in reply.headers


def test_constructing_touches_nothing(tmp_path):
    """Constructing the intake opens no file and no port."""
    IntakeService(tmp_path / "spool", RememberingWarehouse(), SystemClock())
    assert list(tmp_path.iterdir()) == []


def test_limits_name_all_their_faults():
    """Limits that cannot work are refused all at once, each with its value."""
    with pytest.raises(Invalid) as caught:
        IntakeLimits(segment_bytes=0, retention=timedelta(0), body_bytes=1 << 40)
    paths = [problem.path for problem in caught.value.problems]
    assert paths == ["segment_bytes", "retention", "inflight_bytes", "spool_bytes"]
    assert replace(IntakeLimits(), free_floor_bytes=0).free_floor_bytes == 0


def test_rates_are_of_the_last_ten_whole_seconds():
    """A rate counts the last ten whole seconds: not the one under way, and none before."""
    meter = Meter()
    for second in range(100, 120):
        meter.add("accepted.traces", 50, second + 0.5)
    assert meter.per_second("accepted.traces", 120.0) == 50
    assert meter.per_second("accepted.traces", 119.9) == 50
    assert meter.per_second("accepted.traces", 125.0) == 25
    assert meter.per_second("accepted.traces", 200.0) == 0
    assert meter.total("accepted.traces") == 1000
