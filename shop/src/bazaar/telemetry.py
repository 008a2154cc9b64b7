"""Telemetry of one replica: traces, metrics and logs by the OpenTelemetry SDK, over OTLP/HTTP.

Started after the fork, because exporters own threads and threads do not survive one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry._logs import Logger, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from bazaar import NAME
from bazaar.layout import ENVIRONMENT, REGION, Replica

DEFAULT_ENDPOINT = "http://127.0.0.1:4318"

# How long a batch is retried: about as long as a receiver needs to restart.
_TIMEOUT_SECONDS = 10.0
_BATCH_MILLIS = 2_000
_METRICS_MILLIS = 10_000
_SEVERITY = {
    logging.DEBUG: SeverityNumber.DEBUG,
    logging.INFO: SeverityNumber.INFO,
    logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR,
    logging.CRITICAL: SeverityNumber.FATAL,
}


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The running exporters of one process."""

    stops: tuple[Callable[[], object], ...]

    def stop(self) -> None:
        """Send the queued telemetry, then end the exporters."""
        for stop in self.stops:
            stop()


def start(replica: Replica, endpoint: str) -> Telemetry:
    """Begin to export everything this process does, as `replica`."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http,database"
    resource = Resource.create(identity_of(replica))
    stops = tuple(begin(resource, endpoint) for begin in (_start_traces, _start_metrics, _start_logs))
    HTTPXClientInstrumentor().instrument(async_request_hook=_name_the_call)
    PsycopgInstrumentor().instrument()
    return Telemetry(stops)


def identity_of(replica: Replica) -> dict[str, str]:
    """Return the resource attributes of a replica."""
    return {
        "service.name": replica.service,
        "service.version": replica.version,
        "service.instance.id": replica.name,
        "cloud.availability_zone": replica.zone,
        **platform_identity(),
    }


def platform_identity() -> dict[str, str]:
    """Return the resource attributes that all parts of the platform share."""
    return {
        "service.namespace": NAME,
        "cloud.region": REGION,
        "deployment.environment.name": ENVIRONMENT,
    }


def _start_traces(resource: Resource, endpoint: str) -> Callable[[], object]:
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=_TIMEOUT_SECONDS)
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_BATCH_MILLIS))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def _start_metrics(resource: Resource, endpoint: str) -> Callable[[], object]:
    exporter = OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics", timeout=_TIMEOUT_SECONDS)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=_METRICS_MILLIS)
    provider = MeterProvider(metric_readers=[reader], resource=resource, shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    return provider.shutdown


def _start_logs(resource: Resource, endpoint: str) -> Callable[[], object]:
    exporter = OTLPLogExporter(endpoint=f"{endpoint}/v1/logs", timeout=_TIMEOUT_SECONDS)
    provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter, schedule_delay_millis=_BATCH_MILLIS))
    logging.getLogger(NAME).addHandler(_LogLines(provider.get_logger(NAME)))
    return provider.shutdown


class _LogLines(logging.Handler):
    """Hands our log lines to the exporter; the SDK adds the ids of the span they were written in."""

    def __init__(self, logger: Logger) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        self._logger.emit(
            timestamp=int(record.created * 1e9),
            severity_number=_SEVERITY.get(record.levelno, SeverityNumber.INFO),
            severity_text=record.levelname,
            body=record.getMessage(),
            attributes={"code.function.name": record.funcName},
        )


async def _name_the_call(span: trace.Span, request: Any) -> None:
    """Name a client span after the called route and the intended peer, not the proxy between."""
    route = request.extensions.get("route")
    if route is None:
        return
    method = request.method.decode() if isinstance(request.method, bytes) else request.method
    span.update_name(f"{method} {route}")
    span.set_attribute("url.template", route)
    span.set_attribute("service.peer.name", request.extensions["peer"])
