"""Builders of log requests, short enough to be read inside a test."""

from collections.abc import Mapping, Sequence

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from tests.telemetry.otlp_builders import MILLISECOND, T0, LogsRequest, pairs, value

NUMBERS = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}


def line(
    body: object = "a line",
    *,
    at: float = T0,
    severity: str = "info",
    text: str = "",
    attributes: Mapping[str, object] | None = None,
    trace_id: bytes = b"",
    span_id: bytes = b"",
    event: str = "",
) -> LogRecord:
    """Return a log record written `at` seconds since 1970; a severity of '' has no number."""
    return LogRecord(
        time_unix_nano=round(at * 1000) * MILLISECOND,
        severity_number=NUMBERS.get(severity, 0),  # type: ignore[arg-type]  # the enum's number
        severity_text=text,
        body=value(body),
        attributes=pairs(attributes or {}),
        trace_id=trace_id,
        span_id=span_id,
        event_name=event,
    )


def written_by(
    service: str | None, lines: Sequence[LogRecord], *, zone: str = "", version: str = "", **resource: object
) -> ResourceLogs:
    """Return the lines of one service."""
    named = {"service.name": service, "cloud.availability_zone": zone, "service.version": version}
    attributes = {key: item for key, item in named.items() if item} | resource
    found = ResourceLogs(scope_logs=[ScopeLogs(log_records=lines)])
    found.resource.attributes.extend(pairs(attributes))
    return found


def logs(*resources: ResourceLogs) -> LogsRequest:
    """Return a request to store log lines."""
    return LogsRequest(resource_logs=resources)
