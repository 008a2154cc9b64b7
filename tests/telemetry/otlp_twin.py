"""What the tables must hold after an OTLP request, worked out in plain Python, slowly and obviously."""

import base64
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

Rows = list[dict[str, Any]]

_KINDS = {1: "Internal", 2: "Server", 3: "Client", 4: "Producer", 5: "Consumer"}


class Double(NamedTuple):
    """A number whose text may be written in several ways."""

    number: Any


class Json(NamedTuple):
    """A list or map as it reads once its JSON is parsed."""

    parsed: Any


def text(value: Any) -> Any:
    """The text an attribute is stored as; what has several right texts is compared as a value."""
    which = value.WhichOneof("value")
    if which is None:
        return ""
    if which == "bool_value":
        return "true" if value.bool_value else "false"
    if which == "double_value":
        return Double(_number(value.double_value))
    if which == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    if which in ("array_value", "kvlist_value"):
        return Json(_in_json(value))
    return str(getattr(value, which))


def same_text(expected: Any, stored: str) -> bool:
    """Whether the stored text is the one expected: lists and maps as JSON, doubles to the last bit."""
    if isinstance(expected, str):
        return expected == stored
    if isinstance(expected, Double):
        return bool(_number(float(stored)) == expected.number)
    return _equal(expected.parsed, json.loads(stored, object_pairs_hook=tuple))


def _equal(expected: Any, parsed: Any) -> bool:
    if isinstance(expected, tuple):
        return len(expected) == len(parsed) and all(map(_equal, expected, parsed))
    if isinstance(expected, float):  # 1e16 may be written as a whole number
        return float(parsed) == expected
    return type(parsed) is type(expected) and bool(parsed == expected)


def _number(value: float) -> Any:
    return "nan" if math.isnan(value) else value


def _in_json(value: Any) -> Any:
    """What a value is in JSON, lists and maps as tuples; numbers JSON cannot write are null."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    if which == "array_value":
        return tuple(_in_json(one) for one in value.array_value.values)
    if which == "kvlist_value":
        return tuple((one.key, _in_json(one.value)) for one in value.kvlist_value.values)
    if which == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    found = getattr(value, which)
    return None if isinstance(found, float) and not math.isfinite(found) else found


def attributes(pairs: Iterable[Any]) -> list[tuple[str, Any]]:
    """The map as it is read: the pairs in the order sent, without those whose key came before."""
    found: dict[str, Any] = {}
    for pair in pairs:
        found.setdefault(pair.key, text(pair.value))
    return list(found.items())


def _service(pairs: Iterable[Any]) -> Any:
    found = next((text(pair.value) for pair in pairs if pair.key == "service.name"), "")
    return found or "unknown_service"


def _time(nanoseconds: int) -> int:
    """The instant stored: what lies beyond the engine's last one is that."""
    return min(nanoseconds, 2**63 - 1)


def span_rows(request: Any) -> Rows:
    """The rows of `otel_traces`."""
    return [
        {
            "Timestamp": _time(one.start_time_unix_nano),
            "TraceId": one.trace_id.hex(),
            "SpanId": one.span_id.hex(),
            "ParentSpanId": one.parent_span_id.hex(),
            "TraceState": one.trace_state,
            "SpanName": one.name,
            "SpanKind": _KINDS.get(one.kind, "Unspecified"),
            "ServiceName": _service(resource.resource.attributes),
            "ResourceAttributes": attributes(resource.resource.attributes),
            "ScopeName": scope.scope.name,
            "ScopeVersion": scope.scope.version,
            "SpanAttributes": attributes(one.attributes),
            "Duration": max(0, one.end_time_unix_nano - one.start_time_unix_nano),
            "StatusCode": {1: "Ok", 2: "Error"}.get(one.status.code, "Unset"),
            "StatusMessage": one.status.message,
            "Events.Timestamp": [_time(event.time_unix_nano) for event in one.events],
            "Events.Name": [event.name for event in one.events],
            "Events.Attributes": [attributes(event.attributes) for event in one.events],
            "Links.TraceId": [link.trace_id.hex() for link in one.links],
            "Links.SpanId": [link.span_id.hex() for link in one.links],
            "Links.TraceState": [link.trace_state for link in one.links],
            "Links.Attributes": [attributes(link.attributes) for link in one.links],
        }
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for one in scope.spans
    ]


def log_rows(request: Any) -> Rows:
    """The rows of `otel_logs`."""
    return [
        {
            "Timestamp": _time(one.time_unix_nano or one.observed_time_unix_nano),
            "TraceId": one.trace_id.hex(),
            "SpanId": one.span_id.hex(),
            "TraceFlags": one.flags & 255,
            "SeverityText": one.severity_text,
            "SeverityNumber": one.severity_number if 0 <= one.severity_number <= 255 else 0,
            "ServiceName": _service(resource.resource.attributes),
            "Body": text(one.body),
            "ResourceSchemaUrl": resource.schema_url,
            "ResourceAttributes": attributes(resource.resource.attributes),
            "ScopeSchemaUrl": scope.schema_url,
            "ScopeName": scope.scope.name,
            "ScopeVersion": scope.scope.version,
            "ScopeAttributes": attributes(scope.scope.attributes),
            "LogAttributes": attributes(one.attributes),
            "EventName": one.event_name,
        }
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for one in scope.log_records
    ]


METRIC_TABLES = {
    "gauge": "otel_metrics_gauge",
    "sum": "otel_metrics_sum",
    "histogram": "otel_metrics_histogram",
    "exponential_histogram": "otel_metrics_exp_histogram",
    "summary": "otel_metrics_summary",
}


def metric_rows(request: Any, kind: str) -> Rows:
    """The rows of the table for one kind of metric."""
    return [
        {
            "ResourceAttributes": attributes(resource.resource.attributes),
            "ResourceSchemaUrl": resource.schema_url,
            "ScopeName": scope.scope.name,
            "ScopeVersion": scope.scope.version,
            "ScopeAttributes": attributes(scope.scope.attributes),
            "ScopeDroppedAttrCount": scope.scope.dropped_attributes_count,
            "ScopeSchemaUrl": scope.schema_url,
            "ServiceName": _service(resource.resource.attributes),
            "MetricName": metric.name,
            "MetricDescription": metric.description,
            "MetricUnit": metric.unit,
            "Attributes": attributes(point.attributes),
            "StartTimeUnix": _time(point.start_time_unix_nano),
            "TimeUnix": _time(point.time_unix_nano),
            "Flags": point.flags,
            **_special(kind, getattr(metric, kind), point),
        }
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.WhichOneof("data") == kind
        for point in getattr(metric, kind).data_points
    ]


def _special(kind: str, metric: Any, point: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if kind != "summary":
        found |= _exemplars(point.exemplars)
    if kind in ("gauge", "sum"):
        found["Value"] = _number(_value(point))
    else:
        found |= {"Count": point.count, "Sum": _number(point.sum)}
    if kind in ("histogram", "exponential_histogram"):
        found |= {"Min": _number(point.min), "Max": _number(point.max)}
    if kind in ("sum", "histogram", "exponential_histogram"):
        found["AggregationTemporality"] = metric.aggregation_temporality
    if kind == "sum":
        found["IsMonotonic"] = metric.is_monotonic
    return found | _SHAPES.get(kind, lambda _point: {})(point)


def _value(point: Any) -> float:
    return point.as_double if point.HasField("as_double") else float(point.as_int)


def _exemplars(exemplars: Any) -> dict[str, Any]:
    return {
        "Exemplars.FilteredAttributes": [attributes(one.filtered_attributes) for one in exemplars],
        "Exemplars.TimeUnix": [_time(one.time_unix_nano) for one in exemplars],
        "Exemplars.Value": [_number(_value(one)) for one in exemplars],
        "Exemplars.SpanId": [one.span_id.hex() for one in exemplars],
        "Exemplars.TraceId": [one.trace_id.hex() for one in exemplars],
    }


def _histogram(point: Any) -> dict[str, Any]:
    return {"BucketCounts": list(point.bucket_counts), "ExplicitBounds": list(point.explicit_bounds)}


def _exponential(point: Any) -> dict[str, Any]:
    return {
        "Scale": point.scale,
        "ZeroCount": point.zero_count,
        "PositiveOffset": point.positive.offset,
        "PositiveBucketCounts": list(point.positive.bucket_counts),
        "NegativeOffset": point.negative.offset,
        "NegativeBucketCounts": list(point.negative.bucket_counts),
    }


def _summary(point: Any) -> dict[str, Any]:
    return {
        "ValueAtQuantiles.Quantile": [one.quantile for one in point.quantile_values],
        "ValueAtQuantiles.Value": [_number(one.value) for one in point.quantile_values],
    }


_SHAPES = {"histogram": _histogram, "exponential_histogram": _exponential, "summary": _summary}


def differences(expected: Rows, stored: Iterator[dict[str, Any]]) -> list[str]:
    """Every column of every row that is not as expected, in words; rows are compared in order."""
    found = []
    rows = list(stored)
    if len(rows) != len(expected):
        found.append(f"{len(rows)} rows stored, {len(expected)} expected")
    for number, (want, got) in enumerate(zip(expected, rows, strict=False)):
        found += [
            f"row {number} {name}: stored {got[name]!r}, expected {wanted!r}"
            for name, wanted in want.items()
            if not _same(wanted, got[name])
        ]
    return found


def _same(expected: Any, stored: Any) -> bool:
    if isinstance(expected, list):
        return len(expected) == len(stored) and all(map(_same, expected, stored))
    if isinstance(stored, float):
        return bool(expected == _number(stored))
    if isinstance(expected, str | Double | Json):
        return same_text(expected, stored)
    if isinstance(expected, tuple):
        return bool(expected[0] == stored[0]) and _same(expected[1], stored[1])
    return bool(expected == stored)
