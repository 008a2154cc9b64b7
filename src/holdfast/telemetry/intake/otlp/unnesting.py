"""Rewrites values nested deeper than the engine reads as JSON text.

The engine reads lists and maps of plain values itself. If a segment holds deeper ones, the engine reports it;
the segment is then copied with every deeper value as one string, which is stored whole at any depth. The
deepest value that the receiver's protobuf parser accepts has 100 messages: 44 lists or 29 maps always fit.
"""

import base64
import math
from collections.abc import Iterator
from json.encoder import encode_basestring
from typing import Any

from holdfast.telemetry.intake.otlp.large_bodies import in_pieces
from holdfast.telemetry.intake.otlp.requests import REQUESTS
from holdfast.telemetry.intake.spool.records import messages
from holdfast.telemetry.intake.varint import varint
from holdfast.telemetry.model import Signal

_CONTAINERS = ("array_value", "kvlist_value")


def unnested_segment(signal: Signal, content: bytes) -> Iterator[bytes]:
    """Yield the bytes of a segment with the same rows and no list or map inside another."""
    for message in messages(content):
        unnested = b"".join(_unnested(signal, piece) for piece in in_pieces(message))
        yield varint(len(unnested))
        yield unnested


def holds_deeper(signal: Signal, content: bytes) -> bool:
    """Whether a segment holds a list or map inside another."""
    requests = (REQUESTS[signal].FromString(message) for message in messages(content))
    return any(is_deep(value) for request in requests for value in _values(signal, request))


def _unnested(signal: Signal, record: bytes) -> bytes:
    request = REQUESTS[signal].FromString(record)
    for value in _values(signal, request):
        if is_deep(value):
            value.string_value = json_text(value)
    return request.SerializeToString()


# Generated messages are handled as Any: the walk is the same for three families of types.


def _values(signal: Signal, request: Any) -> Iterator[Any]:
    """Yield every value of a request: of resources, scopes and items, and the bodies of log records."""
    for pairs in _WALKS[signal](request):
        for pair in pairs:
            yield pair.value
    if signal is Signal.LOGS:
        for resource in request.resource_logs:
            for scope in resource.scope_logs:
                for record in scope.log_records:
                    yield record.body


def _of_traces(request: Any) -> Iterator[Any]:
    for resource in request.resource_spans:
        yield resource.resource.attributes
        for scope in resource.scope_spans:
            yield scope.scope.attributes
            for span in scope.spans:
                yield span.attributes
                yield from (event.attributes for event in span.events)
                yield from (link.attributes for link in span.links)


def _of_logs(request: Any) -> Iterator[Any]:
    for resource in request.resource_logs:
        yield resource.resource.attributes
        for scope in resource.scope_logs:
            yield scope.scope.attributes
            yield from (record.attributes for record in scope.log_records)


def _of_metrics(request: Any) -> Iterator[Any]:
    for resource in request.resource_metrics:
        yield resource.resource.attributes
        for scope in resource.scope_metrics:
            yield scope.scope.attributes
            for metric in scope.metrics:
                yield from _of_points(metric)


def _of_points(metric: Any) -> Iterator[Any]:
    kind = metric.WhichOneof("data")
    for point in getattr(metric, kind).data_points if kind else ():
        yield point.attributes
        if kind != "summary":
            yield from (exemplar.filtered_attributes for exemplar in point.exemplars)


_WALKS = {Signal.TRACES: _of_traces, Signal.LOGS: _of_logs, Signal.METRICS: _of_metrics}


def is_deep(value: Any) -> bool:
    """Whether a value is a list or map that holds another."""
    which = value.WhichOneof("value")
    if which == "array_value":
        return any(inner.WhichOneof("value") in _CONTAINERS for inner in value.array_value.values)
    if which == "kvlist_value":
        return any(pair.value.WhichOneof("value") in _CONTAINERS for pair in value.kvlist_value.values)
    return False


def json_text(value: Any) -> str:
    """Return a value as JSON, as the engine writes it: a map's pairs in order, repeated keys included."""
    which = value.WhichOneof("value")
    if which == "array_value":
        return "[" + ",".join(map(json_text, value.array_value.values)) + "]"
    if which == "kvlist_value":
        pairs = value.kvlist_value.values
        return "{" + ",".join(f"{encode_basestring(one.key)}:{json_text(one.value)}" for one in pairs) + "}"
    return _scalar(value, which)


def _scalar(value: Any, which: str | None) -> str:
    if which == "string_value":
        return encode_basestring(value.string_value)
    if which == "int_value":
        return str(value.int_value)
    if which == "bool_value":
        return "true" if value.bool_value else "false"
    if which == "double_value":
        # JSON has no infinity or NaN: they become null.
        return repr(value.double_value) if math.isfinite(value.double_value) else "null"
    if which == "bytes_value":
        return f'"{base64.b64encode(value.bytes_value).decode()}"'
    return "null"
