"""OTLP bodies of a small shop as its collector batches them: twelve services, all kinds of calls."""

import os
import random
import time

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

SERVICES = 12
_TRACE_SPANS = 10
_KINDS = (2, 3, 1, 3)
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def spans(count: int, *, mark: str = "") -> bytes:
    """Return a request of `count` spans, ten to a trace; those of the first trace have the id `mark`."""
    request = ExportTraceServiceRequest()
    groups = [request.resource_spans.add(resource=_resource(n)) for n in range(min(SERVICES, count))]
    scopes = [group.scope_spans.add() for group in groups]
    now, trace = time.time_ns(), b""
    for number in range(count):
        if number % _TRACE_SPANS == 0:
            trace = bytes.fromhex(mark) if mark else os.urandom(16)
        began = now - random.randrange(10**9)
        scopes[number % len(scopes)].spans.add(
            trace_id=trace,
            span_id=os.urandom(8),
            parent_span_id=os.urandom(8) if number % _TRACE_SPANS else b"",
            name=f"{('GET', 'POST')[number % 2]} /orders/{number % 5}",
            kind=_KINDS[number % 4],
            start_time_unix_nano=began,
            end_time_unix_nano=began + int(random.lognormvariate(16, 1)),
            attributes=[
                _text("http.request.method", "POST"),
                _number("http.response.status_code", 500 if random.random() < 0.002 else 200),
                _text("http.route", f"/orders/{number % 5}"),
                _text("server.address", f"service-{(number + 1) % SERVICES}"),
                _number("server.port", 8080),
            ],
        )
    return request.SerializeToString()


def points(count: int, *, mark: str = "") -> bytes:
    """Return a request of `count` points of gauges, sums and histograms, or of one named `mark`."""
    request = ExportMetricsServiceRequest()
    groups = [request.resource_metrics.add(resource=_resource(n)) for n in range(min(SERVICES, count))]
    scopes = [group.scope_metrics.add() for group in groups]
    now = time.time_ns()
    for number in range(count):
        metric = scopes[number % len(scopes)].metrics.add(name=mark or f"shop.metric.{number % 25}", unit="1")
        at = {"time_unix_nano": now, "attributes": [_text("http.route", f"/orders/{number % 5}")]}
        if number % 3 == 0:
            metric.gauge.data_points.add(as_double=random.random(), **at)
        elif number % 3 == 1:
            metric.sum.aggregation_temporality, metric.sum.is_monotonic = 2, True
            metric.sum.data_points.add(as_int=now // 10**9, start_time_unix_nano=1, **at)
        else:
            metric.histogram.aggregation_temporality = 2
            counts = [random.randrange(100) for _ in range(len(_BUCKETS) + 1)]
            metric.histogram.data_points.add(
                count=sum(counts), sum=1.0, bucket_counts=counts, explicit_bounds=_BUCKETS, **at
            )
    return request.SerializeToString()


def lines(count: int, *, mark: str = "") -> bytes:
    """Return a request of `count` lines, or of one that has the word `mark` in it."""
    request = ExportLogsServiceRequest()
    groups = [request.resource_logs.add(resource=_resource(n)) for n in range(min(SERVICES, count))]
    scopes = [group.scope_logs.add() for group in groups]
    for number in range(count):
        scopes[number % len(scopes)].log_records.add(
            time_unix_nano=time.time_ns(),
            severity_number=9,
            severity_text="INFO",
            body=AnyValue(string_value=f"order {mark or random.randrange(10**6)} stored in {number} ms"),
            trace_id=os.urandom(16),
            attributes=[_text("thread", str(number % 8))],
        )
    return request.SerializeToString()


def _resource(number: int) -> Resource:
    return Resource(
        attributes=[
            _text("service.name", "checkout" if number == 0 else f"service-{number}"),
            _text("service.version", "1.4.2"),
            _text("cloud.availability_zone", f"zone-{'abc'[number % 3]}"),
            _text("k8s.pod.name", f"pod-{number}"),
        ]
    )


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _number(key: str, value: int) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(int_value=value))
