"""Decides which items of an OTLP request are accepted. Pure: bytes in, a `Batch` out.

A body is parsed once, in C, and only ids, times, attribute counts and histogram buckets of its items are
checked. If nothing is wrong, the received bytes go to the spool unchanged; the message is serialised again
only if items are rejected, a log record needs a time, a text is repaired, or the parser met unknown fields.

A fault in one item never refuses the others: the item is rejected or repaired alone, and the reply names it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from holdfast.telemetry.errors import BadBody, NeedsRepair
from holdfast.telemetry.intake.otlp.batch import Batch, Note, Rule, Tally
from holdfast.telemetry.intake.otlp.foreign import must_be_of
from holdfast.telemetry.intake.otlp.histograms import BUCKET_FAULTS
from holdfast.telemetry.intake.otlp.repair import Patience, repaired
from holdfast.telemetry.intake.otlp.requests import REQUESTS, reason
from holdfast.telemetry.intake.otlp.weight import must_fit, unfolded_bytes
from holdfast.telemetry.model import Signal

_OLD_FIELD = 1000
_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)
DECISION_KEYS = ("tailsampling.policy", "tailsampling.composite_policy")
"""What the Collector's tail sampling processor writes as attributes of a scope: why it kept the spans."""
DECISION_CHARACTERS = 100
"""Names of policies are short; a longer text stays on the scope."""


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """The limits of items accepted at one instant; times in nanoseconds since 1970, both ends included."""

    earliest: int
    latest: int
    now: int
    attributes: int


def parse(signal: Signal, body: bytes) -> Message:
    """Return the OTLP request that `body` holds, or raise `BadBody`."""
    try:
        return REQUESTS[signal].FromString(body)
    except DecodeError as error:
        raise _unread(signal, body, reason(error)) from error


def _unread(signal: Signal, body: bytes, why: str) -> BadBody:
    name = REQUESTS[signal].DESCRIPTOR.name
    return BadBody(
        f"the body of {len(body)} bytes is not an {name}: {why}",
        value=f"{len(body)} bytes",
        rule=f"a protobuf {name}",
    )


def decode(signal: Signal, body: bytes, window: AdmissionLimits, *, may_repair: bool = True) -> Batch:
    """Parse a protobuf `body` and accept what the rules allow; raise `BadBody` if nothing can be read.

    Raises `WrongSignal` if the body can be read only as another signal.

    Repairing takes a hundred times as long as parsing: on the event loop `may_repair` is false, and
    `NeedsRepair` is raised instead.
    """
    batch = decode_piece(signal, body, window, Patience() if may_repair else None)
    if batch.is_doubtful:
        must_be_of(signal, lambda: (body,))
    if batch.is_unreadable:
        raise _unread(signal, body, batch.rejections[0].example)
    return batch


def decode_piece(signal: Signal, body: bytes, window: AdmissionLimits, patience: Patience | None) -> Batch:
    """Do the same as `decode` for a piece of a request, which may be unreadable as a whole.

    `patience` is the effort that may be spent on repairing it; None if it may not be repaired.
    """
    try:
        request = parse(signal, body)
    except BadBody as error:
        if patience is None:
            raise NeedsRepair(error.detail) from error
        return _decode_repaired(signal, body, window, patience, error)
    return check(signal, request, window, original=body)


def _decode_repaired(
    signal: Signal, body: bytes, window: AdmissionLimits, patience: Patience, error: BadBody
) -> Batch:
    """Accept the readable items of a body that cannot be parsed as a whole, or raise that `error`."""
    found = repaired(REQUESTS[signal], body, patience)
    if found is None:
        raise error
    tally = Tally()
    if found.lost:
        tally.add((Rule.UNREADABLE, found.lost_example), count=found.lost)
    if found.texts:
        tally.remark(Note.REPAIRED_TEXT, found.text_example, count=found.texts)
    return check(signal, parse(signal, found.body), window, tally=tally)


def check(
    signal: Signal,
    request: Message,
    window: AdmissionLimits,
    *,
    original: bytes | None = None,
    tally: Tally | None = None,
) -> Batch:
    """Accept what the rules allow of `request`, which is changed in place, or raise `TooLarge`.

    `original` is the request as received, kept if nothing has to be changed; `tally` holds what its reader
    rejected and remarked.
    """
    tally = tally or Tally()
    accepted = _CHECKS[signal](request, window, tally)
    rejections, remarks = tally.rejections(), tally.remarks()
    unfolded = unfolded_bytes(signal, request)
    must_fit(unfolded)
    is_plain = _is_plain(request, original) and not tally.is_amended
    is_kept = is_plain and not rejections
    record = original if is_kept and original is not None else request.SerializeToString()
    return Batch(
        signal,
        record,
        accepted,
        rejections,
        is_rewritten=not is_kept,
        remarks=remarks,
        unfolded_bytes=unfolded,
        is_doubtful=not (accepted and is_plain),
    )


def _is_plain(request: Message, original: bytes | None) -> bool:
    """Drop unknown fields; return whether the request is its `original`, in the usual encoding.

    The parser merges fields written twice, and treats a field of the wrong wire type as unknown; the engine
    would silently store a different text for the one, and raw bytes for the other.
    """
    request.DiscardUnknownFields()
    return original is not None and request.ByteSize() == len(original)


# Generated messages are handled as Any: the checks are the same for three families of types.


def _check_traces(request: Any, window: AdmissionLimits, tally: Tally) -> int:
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
            if scope.scope.attributes:
                _move_decision(scope, tally)
            accepted += len(scope.spans)
    return accepted


def _move_decision(scope: Any, tally: Tally) -> None:
    """Move a tail sampler's decision from the scope, of which the tables have no attributes, to its spans.

    Only what such a sampler writes is copied: one short name per key. A sender could otherwise have a long
    text stored once for each of its spans.
    """
    decided = {pair.key: pair for pair in scope.scope.attributes if _is_decision(pair)}
    if not decided:
        return
    others = [pair for pair in scope.scope.attributes if pair.key not in decided]
    for span in scope.spans:
        span.attributes.extend(decided.values())
    del scope.scope.attributes[:]
    scope.scope.attributes.extend(others)
    tally.is_amended = True


def _is_decision(pair: Any) -> bool:
    return pair.key in DECISION_KEYS and 0 < len(pair.value.string_value) <= DECISION_CHARACTERS


def _spans_are_sound(spans: Iterable[Any], window: AdmissionLimits) -> bool:
    # The hot loop, once per span: all names are local and no call is made without need.
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


def _span_fault(span: Any, window: AdmissionLimits) -> tuple[Rule, str] | None:
    if len(span.trace_id) != 16 or span.trace_id == _NO_TRACE:
        return Rule.BAD_TRACE_ID, f"trace_id={_shown(span.trace_id)}"
    if len(span.span_id) != 8 or span.span_id == _NO_SPAN:
        return Rule.BAD_SPAN_ID, f"span_id={_shown(span.span_id)}"
    return (
        _time_fault("start_time_unix_nano", span.start_time_unix_nano, window)
        or _end_fault(span.end_time_unix_nano, window)
        or _attributes_fault(span.attributes, window)
    )


def _check_metrics(request: Any, window: AdmissionLimits, tally: Tally) -> int:
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


def _check_metric(metric: Any, window: AdmissionLimits, tally: Tally, fault: tuple[Rule, str] | None) -> int:
    kind = metric.WhichOneof("data")
    if kind is None:
        tally.add((Rule.UNKNOWN_METRIC_TYPE, f"metric {metric.name[:80]!r}"))
        return 0
    points = getattr(metric, kind).data_points
    if fault is not None:
        tally.add(fault, count=len(points))
        del points[:]
        return 0
    if not _points_are_sound(points, window):
        _keep(points, lambda point: _point_fault(point, window), tally)
    bucket_fault = BUCKET_FAULTS.get(kind)
    if bucket_fault is not None and any(map(bucket_fault, points)):
        _keep(points, bucket_fault, tally)
    return len(points)


def _points_are_sound(points: Iterable[Any], window: AdmissionLimits) -> bool:
    earliest, latest, attributes = window.earliest, window.latest, window.attributes
    for point in points:
        if not earliest <= point.time_unix_nano <= latest or len(point.attributes) > attributes:
            return False
    return True


def _point_fault(point: Any, window: AdmissionLimits) -> tuple[Rule, str] | None:
    return _time_fault("time_unix_nano", point.time_unix_nano, window) or _attributes_fault(
        point.attributes, window
    )


def _drop_empty(metrics: Any) -> None:
    _replace(metrics, [metric for metric in metrics if _points_in(metric)])


def _points_in(metric: Any) -> int:
    kind = metric.WhichOneof("data")
    return 0 if kind is None else len(getattr(metric, kind).data_points)


def _check_logs(request: Any, window: AdmissionLimits, tally: Tally) -> int:
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


def _records_are_sound(records: Iterable[Any], window: AdmissionLimits, tally: Tally) -> bool:
    earliest, latest, attributes = window.earliest, window.latest, window.attributes
    for record in records:
        time = record.time_unix_nano or record.observed_time_unix_nano
        if not time:
            # The record has neither an event time nor an observed time: it was observed here and now. That is
            # written into the message, so that a replay of the segment stores the same row.
            record.observed_time_unix_nano = window.now
            tally.is_amended = True
        elif not earliest <= time <= latest:
            return False
        if len(record.attributes) > attributes:
            return False
    return True


def _record_fault(record: Any, window: AdmissionLimits) -> tuple[Rule, str] | None:
    if not record.time_unix_nano and not record.observed_time_unix_nano:
        record.observed_time_unix_nano = window.now
    name = "time_unix_nano" if record.time_unix_nano else "observed_time_unix_nano"
    return _time_fault(name, getattr(record, name), window) or _attributes_fault(record.attributes, window)


_CHECKS: dict[Signal, Callable[[Any, AdmissionLimits, Tally], int]] = {
    Signal.TRACES: _check_traces,
    Signal.METRICS: _check_metrics,
    Signal.LOGS: _check_logs,
}


def _remark_old(resource: Any, tally: Tally) -> None:
    # Senders from before 2022 use a field that is no longer defined.
    unknown: Any = UnknownFieldSet(resource)
    if any(field.field_number == _OLD_FIELD for field in unknown):
        tally.remark(Note.OLD_SCOPES, f"instrumentation_library_{resource.DESCRIPTOR.name[8:].lower()}")


def _resource_fault(resource: Any, window: AdmissionLimits) -> tuple[Rule, str] | None:
    count = len(resource.resource.attributes)
    if count > window.attributes:
        return Rule.TOO_MANY_ATTRIBUTES, f"{count} on the resource where {window.attributes} are allowed"
    return None


def _attributes_fault(attributes: Any, window: AdmissionLimits) -> tuple[Rule, str] | None:
    if len(attributes) > window.attributes:
        return Rule.TOO_MANY_ATTRIBUTES, f"{len(attributes)} where {window.attributes} are allowed"
    return None


def _time_fault(name: str, time: int, window: AdmissionLimits) -> tuple[Rule, str] | None:
    if time < window.earliest:
        return Rule.TOO_OLD, f"{name}={time}, before {window.earliest}"
    if time > window.latest:
        return Rule.IN_THE_FUTURE, f"{name}={time}, after {window.latest}"
    return None


def _end_fault(time: int, window: AdmissionLimits) -> tuple[Rule, str] | None:
    # An end in the future is wrong: a duration of centuries would distort every sum and percentile.
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
    # Replaced in one go: deleting one by one is quadratic, which a hostile body could exploit.
    if len(kept) != len(items):
        del items[:]
        items.extend(kept)
