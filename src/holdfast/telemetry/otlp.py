"""Decides what of an OTLP request is taken. Pure: bytes in, a `Batch` out.

A body is parsed once, in C, and only ids, times and attribute counts of its items are looked at. As long as
nothing is wrong the very bytes that came in go on to the spool; only when items are rejected, or a log
record needs a time, is the remaining message written anew.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from holdfast.telemetry.errors import BadBody
from holdfast.telemetry.model import Signal

REQUESTS: dict[Signal, type[Message]] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
}

ITEMS = {Signal.TRACES: "spans", Signal.METRICS: "data points", Signal.LOGS: "log records"}
"""What one item of a signal is called in a sentence."""

_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)


class Rule(StrEnum):
    """Why an item is rejected; the value names it in status, metrics and replies."""

    TOO_OLD = "too_old"
    IN_THE_FUTURE = "in_the_future"
    BAD_TRACE_ID = "bad_trace_id"
    BAD_SPAN_ID = "bad_span_id"
    TOO_MANY_ATTRIBUTES = "too_many_attributes"
    UNKNOWN_METRIC_TYPE = "unknown_metric_type"
    TOO_LARGE = "too_large"


_SENTENCES = {
    Rule.TOO_OLD: "older than what is kept",
    Rule.IN_THE_FUTURE: "too far in the future",
    Rule.BAD_TRACE_ID: "without a trace id of 16 bytes that are not all zero",
    Rule.BAD_SPAN_ID: "without a span id of 8 bytes that are not all zero",
    Rule.TOO_MANY_ATTRIBUTES: "with more attributes than allowed",
    Rule.UNKNOWN_METRIC_TYPE: "in a metric whose type is not known here",
    Rule.TOO_LARGE: "larger than one item may be",
}


@dataclass(frozen=True, slots=True)
class Window:
    """What may be taken at one instant: times in nanoseconds since 1970, both ends included."""

    earliest: int
    latest: int
    now: int
    attributes: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """How many items broke one rule, with the value found in the first of them."""

    rule: Rule
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What is left of a request: the `record` for the spool, holding `accepted` items.

    `is_rewritten` tells whether the record is other bytes than came in.
    """

    signal: Signal
    record: bytes
    accepted: int
    rejections: tuple[Rejection, ...] = ()
    is_rewritten: bool = False

    @property
    def rejected(self) -> int:
        """How many items were rejected, over all rules."""
        return sum(rejection.count for rejection in self.rejections)

    def explanation(self) -> str:
        """Return one sentence for the sender on what was rejected and why; empty if nothing was."""
        if not self.rejections:
            return ""
        total = self.accepted + self.rejected
        reasons = "; ".join(
            f"{item.count} {_SENTENCES[item.rule]} ({item.rule.value}), for instance {item.example}"
            for item in self.rejections
        )
        return f"{self.rejected} of {total} {ITEMS[self.signal]} were rejected: {reasons}"


def parse(signal: Signal, body: bytes) -> Message:
    """Return the OTLP request that `body` holds, or raise `BadBody`."""
    try:
        return REQUESTS[signal].FromString(body)
    except DecodeError as error:
        reason = str(error).rpartition(": ")[2]
        name = REQUESTS[signal].DESCRIPTOR.name
        raise BadBody(
            f"the body of {len(body)} bytes is not an {name}: {reason}",
            value=f"{len(body)} bytes",
            rule=f"a protobuf {name} with strings in UTF-8",
        ) from error


def decode(signal: Signal, body: bytes, window: Window) -> Batch:
    """Parse a protobuf `body` and take what the rules allow; raise `BadBody` if it cannot be parsed."""
    return check(signal, parse(signal, body), window, original=body)


def check(signal: Signal, request: Message, window: Window, *, original: bytes | None = None) -> Batch:
    """Take what the rules allow of `request`, which is changed in place.

    `original` is the request as it came in, kept if nothing has to be changed.
    """
    tally = _Tally()
    accepted = _CHECKS[signal](request, window, tally)
    rejections = tally.rejections()
    if original is None or rejections or tally.is_amended:
        return Batch(signal, request.SerializeToString(), accepted, rejections, is_rewritten=True)
    return Batch(signal, original, accepted)


class _Tally:
    """Counts rejected items of one request by rule."""

    def __init__(self) -> None:
        self.is_amended = False
        self._counts: dict[Rule, int] = {}
        self._examples: dict[Rule, str] = {}

    def add(self, fault: tuple[Rule, str], *, count: int = 1) -> None:
        rule, example = fault
        self._counts[rule] = self._counts.get(rule, 0) + count
        self._examples.setdefault(rule, example)

    def rejections(self) -> tuple[Rejection, ...]:
        return tuple(Rejection(rule, n, self._examples[rule]) for rule, n in self._counts.items() if n)


# Generated messages are handled as Any: the checks are the same for three families of types.


def _check_traces(request: Any, window: Window, tally: _Tally) -> int:
    accepted = 0
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            fault = _resource_fault(resource, window)
            if fault is not None:
                tally.add(fault, count=len(scope.spans))
                del scope.spans[:]
            elif not _spans_are_sound(scope.spans, window):
                _keep(scope.spans, lambda span: _span_fault(span, window), tally)
            accepted += len(scope.spans)
    return accepted


def _spans_are_sound(spans: Iterable[Any], window: Window) -> bool:
    # The hot loop, once per span: everything is a local name and nothing is called that need not be.
    earliest, latest, attributes = window.earliest, window.latest, window.attributes
    no_trace, no_span = _NO_TRACE, _NO_SPAN
    for span in spans:
        trace_id, span_id = span.trace_id, span.span_id
        if (
            not earliest <= span.start_time_unix_nano <= latest
            or len(trace_id) != 16
            or len(span_id) != 8
            or trace_id == no_trace
            or span_id == no_span
            or len(span.attributes) > attributes
        ):
            return False
    return True


def _span_fault(span: Any, window: Window) -> tuple[Rule, str] | None:
    if len(span.trace_id) != 16 or span.trace_id == _NO_TRACE:
        return Rule.BAD_TRACE_ID, f"trace_id={_shown(span.trace_id)}"
    if len(span.span_id) != 8 or span.span_id == _NO_SPAN:
        return Rule.BAD_SPAN_ID, f"span_id={_shown(span.span_id)}"
    return _time_fault("start_time_unix_nano", span.start_time_unix_nano, window) or _attributes_fault(
        span.attributes, window
    )


def _check_metrics(request: Any, window: Window, tally: _Tally) -> int:
    accepted = 0
    for resource in request.resource_metrics:
        fault = _resource_fault(resource, window)
        for scope in resource.scope_metrics:
            kept = sum(_check_metric(metric, window, tally, fault) for metric in scope.metrics)
            if tally.rejections():
                _drop_empty(scope.metrics)
            accepted += kept
    return accepted


def _check_metric(metric: Any, window: Window, tally: _Tally, fault: tuple[Rule, str] | None) -> int:
    kind = metric.WhichOneof("data")
    if kind is None:
        tally.add((Rule.UNKNOWN_METRIC_TYPE, f"metric {metric.name[:80]!r}"))
        return 0
    points = getattr(metric, kind).data_points
    if fault is not None:
        tally.add(fault, count=len(points))
        del points[:]
    elif not _points_are_sound(points, window):
        _keep(points, lambda point: _point_fault(point, window), tally)
    return len(points)


def _points_are_sound(points: Iterable[Any], window: Window) -> bool:
    earliest, latest, attributes = window.earliest, window.latest, window.attributes
    for point in points:
        if not earliest <= point.time_unix_nano <= latest or len(point.attributes) > attributes:
            return False
    return True


def _point_fault(point: Any, window: Window) -> tuple[Rule, str] | None:
    return _time_fault("time_unix_nano", point.time_unix_nano, window) or _attributes_fault(
        point.attributes, window
    )


def _drop_empty(metrics: Any) -> None:
    _replace(metrics, [metric for metric in metrics if _points_in(metric)])


def _points_in(metric: Any) -> int:
    kind = metric.WhichOneof("data")
    return 0 if kind is None else len(getattr(metric, kind).data_points)


def _check_logs(request: Any, window: Window, tally: _Tally) -> int:
    accepted = 0
    for resource in request.resource_logs:
        fault = _resource_fault(resource, window)
        for scope in resource.scope_logs:
            if fault is not None:
                tally.add(fault, count=len(scope.log_records))
                del scope.log_records[:]
            elif not _records_are_sound(scope.log_records, window, tally):
                _keep(scope.log_records, lambda record: _record_fault(record, window), tally)
            accepted += len(scope.log_records)
    return accepted


def _records_are_sound(records: Iterable[Any], window: Window, tally: _Tally) -> bool:
    earliest, latest, attributes = window.earliest, window.latest, window.attributes
    for record in records:
        time = record.time_unix_nano or record.observed_time_unix_nano
        if not time:
            # Neither the event's time nor the observer's is known: it was observed here and now. It is
            # written into the message, so that a replay of the segment stores the same row.
            record.observed_time_unix_nano = window.now
            tally.is_amended = True
        elif not earliest <= time <= latest:
            return False
        if len(record.attributes) > attributes:
            return False
    return True


def _record_fault(record: Any, window: Window) -> tuple[Rule, str] | None:
    if not record.time_unix_nano and not record.observed_time_unix_nano:
        record.observed_time_unix_nano = window.now
    name = "time_unix_nano" if record.time_unix_nano else "observed_time_unix_nano"
    return _time_fault(name, getattr(record, name), window) or _attributes_fault(record.attributes, window)


_CHECKS: dict[Signal, Callable[[Any, Window, _Tally], int]] = {
    Signal.TRACES: _check_traces,
    Signal.METRICS: _check_metrics,
    Signal.LOGS: _check_logs,
}


def _resource_fault(resource: Any, window: Window) -> tuple[Rule, str] | None:
    count = len(resource.resource.attributes)
    if count > window.attributes:
        return Rule.TOO_MANY_ATTRIBUTES, f"{count} on the resource where {window.attributes} are allowed"
    return None


def _attributes_fault(attributes: Any, window: Window) -> tuple[Rule, str] | None:
    if len(attributes) > window.attributes:
        return Rule.TOO_MANY_ATTRIBUTES, f"{len(attributes)} where {window.attributes} are allowed"
    return None


def _time_fault(name: str, time: int, window: Window) -> tuple[Rule, str] | None:
    if time < window.earliest:
        return Rule.TOO_OLD, f"{name}={time}, before {window.earliest}"
    if time > window.latest:
        return Rule.IN_THE_FUTURE, f"{name}={time}, after {window.latest}"
    return None


def _shown(identifier: bytes) -> str:
    shown = identifier[:16].hex() or "empty"
    return shown if len(identifier) <= 16 else f"{shown}… of {len(identifier)} bytes"


def _keep(items: Any, fault_of: Callable[[Any], tuple[Rule, str] | None], tally: _Tally) -> None:
    kept = []
    for item in items:
        fault = fault_of(item)
        if fault is None:
            kept.append(item)
        else:
            tally.add(fault)
    _replace(items, kept)


def _replace(items: Any, kept: list[Any]) -> None:
    # Written anew in one go: deleting one by one moves the rest each time, which a hostile body could use.
    if len(kept) != len(items):
        del items[:]
        items.extend(kept)
