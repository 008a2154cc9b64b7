"""The past intervals of what is usual, as SQL over a table with slices of five minutes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from holdfast.telemetry.services.usual import PastInterval, past_intervals
from holdfast.telemetry.warehouse.instants import between, second_from

SLICE_SECONDS = 300
LAST_SECOND = 2**32 - 1
"""The last second a slice can begin in; spans may claim to be of any year."""


@dataclass(frozen=True, slots=True)
class PastSlices:
    """The intervals to compare a moment with: a slice is in the one of its number."""

    intervals: tuple[PastInterval, ...]

    @classmethod
    def at(cls, moment: datetime) -> "PastSlices":
        """Return those of a moment."""
        return cls(past_intervals(moment))

    @property
    def condition(self) -> str:
        """The condition for a slice that is in any of them; its parameters are `parameters`."""
        return f"({' OR '.join(self._each())})"

    @property
    def number(self) -> str:
        """The expression for the number of the first interval that a slice is in."""
        which = ", ".join(f"{condition}, {n}" for n, condition in enumerate(self._each()))
        return f"multiIf({which}, {len(self.intervals)})"

    @property
    def parameters(self) -> Mapping[str, object]:
        """The bounds of every interval, in seconds since 1970."""
        bounds: dict[str, object] = {}
        for n, one in enumerate(self.intervals):
            bounds |= {f"from_{n}": _stored(one.range.start), f"to_{n}": _stored(one.range.end)}
        return bounds

    def _each(self) -> list[str]:
        return [between("Slice", f"from_{n}", f"to_{n}") for n in range(len(self.intervals))]


def moment_key(moment: datetime) -> int:
    """Return what is the same for all moments that are compared with the same intervals."""
    return second_from(moment) // SLICE_SECONDS


def _stored(moment: datetime) -> int:
    return min(max(0, second_from(moment)), LAST_SECOND)
