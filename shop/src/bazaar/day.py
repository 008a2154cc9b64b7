"""The day curve: how many shoppers there are at which hour. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Day:
    """A day squeezed into `length_seconds`, quietest at its start, busiest half-way."""

    journeys_per_second: float = 2.2
    swing: float = 0.2
    length_seconds: float = 1200.0

    def __post_init__(self) -> None:
        if not 0 < self.journeys_per_second <= 200:
            raise ValueError(f"journeys per second must be in (0, 200], not {self.journeys_per_second}")
        if not 0 <= self.swing < 1:
            raise ValueError(f"swing must be at least 0 and below 1, not {self.swing}")
        if self.length_seconds <= 0:
            raise ValueError(f"a day must be longer than {self.length_seconds} s")

    @property
    def busiest(self) -> float:
        """Journeys per second at the busiest hour."""
        return self.rate_at(self.length_seconds / 2)

    def rate_at(self, seconds: float) -> float:
        """Journeys per second at that time of the run."""
        phase = 2 * math.pi * seconds / self.length_seconds
        return self.journeys_per_second * (1 - self.swing * math.cos(phase))

    def shoppers_at(self, seconds: float, pace_seconds: float) -> int:
        """How many shoppers keep that rate when each starts a journey every `pace_seconds`."""
        return max(1, round(self.rate_at(seconds) * pace_seconds))
