"""What a chart of a service shows."""

from dataclasses import dataclass

from holdfast.runtime import journal
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.services.model import RedPoint
from holdfast.telemetry.services.usual_band import UsualBand


@dataclass(frozen=True, slots=True)
class ServiceSeries:
    """RED per step over a range, with the changes made in it, and what is usual at its times."""

    step_seconds: int
    within: TimeRange
    points: tuple[RedPoint, ...]
    marks: tuple[journal.Mark, ...]
    usual: UsualBand
