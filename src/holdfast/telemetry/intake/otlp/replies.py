"""Serialises OTLP replies: success messages with their partial success, and `google.rpc.Status`.

The Status message is serialised by hand: it has three fields, and its Python package would be one more
dependency whose descriptors can clash with another version loaded in the process.
"""

import json
from enum import Enum, IntEnum

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from holdfast.telemetry.intake.otlp.batch import Batch
from holdfast.telemetry.intake.varint import varint
from holdfast.telemetry.model import Signal

MESSAGE_LIMIT = 4096
"""Longest error text in characters; OTLP asks for replies under 4 MiB, and nobody reads more than this."""

_RETRY_TYPE = "type.googleapis.com/google.rpc.RetryInfo"
_RESPONSES: dict[Signal, type[Message]] = {
    Signal.TRACES: ExportTraceServiceResponse,
    Signal.METRICS: ExportMetricsServiceResponse,
    Signal.LOGS: ExportLogsServiceResponse,
}
_COUNTS = {
    Signal.TRACES: ("rejected_spans", "rejectedSpans"),
    Signal.METRICS: ("rejected_data_points", "rejectedDataPoints"),
    Signal.LOGS: ("rejected_log_records", "rejectedLogRecords"),
}


class MediaType(Enum):
    """The media type of a request; its reply has the same."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


class Code(IntEnum):
    """The codes of `google.rpc.Status` that are used here (google/rpc/code.proto)."""

    CANCELLED = 1
    INVALID_ARGUMENT = 3
    NOT_FOUND = 5
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


CODES = {
    400: Code.INVALID_ARGUMENT,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    405: Code.UNIMPLEMENTED,
    413: Code.RESOURCE_EXHAUSTED,
    415: Code.INVALID_ARGUMENT,
    500: Code.INTERNAL,
    503: Code.UNAVAILABLE,
}
"""The Status code in the body of an HTTP failure, by its HTTP status."""


def success(batch: Batch, media_type: MediaType = MediaType.PROTOBUF) -> bytes:
    """Return the reply to a request that was accepted, wholly or in part."""
    explanation = _shortened(batch.explanation())
    field, key = _COUNTS[batch.signal]
    if media_type is MediaType.JSON:
        partial = {key: str(batch.rejected), "errorMessage": explanation} if explanation else {}
        return json.dumps({"partialSuccess": partial}).encode()
    if not explanation:
        return b""  # an empty message: nothing was rejected
    response = _RESPONSES[batch.signal](partial_success={field: batch.rejected, "error_message": explanation})
    return response.SerializeToString()


def status(
    code: Code, message: str, *, media_type: MediaType = MediaType.PROTOBUF, retry_seconds: int | None = None
) -> bytes:
    """Return a `google.rpc.Status`, with a `RetryInfo` if the sender should retry."""
    message = _shortened(message)
    if media_type is MediaType.JSON:
        details = [] if retry_seconds is None else [{"@type": _RETRY_TYPE, "retryDelay": f"{retry_seconds}s"}]
        return json.dumps({"code": int(code), "message": message, "details": details}).encode()
    written = _number(1, int(code)) + _bytes(2, message.encode("utf-8", "replace"))
    if retry_seconds is None:
        return written
    retry = _bytes(1, _number(1, retry_seconds))
    return written + _bytes(3, _bytes(1, _RETRY_TYPE.encode()) + _bytes(2, retry))


def _number(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def _bytes(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value


def _shortened(text: str) -> str:
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"
