"""One segment on its way to the warehouse, and how far it was gone to make it readable."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path

from holdfast.telemetry.spool_names import SegmentName


class Treatment(IntEnum):
    """How far it was gone to make a sealed segment one that the warehouse takes; see `spool_treatment`."""

    NONE = 0
    PLAIN = 1
    ISOLATED = 2


@dataclass(slots=True)
class Segment:
    """Records on their way to the warehouse, in one file.

    Once it is sealed its content stays, but for its treatment: damage and what the warehouse cannot read are
    taken out, and the other records may be written in plain form. The rows they stand for stay the same, and
    so does the token.
    """

    name: SegmentName
    path: Path
    began_at: datetime
    size_bytes: int = 0
    digests: list[bytes] = field(default_factory=list)
    unfolded_bytes: int = 0
    treatment: Treatment = Treatment.NONE
