"""Recognises a request of another signal than the path it was sent to. Pure.

All three signals nest alike, and protobuf skips fields that do not fit, so the metrics of an exporter with a
wrong path would be read as log records without time or text. Only a request without sound items is examined,
and it is refused only if it is valid as another signal, to the last field. No request of the right signal is:
every sound item holds a time, in a field that the items of other signals do not have.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from google.protobuf.message import DecodeError

from holdfast.telemetry.errors import WrongSignal
from holdfast.telemetry.intake.otlp.batch import ITEMS
from holdfast.telemetry.intake.otlp.requests import REQUESTS
from holdfast.telemetry.model import Signal

# Generated messages are handled as Any: the walk is the same for three families of types.


def must_be_of(signal: Signal, pieces: Callable[[], Iterable[bytes]]) -> None:
    """Raise `WrongSignal` if the pieces of a body are sound as another signal than `signal`."""
    for other in Signal:
        if other is not signal and _are_all_of(other, pieces()):
            raise wrong(signal, other)


def wrong(signal: Signal, found: Signal) -> WrongSignal:
    """Return the refusal of a body that holds the signal `found` instead of `signal`."""
    return WrongSignal(
        f"the body holds {ITEMS[found]}, not {ITEMS[signal]}: send it to /v1/{found.value}, over gRPC to the "
        f"{found.value} service",
        value=found.value,
        rule=f"{ITEMS[signal]} are sent to /v1/{signal.value}",
    )


def _are_all_of(signal: Signal, pieces: Iterable[bytes]) -> bool:
    items = 0
    for piece in pieces:
        found = _items(signal, piece)
        if found is None:
            return False
        items += found
    return items > 0


def _items(signal: Signal, piece: bytes) -> int | None:
    """Return the number of items in a piece; None if any is not sound, or a field is unknown."""
    try:
        request: Any = REQUESTS[signal].FromString(piece)
    except DecodeError:
        return None
    are_sound = list(_SOUND[signal](request))
    if not all(are_sound):
        return None
    size_bytes = request.ByteSize()
    request.DiscardUnknownFields()
    return len(are_sound) if request.ByteSize() == size_bytes else None


def _spans(request: Any) -> Iterator[bool]:
    for group in request.resource_spans:
        for scope in group.scope_spans:
            for span in scope.spans:
                yield len(span.trace_id) == 16 and len(span.span_id) == 8 and span.start_time_unix_nano > 0


def _records(request: Any) -> Iterator[bool]:
    for group in request.resource_logs:
        for scope in group.scope_logs:
            for record in scope.log_records:
                yield record.time_unix_nano > 0 or record.observed_time_unix_nano > 0


def _points(request: Any) -> Iterator[bool]:
    for group in request.resource_metrics:
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                yield kind is not None
                for point in getattr(metric, kind).data_points if kind else ():
                    yield point.time_unix_nano > 0


_SOUND: dict[Signal, Callable[[Any], Iterator[bool]]] = {
    Signal.TRACES: _spans,
    Signal.LOGS: _records,
    Signal.METRICS: _points,
}
