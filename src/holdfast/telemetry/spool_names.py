"""Names and framing of spool segments. Pure.

A segment is a run of OTLP requests of one signal, each behind its length as a varint: exactly what the
engine's `Protobuf` format reads. Its name is its deduplication token in the warehouse, so no two segments
ever share one: it holds a number that grows and 64 random bits.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp_reply import varint

OPEN = ".open"
"""Suffix of a segment still appended to."""
SEALED = ".sealed"
"""Suffix of a segment whose content never changes again."""

_NAME = re.compile(r"(traces|metrics|logs)-(\d{15})-([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class SegmentName:
    """Tells one segment from all others, of all time.

    `number` is the millisecond since 1970 in which its first record came, or one more than the highest
    number in use if that is later: so it grows even if the clock steps back, and sorts by age.
    """

    signal: Signal
    number: int
    nonce: str

    @property
    def token(self) -> str:
        """The name without suffix: what the warehouse remembers of it."""
        return f"{self.signal.value}-{self.number:015d}-{self.nonce}"

    @property
    def began_at(self) -> datetime:
        """When its first record came, as far as the name tells."""
        return datetime.fromtimestamp(self.number / 1000, UTC)


def read_name(filename: str) -> SegmentName | None:
    """Return the segment that `filename` names, or None if it names something else."""
    found = _NAME.fullmatch(filename.removesuffix(OPEN).removesuffix(SEALED))
    if found is None:
        return None
    return SegmentName(Signal(found[1]), int(found[2]), found[3])


def framed(record: bytes) -> tuple[bytes, bytes]:
    """Return the two pieces under which `record` stands in a segment: its length, and itself."""
    return varint(len(record)), record


def intact_records(content: bytes, is_sound: Callable[[bytes], object]) -> tuple[list[bytes], int]:
    """Return the records at the start of `content`, and how many bytes they take.

    What follows was torn by a crash: a length without its record, half a record, or the zeros that a file
    system shows where data never arrived. `is_sound` raises or returns false on a record that cannot be one.
    """
    records: list[bytes] = []
    end = 0
    while (span := _record_at(content, end)) is not None:
        start, stop = span
        record = content[start:stop]
        if not is_sound(record):
            break
        records.append(record)
        end = stop
    return records, end


def _record_at(content: bytes, position: int) -> tuple[int, int] | None:
    length = shift = 0
    for start in range(position, min(position + 5, len(content))):
        length |= (content[start] & 0x7F) << shift
        shift += 7
        if content[start] < 0x80:
            stop = start + 1 + length
            # A record of no bytes is never written: zeros are what is left of a lost page.
            return (start + 1, stop) if length and stop <= len(content) else None
    return None
