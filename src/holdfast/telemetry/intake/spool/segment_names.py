"""Names of spool segments. Pure.

A segment's name is its deduplication token in the warehouse, so no two segments ever share one: it holds a
growing number and 64 random bits. The framing of its records is in `records`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from holdfast.telemetry.model import Signal

OPEN = ".open"
"""Suffix of a segment still appended to."""
SEALED = ".sealed"
"""Suffix of a segment whose content never changes again."""
DAMAGED = ".damaged"
"""Suffix of a segment's damaged bytes."""
UNREADABLE = ".unreadable"
"""Suffix of a segment's records that the warehouse cannot read."""

_SUFFIXES = frozenset({OPEN, SEALED, DAMAGED, UNREADABLE, ""})
_LABELLED = "-2"
_NAME = re.compile(r"(traces|metrics|logs)-(\d{15})-([0-9a-f]{16})(-2)?")


@dataclass(frozen=True, slots=True)
class SegmentName:
    """The name of one segment, unique for all time.

    `number` is the millisecond since 1970 in which its first record arrived, or one more than the highest
    number in use if that is later: so it grows even if the clock steps back, and sorts by age. `is_labelled`
    is false for segments of versions whose records had no labels.
    """

    signal: Signal
    number: int
    nonce: str
    is_labelled: bool = True

    @property
    def token(self) -> str:
        """The name without suffix: the deduplication token in the warehouse."""
        form = _LABELLED if self.is_labelled else ""
        return f"{self.signal.value}-{self.number:015d}-{self.nonce}{form}"

    @property
    def began_at(self) -> datetime:
        """When its first record arrived, according to the name."""
        return datetime.fromtimestamp(self.number / 1000, UTC)


def read_name(filename: str) -> SegmentName | None:
    """Return the segment name in `filename`, or None if it is another file."""
    token, dot, suffix = filename.partition(".")
    found = _NAME.fullmatch(token)
    if found is None or dot + suffix not in _SUFFIXES:
        return None
    return SegmentName(Signal(found[1]), int(found[2]), found[3], is_labelled=found[4] is not None)
