"""The protobuf requests of OTLP, one for each signal, and the parser's reasons for a refusal. Pure."""

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from holdfast.telemetry.model import Signal

REQUESTS: dict[Signal, type[Message]] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
}

DEEPEST_MESSAGES = 100
"""Levels of nested messages that the parser reads."""

_TOO_DEEP = (
    f"it nests deeper than the {DEEPEST_MESSAGES} messages that are read (44 lists or 29 maps always fit)"
)
_REASONS = {"MaxDepth": _TOO_DEEP, "UTF-8": "a text in it is not UTF-8"}


def reason(error: DecodeError) -> str:
    """Return why the parser refuses a body, in our own words: the parser's name its internals."""
    said = str(error)
    return next((ours for theirs, ours in _REASONS.items() if theirs in said), "its wire format is corrupt")
