"""One segment on its way to the warehouse, and the treatment it has had."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path

from holdfast.telemetry.intake.spool.segment_names import SegmentName


class Treatment(IntEnum):
    """The treatment a sealed segment has had to become readable for the warehouse; see `treatment`."""

    NONE = 0
    PLAIN = 1
    ISOLATED = 2


@dataclass(slots=True)
class Segment:
    """Records on their way to the warehouse, in one file.

    A sealed segment changes only by treatment: damaged and unreadable records are taken out, and the others
    may be rewritten in plain form. Their rows and the token stay the same.
    """

    name: SegmentName
    path: Path
    began_at: datetime
    size_bytes: int = 0
    digests: list[bytes] = field(default_factory=list)
    unfolded_bytes: int = 0
    treatment: Treatment = Treatment.NONE
