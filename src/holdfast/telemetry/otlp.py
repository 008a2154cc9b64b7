"""Decides what of an OTLP request is taken. Pure: bytes in, a `Batch` out.

A body is parsed once, in C, and only ids, times and attribute counts of its items are looked at. As long as
nothing is wrong the very bytes that came in go on to the spool; only when items are rejected, a log record
needs a time, or a text is repaired, is the remaining message written anew.

One item's fault never refuses the others: it is rejected or repaired alone, and the sender told which.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from holdfast.telemetry.errors import BadBody, NeedsRepair
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp_batch import Batch, Note, Rule, Tally
from holdfast.telemetry.otlp_repair import Patience, repaired
from holdfast.telemetry.otlp_weight import must_fit, unfolded_bytes

REQUESTS: dict[Signal, type[Message]] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
}

_OLD_FIELD = 1000
_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)


@dataclass(frozen=True, slots=True)
class Window:
    """What may be taken at one instant: times in nanoseconds since 1970, both ends included."""

    earliest: int
    latest: int
    now: int
    attributes: int


def parse(signal: Signal, body: bytes) -> Message:
    """Return the OTLP request that `body` holds, or raise `BadBody`."""
    try:
        return REQUESTS[signal].FromString(body)
    except DecodeError as error:
        raise _unread(signal, body, str(error).rpartition(": ")[2]) from error


def _unread(signal: Signal, body: bytes, reason: str) -> BadBody:
    name = REQUESTS[signal].DESCRIPTOR.name
    return BadBody(
        f"the body of {len(body)} bytes is not an {name}: {reason}",
        value=f"{len(body)} bytes",
        rule=f"a protobuf {name}",
    )


def decode(signal: Signal, body: bytes, window: Window, *, may_repair: bool = True) -> Batch:
    """Parse a protobuf `body` and take what the rules allow; raise `BadBody` if nothing can be read.

    Repairing takes a hundred times as long as parsing: where nothing may take long, `may_repair` is false and
    `NeedsRepair` is raised instead.
    """
    batch = decode_piece(signal, body, window, Patience() if may_repair else None)
    if batch.is_unreadable:
        raise _unread(signal, body, batch.rejections[0].example)
    return batch


def decode_piece(signal: Signal, body: bytes, window: Window, patience: Patience | None) -> Batch:
    """Do the same for a piece of a request, which may hold nothing that can be read.

    `patience` is what may be spent on repairing it; None if nothing.
    """
    try:
        request = parse(signal, body)
    except BadBody as error:
        if patience is None:
            raise NeedsRepair(error.detail) from error
        return _decode_repaired(signal, body, window, patience, error)
    return check(signal, request, window, original=body)


def _decode_repaired(
    signal: Signal, body: bytes, window: Window, patience: Patience, error: BadBody
) -> Batch:
    """Take what can be read of a body that cannot be parsed as a whole, or raise that `error`."""
    found = repaired(REQUESTS[signal], body, patience)
    if found is None:
        raise error
    tally = Tally()
    if found.lost:
        reason = error.detail.rpartition(": ")[2]
        tally.add((Rule.UNREADABLE, f"{found.lost_example}: {reason}"), count=found.lost)
    if found.texts:
        tally.remark(Note.REPAIRED_TEXT, found.text_example, count=found.texts)
    return check(signal, parse(signal, found.body), window, tally=tally)


def check(
    signal: Signal,
    request: Message,
    window: Window,
    *,
    original: bytes | None = None,
    tally: Tally | None = None,
) -> Batch:
    """Take what the rules allow of `request`, which is changed in place, or raise `TooLarge`.

    `original` is the request as it came in, kept if nothing has to be changed; `tally` holds what its reader
    found.
    """
    tally = tally or Tally()
    accepted = _CHECKS[signal](request, window, tally)
    rejections, remarks = tally.rejections(), tally.remarks()
    unfolded = unfolded_bytes(signal, request)
    must_fit(unfolded)
    if original is None or rejections or tally.is_amended or not _is_plain(request, original):
        record = request.SerializeToString()
        return Batch(
            signal, record, accepted, rejections, is_rewritten=True, remarks=remarks, unfolded_bytes=unfolded
        )
    return Batch(signal, original, accepted, remarks=remarks, unfolded_bytes=unfolded)


def _is_plain(request: Message, original: bytes) -> bool:
    """Whether the request is written as any sender writes it: each field once, in as few bytes as it takes.

    The parser joins what is written twice; the engine stores another text for it, without a word.
    """
    return request.ByteSize() == len(original)


# Generated messages are handled as Any: the checks are the same for three families of types.


def _check_traces(request: Any, window: Window, tally: Tally) -> int:
    accepted = 0
    for resource in request.resource_spans:
        if not resource.scope_spans:
            _remark_old(resource, tally)
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
            not earliest <= span.start_time_unix_nano <= latest >= span.end_time_unix_nano
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
    return (
        _time_fault("start_time_unix_nano", span.start_time_unix_nano, window)
        or _end_fault(span.end_time_unix_nano, window)
        or _attributes_fault(span.attributes, window)
    )


def _check_metrics(request: Any, window: Window, tally: Tally) -> int:
    accepted = 0
    for resource in request.resource_metrics:
        fault = _resource_fault(resource, window)
        if not resource.scope_metrics:
            _remark_old(resource, tally)
        for scope in resource.scope_metrics:
            kept = sum(_check_metric(metric, window, tally, fault) for metric in scope.metrics)
            if tally.rejections():
                _drop_empty(scope.metrics)
            accepted += kept
    return accepted


def _check_metric(metric: Any, window: Window, tally: Tally, fault: tuple[Rule, str] | None) -> int:
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


def _check_logs(request: Any, window: Window, tally: Tally) -> int:
    accepted = 0
    for resource in request.resource_logs:
        fault = _resource_fault(resource, window)
        if not resource.scope_logs:
            _remark_old(resource, tally)
        for scope in resource.scope_logs:
            if fault is not None:
                tally.add(fault, count=len(scope.log_records))
                del scope.log_records[:]
            elif not _records_are_sound(scope.log_records, window, tally):
                _keep(scope.log_records, lambda record: _record_fault(record, window), tally)
            accepted += len(scope.log_records)
    return accepted


def _records_are_sound(records: Iterable[Any], window: Window, tally: Tally) -> bool:
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


_CHECKS: dict[Signal, Callable[[Any, Window, Tally], int]] = {
    Signal.TRACES: _check_traces,
    Signal.METRICS: _check_metrics,
    Signal.LOGS: _check_logs,
}


def _remark_old(resource: Any, tally: Tally) -> None:
    # Senders of before 2022 put everything into a field that is no longer defined.
    unknown: Any = UnknownFieldSet(resource)
    if any(field.field_number == _OLD_FIELD for field in unknown):
        tally.remark(Note.OLD_SCOPES, f"instrumentation_library_{resource.DESCRIPTOR.name[8:].lower()}")


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


def _end_fault(time: int, window: Window) -> tuple[Rule, str] | None:
    # Nobody knows yet how long it lasted: a duration of centuries would stand in every sum and percentile.
    if time > window.latest:
        return Rule.IN_THE_FUTURE, f"end_time_unix_nano={time}, after {window.latest}"
    return None


def _shown(identifier: bytes) -> str:
    shown = identifier[:16].hex() or "empty"
    return shown if len(identifier) <= 16 else f"{shown}… of {len(identifier)} bytes"


def _keep(items: Any, fault_of: Callable[[Any], tuple[Rule, str] | None], tally: Tally) -> None:
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
