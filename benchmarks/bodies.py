"""OTLP bodies to measure with: 1,000 spans of 10 attributes each, every id random."""

import os
import random
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

SPANS = 1000
ATTRIBUTES = 10
OPERATIONS = 20
_MARK = b"holdfast"
_TEXTS = (
    "http.route",
    "url.path",
    "user_agent.original",
    "shop.tenant",
    "shop.basket",
    "shop.campaign",
    "peer.zone",
)


def body(seed: int, *, service: str = "checkout") -> bytes:
    """Return one encoded request; different seeds differ in every id and duration."""
    chosen = random.Random(seed)
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource = {"service.name": service, "service.version": "1.4.2", "cloud.availability_zone": "zone-a"}
    for key, value in resource.items():
        resource_spans.resource.attributes.append(_text(key, value))
    spans = resource_spans.scope_spans.add().spans
    now = time.time_ns()
    for number in range(SPANS):
        span = spans.add(
            trace_id=(_MARK if number == 0 else os.urandom(8)) + os.urandom(8),
            span_id=os.urandom(8),
            parent_span_id=os.urandom(8),
            name=f"POST /orders/{number % OPERATIONS}",
            kind=2,
            start_time_unix_nano=now - chosen.randrange(10**10),
        )
        span.end_time_unix_nano = span.start_time_unix_nano + int(chosen.lognormvariate(17, 1))
        span.attributes.append(_text("http.request.method", "POST"))
        span.attributes.append(_number("http.response.status_code", 500 if chosen.random() < 0.001 else 200))
        span.attributes.append(_number("server.port", 8080))
        span.attributes.extend(_text(key, f"{key}-{chosen.randrange(200)}") for key in _TEXTS)
    return request.SerializeToString()


def another(template: bytes, number: int) -> bytes:
    """Return the body once more, no repeat of itself: with another trace id in its first span."""
    return template.replace(_MARK, b"%08x" % number, 1)


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _number(key: str, value: int) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(int_value=value))
