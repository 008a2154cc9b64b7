"""What reaches the spool is written as any sender writes it, for the engine reads other writings wrongly."""

from pathlib import Path

import pytest
from tests.telemetry.bodies import REQUESTS_OF, traces
from tests.telemetry.intake.fuzz.seeds import NOW, WINDOW
from tests.telemetry.intake.fuzz.wire import Field, messages, read, varint, written
from tests.telemetry.intake.otlp.test_repair import full

from holdfast.telemetry.intake.otlp.rules import REQUESTS, decode, parse
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse


def key_twice() -> bytes:
    """Return a span whose attribute's key is written twice, the first time as text of other lengths."""
    body = traces(NOW, 1, attributes=1).SerializeToString()
    tree = read(body, REQUESTS[Signal.TRACES].DESCRIPTOR)
    pair = tree[0].value[-1].value[-1].value[-1].value
    assert pair[0].name == "key"
    pair.insert(0, Field(1, 2, "é😀é".encode(), "key"))
    return written(tree)


def test_a_field_written_twice_is_joined_at_the_door() -> None:
    """The record holds what the parser read, each field once, and nothing of the bytes that came."""
    body = key_twice()
    batch = decode(Signal.TRACES, body, WINDOW)
    assert batch.is_rewritten
    assert batch.record == parse(Signal.TRACES, body).SerializeToString() != body
    assert decode(Signal.TRACES, batch.record, WINDOW).record == batch.record


@pytest.mark.parametrize("signal", Signal)
def test_what_any_sender_writes_is_kept_to_the_byte(signal: Signal) -> None:
    """A body in the usual form goes on as it came."""
    body = REQUESTS_OF[signal](NOW, 1, 2).SerializeToString()
    assert decode(signal, body, WINDOW).record == body


def test_over_long_numbers_are_written_short() -> None:
    """A length in more bytes than it needs, which the parser takes, is not passed on."""
    inner = traces(NOW, 1).SerializeToString()[2:]
    body = b"\x0a" + varint(len(inner), extra=1) + inner
    assert decode(Signal.TRACES, body, WINDOW).record == traces(NOW, 1).SerializeToString()


def beside_each_field(signal: Signal, number: int) -> tuple[bytes, bytes]:
    """Return a body in which one message holds its fields in other wire types too, and the same without.

    The odd ones stand behind the sound one, where the last of a field counts.
    """
    body = full(signal).SerializeToString()
    tree = read(body, REQUESTS[signal].DESCRIPTOR)
    message = list(messages(tree))[number]
    for field in list(message):
        odd = [Field(field.number, kind, b"abcdefgh"[: 8 if kind == 1 else 4]) for kind in (1, 5)]
        odd += [Field(field.number, 2, b"abcdefgh"), Field(field.number, 0, 7)]
        message += [one for one in odd if not is_read(signal, field, one.kind)]
    return written(tree), body


def is_read(signal: Signal, field: Field, kind: int) -> bool:
    """Whether the parser reads that field in that wire type: as it came, or as lists of numbers may come."""
    return kind == field.kind or field.name in ("bucket_counts", "explicit_bounds")


@pytest.mark.parametrize("signal", Signal)
def test_a_field_in_another_wire_type_is_stored_by_nobody(signal: Signal) -> None:
    """Wherever it stands, it is unknown to the parser, and what goes on to the engine does not hold it."""
    count = len(list(messages(read(full(signal).SerializeToString(), REQUESTS[signal].DESCRIPTOR))))
    for number in range(count):
        odd, sound = beside_each_field(signal, number)
        batch = decode(signal, odd, WINDOW)
        assert odd != sound
        assert (batch.record, batch.accepted, batch.rejections) == (sound, 2, ()), number


def key_in_other_wire_type(kind: int) -> bytes:
    """Return a span whose attribute has a key that is no text, in a wire type the parser passes over."""
    body = traces(NOW, 1, attributes=1).SerializeToString()
    tree = read(body, REQUESTS[Signal.TRACES].DESCRIPTOR)
    pair = tree[0].value[-1].value[-1].value[-1].value
    pair[0] = Field(1, kind, b"\xe3\x28\xff\x80\x01\x02\x03\x04"[: 8 if kind == 1 else 4])
    return written(tree)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (key_twice(), "key-0"),
        (key_in_other_wire_type(1), ""),
        (key_in_other_wire_type(5), ""),
    ],
)
def test_the_engine_stores_what_the_parser_reads(
    warehouse: ChdbWarehouse, tmp_path: Path, body: bytes, key: str
) -> None:
    """Of a key written twice the last is stored; a key in the wire type of a number is no key."""
    record = decode(Signal.TRACES, body, WINDOW).record
    path = tmp_path / "1.segment"
    path.write_bytes(varint(len(record)) + record)
    warehouse.insert_segment(Signal.TRACES, path, "odd")
    ((attributes,),) = warehouse.query("SELECT SpanAttributes FROM otel_traces")
    assert dict(attributes) == {key: "0"}
