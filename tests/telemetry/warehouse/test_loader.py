"""From a sender to the tables: what is acknowledged is stored once, with anything else in its segment."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.conftest import opened_copy
from tests.telemetry.bodies import now_nanoseconds, traces
from tests.telemetry.serving import SMALL

from holdfast.runtime.clock import SystemClock
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.intake.otlp.replies import MediaType
from holdfast.telemetry.intake.service import IntakeService
from holdfast.telemetry.intake.spool.digests import digest
from holdfast.telemetry.intake.spool.records import framed
from holdfast.telemetry.intake.spool.segment_names import SegmentName
from holdfast.telemetry.intake.varint import varint
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.protocol import Warehouse


def _field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


_GROUP = varint(200 << 3 | 3) + varint(200 << 3 | 4)
_TWO_VALUES = _field(9, _field(1, b"k") + _field(2, _field(1, b"x") + b"\x18\x05"))
_ODD_BOOL = _field(9, _field(1, b"k") + _field(2, b"\x10\x02"))

ODD_SPAN_FIELDS = {
    "an unknown group": _GROUP,
    "a value given twice": _TWO_VALUES,
    "a bool of two": _ODD_BOOL,
    "a known field of the wrong type": b"\x28\x05",
    "an overlong tag": b"\xa8\x80\x00\x05",
}
"""Ways of writing a span that are valid protobuf and that the engine does not read."""


def odd(at: int, number: int, extra: bytes) -> bytes:
    """Return a request of one span with `extra` bytes at its end."""
    span = traces(at, number, name="odd").resource_spans[0].scope_spans[0].spans[0].SerializeToString()
    body = _field(1, _field(2, _field(2, span + extra)))
    assert ExportTraceServiceRequest.FromString(body)
    return body


@pytest.mark.parametrize("oddity", ODD_SPAN_FIELDS)
def test_odd_senders_cost_nobody_else(tmp_path: Path, warehouse: Warehouse, oddity: str) -> None:
    """A request written in a way the engine does not read is stored, and so is all else in its segment."""
    service = IntakeService(tmp_path / "spool", warehouse, SystemClock(), SMALL)
    service.start()
    at = now_nanoseconds()
    bodies = [
        traces(at, 1, name="before").SerializeToString(),
        odd(at, 2, ODD_SPAN_FIELDS[oddity]),
        traces(at, 3, 4, name="after").SerializeToString(),
    ]
    for body in bodies:
        service._receiver.take(Signal.TRACES, body, MediaType.PROTOBUF)
    while service.status().spool_bytes:
        SystemClock().wait(threading.Event(), 0.02)
    service.stop(30)
    rows = warehouse.query("SELECT SpanName, count() FROM otel_traces GROUP BY 1 ORDER BY 1")
    assert rows == [("after", 2), ("before", 1), ("odd", 1)]
    assert service.status().segments_refused == 0


@pytest.mark.parametrize("oddity", [*ODD_SPAN_FIELDS, ""])
def test_what_can_be_read_is_what_can_be_stored(
    tmp_path: Path, layout: Layout, migrated_directory: Path, oddity: str
) -> None:
    """Reading a segment to find its bad records refuses just what the engine refuses, and stores nothing."""
    name = SegmentName(Signal.TRACES, 1, "00" * 8)
    body = odd(now_nanoseconds(), 1, ODD_SPAN_FIELDS.get(oddity, b""))
    path = tmp_path / f"{name.token}.sealed"
    path.write_bytes(b"".join(framed(name, body, digest(body))))

    def refuses(take: Callable[[], None]) -> bool:
        try:
            take()
        except (SegmentRefused, Unavailable):
            return True
        return False

    copy = tmp_path / "warehouse"
    with opened_copy(migrated_directory, copy, layout, unfolds_small=False) as warehouse:
        cannot_be_read = refuses(lambda: warehouse.read_segment(Signal.TRACES, path))
        assert warehouse.query("SELECT count() FROM otel_traces") == [(0,)]
        assert refuses(lambda: warehouse.insert_segment(Signal.TRACES, path, name.token)) == cannot_be_read
    assert cannot_be_read == (oddity not in ("", "an unknown group"))


@pytest.mark.parametrize("oddity", ODD_SPAN_FIELDS)
def test_small_segments_are_never_refused(tmp_path: Path, warehouse: Warehouse, oddity: str) -> None:
    """What the door takes is stored at the first attempt from a small segment, as the engine parses none."""
    name = SegmentName(Signal.TRACES, 1, "00" * 8)
    body = odd(now_nanoseconds(), 1, ODD_SPAN_FIELDS[oddity])
    path = tmp_path / f"{name.token}.sealed"
    path.write_bytes(b"".join(framed(name, body, digest(body))))
    warehouse.insert_segment(Signal.TRACES, path, name.token)
    assert warehouse.query("SELECT SpanName FROM otel_traces") == [("odd",)]
