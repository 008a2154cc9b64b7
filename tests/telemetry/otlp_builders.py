"""Builders of OTLP requests and of spool segments, short enough to be read inside a test."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[attr-defined]  # as the spool frames
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

T0 = 1_772_366_400
"""2026-03-01 12:00:00 UTC in seconds since 1970, where the tests' clock starts."""

SECOND = 10**9
MILLISECOND = 10**6
KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
STATUSES = {"unset": 0, "ok": 1, "error": 2}

TraceRequest = ExportTraceServiceRequest
LogsRequest = ExportLogsServiceRequest
MetricsRequest = ExportMetricsServiceRequest

_numbers = itertools.count(1)


def value(python: object) -> AnyValue:
    """Return an OTLP value of a Python one; None is a value that is not set."""
    found = AnyValue()
    if isinstance(python, AnyValue):
        return python
    if isinstance(python, bool):
        found.bool_value = python
    elif isinstance(python, int):
        found.int_value = python
    elif isinstance(python, float):
        found.double_value = python
    elif isinstance(python, str):
        found.string_value = python
    elif isinstance(python, bytes):
        found.bytes_value = python
    elif isinstance(python, Mapping):
        found.kvlist_value.SetInParent()
        found.kvlist_value.values.extend(pairs(python))
    elif isinstance(python, Sequence):
        found.array_value.SetInParent()
        found.array_value.values.extend(value(item) for item in python)
    return found


def pairs(attributes: Mapping[str, object]) -> list[KeyValue]:
    """Return OTLP key/value pairs."""
    return [KeyValue(key=key, value=value(item)) for key, item in attributes.items()]


def span(
    operation: str = "POST /checkout",
    *,
    kind: str = "server",
    at: float = T0,
    milliseconds: float = 5,
    status: str = "unset",
    message: str = "",
    attributes: Mapping[str, object] | None = None,
    trace_id: bytes = b"",
    span_id: bytes = b"",
    parent: bytes = b"",
    trace_state: str = "",
) -> Span:
    """Return a span that starts `at` seconds since 1970; ids are made up, all different."""
    start = round(at * 1000) * MILLISECOND
    return Span(
        trace_id=trace_id or next(_numbers).to_bytes(16, "big"),
        span_id=span_id or next(_numbers).to_bytes(8, "big"),
        parent_span_id=parent,
        trace_state=trace_state,
        name=operation,
        kind=KINDS[kind],  # type: ignore[arg-type]  # the enum's number
        start_time_unix_nano=start,
        end_time_unix_nano=start + round(milliseconds * MILLISECOND),
        status=Status(code=STATUSES[status], message=message),  # type: ignore[arg-type]  # the enum's number
        attributes=pairs(attributes or {}),
    )


def of_service(name: str | None, spans: Sequence[Span], **resource: object) -> ResourceSpans:
    """Return the spans of one service; `zone`, `environment` and so on are its usual resource attributes."""
    attributes: dict[str, object] = {} if name is None else {"service.name": name}
    names = {
        "zone": "cloud.availability_zone",
        "version": "service.version",
        "environment": "deployment.environment.name",
        "namespace": "service.namespace",
        "region": "cloud.region",
    }
    attributes |= {names.get(key, key.replace("_", ".")): item for key, item in resource.items()}
    found = ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])
    found.resource.attributes.extend(pairs(attributes))
    return found


def traces(*resources: ResourceSpans) -> ExportTraceServiceRequest:
    """Return a request to store spans."""
    return ExportTraceServiceRequest(resource_spans=resources)


def segment(directory: Path, *requests: Message) -> Path:
    """Write a spool segment holding `requests` under a name of its own."""
    path = directory / f"{next(_numbers):08d}.segment"
    bodies: list[Any] = [request.SerializeToString() for request in requests]
    path.write_bytes(b"".join(_VarintBytes(len(body)) + body for body in bodies))
    return path
