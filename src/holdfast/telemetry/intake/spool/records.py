"""The framing of records in a segment, and finding those that are whole. Pure.

A segment is a sequence of OTLP requests of one signal, each behind its length as a varint: exactly what the
engine's `Protobuf` format reads. Before a request's own bytes, counted in its length, comes a label: a field
that OTLP does not define and every reader of the format skips. It holds the segment's nonce, the request's
length and the first bytes of its digest. So damage is detected, and the record behind it is found: no sender
knows the nonce, so its bytes occur only in labels.

Segments of earlier versions have no labels. In them a record is whole if it can be parsed, and a record with
a damaged length loses the rest of its segment.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from holdfast.telemetry.intake.spool.digests import digest
from holdfast.telemetry.intake.spool.segment_names import SegmentName
from holdfast.telemetry.intake.varint import varint, varint_at

IsSound = Callable[[bytes], bool]
"""Whether bytes can be a record; asked for records without a label."""

_LABEL = struct.Struct("<8sI8s")
# Field 2047, length-delimited: the last whose tag takes two bytes, far from any that OTLP may use.
_TAG = varint(2047 << 3 | 2) + varint(_LABEL.size)
LABEL_BYTES = len(_TAG) + _LABEL.size
_CHECK_BYTES = 8
_LENGTH_BYTES = 5
"""Most bytes of a record's length: it is below 2^32."""


@dataclass(frozen=True, slots=True)
class SegmentContent:
    """The content of a segment: its whole records, its damaged ranges of bytes, and its torn end.

    `torn_at` is where an incompletely written record begins; None if the segment ends with a record or with
    damage. A torn record was not acknowledged.
    """

    records: list[bytes]
    damaged: list[tuple[int, int]]
    torn_at: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the segment holds records and nothing else."""
        return not self.damaged and self.torn_at is None


def framed_bytes(record: bytes) -> int:
    """Return the bytes that `record` takes in a segment of this version."""
    size_bytes = LABEL_BYTES + len(record)
    return len(varint(size_bytes)) + size_bytes


def framed(name: SegmentName, record: bytes, key: bytes) -> tuple[bytes, bytes]:
    """Return the two pieces that `record`, whose digest is `key`, is written as in the segment `name`."""
    if not name.is_labelled:
        return varint(len(record)), record
    label = _TAG + _LABEL.pack(bytes.fromhex(name.nonce), len(record), key[:_CHECK_BYTES])
    return varint(LABEL_BYTES + len(record)) + label, record


def messages(content: bytes) -> Iterator[bytes]:
    """Yield each record of a whole segment with its label, as every reader of the format sees them."""
    position = 0
    while position < len(content):
        length, begin = _length_at(content, position)
        position = begin + length
        yield content[begin:position]


def find_records(content: bytes, name: SegmentName, is_sound: IsSound) -> SegmentContent:
    """Return the records, damage and torn end in the `content` of the segment `name`."""
    frames = _labelled(content, name) if name.is_labelled else _unlabelled(content, is_sound)
    records: list[bytes] = []
    damaged: list[tuple[int, int]] = []
    position = 0
    for start, begin, stop in frames:
        if start > position:
            damaged.append((position, start))
        if begin < stop:
            records.append(content[begin:stop])
        position = stop
    if position == len(content):
        return SegmentContent(records, damaged)
    if _is_torn(content, position, name):
        return SegmentContent(records, damaged, torn_at=position)
    return SegmentContent(records, [*damaged, (position, len(content))])


def _labelled(content: bytes, name: SegmentName) -> Iterator[tuple[int, int, int]]:
    """Yield for each whole record where its frame begins, where its own bytes begin, and where they end."""
    position, at = 0, 0
    mark = _mark(name)
    seen: set[bytes] = set()  # a body is accepted once: a second label like it was copied by a fault
    while (at := content.find(mark, at)) >= 0:
        begin = at + LABEL_BYTES
        stop = _stop_of(content, at, name)
        if stop is None or not _is_intact(content, at, stop) or content[at:begin] in seen:
            at += 1
            continue
        seen.add(content[at:begin])
        length = varint(stop - at)
        # A damaged length loses nothing: the label holds it too.
        is_framed = at - len(length) >= position and content[at - len(length) : at] == length
        yield (at - len(length) if is_framed else at), begin, stop
        position = at = stop


def _stop_of(content: bytes, at: int, name: SegmentName) -> int | None:
    """Return where the record whose label is at `at` ends; None if its label or the record is cut off."""
    if at + LABEL_BYTES > len(content):
        return None
    _, length, _ = _LABEL.unpack_from(content, at + len(_TAG))
    stop: int = at + LABEL_BYTES + length
    return stop if stop <= len(content) else None


def _is_intact(content: bytes, at: int, stop: int) -> bool:
    check = content[at + LABEL_BYTES - _CHECK_BYTES : at + LABEL_BYTES]
    return digest(content[at + LABEL_BYTES : stop])[:_CHECK_BYTES] == check


def _is_torn(content: bytes, position: int, name: SegmentName) -> bool:
    """Whether the rest is the beginning of a record or the zeros of a lost page, and not damage."""
    if not content[position:].strip(b"\0") or not name.is_labelled:
        return True
    length, at = _length_at(content, position)
    label, mark = content[at : at + LABEL_BYTES], _mark(name)
    if not mark.startswith(label[: len(mark)]):
        return False
    if len(label) < LABEL_BYTES:
        return True
    _, record_bytes, _ = _LABEL.unpack_from(label, len(_TAG))
    return length == LABEL_BYTES + record_bytes and at + length > len(content)


def _unlabelled(content: bytes, is_sound: IsSound) -> Iterator[tuple[int, int, int]]:
    position = damaged_from = 0
    while (place := _record_at(content, position)) is not None:
        begin, stop = place
        if is_sound(content[begin:stop]):
            yield position, begin, stop
            damaged_from = stop
        position = stop
    if damaged_from < position:
        yield position, position, position  # an empty frame: the bytes before it are damaged


def _record_at(content: bytes, position: int) -> tuple[int, int] | None:
    length, begin = _length_at(content, position)
    # An empty record is never written: zeros are the remains of a lost page.
    return (begin, begin + length) if length and begin + length <= len(content) else None


def _length_at(content: bytes, position: int) -> tuple[int, int]:
    """Return the length at a position, and where it ends; 0 if it does not end."""
    found = varint_at(content, position, len(content), _LENGTH_BYTES)
    return found or (0, min(position + _LENGTH_BYTES, len(content)))


def _mark(name: SegmentName) -> bytes:
    return _TAG + bytes.fromhex(name.nonce)
