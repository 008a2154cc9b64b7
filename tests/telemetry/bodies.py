"""OTLP requests for tests, and a warehouse that only remembers."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from holdfast.telemetry.intake.otlp.rules import REQUESTS
from holdfast.telemetry.intake.spool.records import find_records
from holdfast.telemetry.intake.spool.segment_names import read_name
from holdfast.telemetry.model import Signal


def nanoseconds(instant: datetime) -> int:
    """Return an instant as OTLP writes it."""
    return int(instant.timestamp()) * 1_000_000_000


def now_nanoseconds() -> int:
    """Return the machine's own time: for tests against real senders."""
    return time.time_ns()


def trace_id(number: int) -> bytes:
    """Return a valid trace id."""
    return (number + 1).to_bytes(16, "big")


def traces(at: int, *numbers: int, attributes: int = 0, name: str = "GET /") -> ExportTraceServiceRequest:
    """Return a request of one span per number, started at `at`."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "checkout"
    scope = group.scope_spans.add()
    for number in numbers:
        span = scope.spans.add(trace_id=trace_id(number), span_id=(number + 1).to_bytes(8, "big"), name=name)
        span.start_time_unix_nano, span.end_time_unix_nano = at, min(at + 5_000_000, 2**64 - 1)
        for key in range(attributes):
            span.attributes.add(key=f"key-{key}").value.int_value = key
    return request


def logs(at: int, *numbers: int, observed: int = 0) -> ExportLogsServiceRequest:
    """Return a request of one log record per number."""
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for number in numbers:
        record = scope.log_records.add(time_unix_nano=at, observed_time_unix_nano=observed)
        record.body.string_value = f"line {number}"
    return request


def metrics(at: int, *numbers: int, kind: str = "gauge") -> ExportMetricsServiceRequest:
    """Return a request of one data point per number, in one metric."""
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="queue.length")
    for number in numbers:
        point = getattr(metric, kind).data_points.add(time_unix_nano=at)
        point.attributes.add(key="number").value.int_value = number
    return request


REQUESTS_OF: dict[Signal, Callable[..., object]] = {
    Signal.TRACES: traces,
    Signal.METRICS: metrics,
    Signal.LOGS: logs,
}


class RememberingWarehouse:
    """Keeps the records of each token once, as the engine does; raises `error` instead while it is set.

    `insert_error` is raised by inserts alone.
    """

    def __init__(self, read: Callable[[Path], bytes] | None = None) -> None:
        self.records: dict[str, list[bytes]] = {}
        self.calls: list[str] = []
        self.error: Exception | None = None
        self.insert_error: Exception | None = None
        self._read = read or Path.read_bytes

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Remember the records of a segment, unless its token is known."""
        self.calls.append(token)
        if (error := self.error or self.insert_error) is not None:
            raise error
        self.records.setdefault(token, self._whole(signal, path, token))

    def read_segment(self, signal: Signal, path: Path) -> None:
        """Read a segment and remember nothing."""
        if self.error is not None:
            raise self.error
        self._whole(signal, path, path.name.partition(".")[0])

    def _whole(self, signal: Signal, path: Path, token: str) -> list[bytes]:
        name = read_name(f"{token}.sealed")
        assert name is not None
        found = find_records(self._read(path), name, REQUESTS[signal].FromString)
        assert found.is_whole, "a segment handed over must be whole"
        return found.records

    def stored(self, signal: Signal = Signal.TRACES) -> list[bytes]:
        """Return every stored record of a signal."""
        return [
            record
            for token, records in self.records.items()
            if token.startswith(signal.value)
            for record in records
        ]

    def span_names(self) -> list[str]:
        """Return the names of all stored spans."""
        requests = [ExportTraceServiceRequest.FromString(record) for record in self.stored()]
        return [
            span.name
            for request in requests
            for group in request.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]
