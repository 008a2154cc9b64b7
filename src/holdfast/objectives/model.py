"""Values about objectives: counts, states, and what an evaluation says. Pure; no I/O, no clock.

Counts are whole numbers and ratios are `Fraction`, so two ways to the same number give the same number.
Floats appear only where something is drawn or sent.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

SLICE = timedelta(seconds=10)
"""The finest slice counters are kept in; every window ends on its boundary."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Good events out of all events of one SLI over some time.

    Raises:
        ValueError: when there are more good events than events, or fewer than none: such counters contradict
            themselves and nothing may be concluded from them.
    """

    good: int
    total: int

    def __post_init__(self) -> None:
        """Refuse counts that contradict themselves."""
        if not 0 <= self.good <= self.total:
            raise ValueError(f"{self.good} good of {self.total} events")

    @property
    def bad(self) -> int:
        """Events that broke the promise."""
        return self.total - self.good

    @property
    def error_ratio(self) -> Fraction | None:
        """Bad events per event, or None without any."""
        return Fraction(self.bad, self.total) if self.total else None

    def __add__(self, other: "Counts") -> "Counts":
        """Count both."""
        return Counts(self.good + other.good, self.total + other.total)


NOTHING = Counts(0, 0)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a window was measured, in whole minutes: `covered` of the `expected` ones."""

    covered: int
    expected: int

    @property
    def ratio(self) -> Fraction:
        """Covered per expected; 1 while nothing is expected yet, for then nothing is missing."""
        return Fraction(self.covered, self.expected) if self.expected else Fraction(1)

    @property
    def missing(self) -> int:
        """Minutes that should have been measured and were not."""
        return self.expected - self.covered


class State(StrEnum):
    """How an objective stands; the worst that applies, `NO_DATA` before all others."""

    OK = "ok"
    BURNING_SLOWLY = "burning_slowly"
    BURNING = "burning"
    EXHAUSTED = "exhausted"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Stance:
    """An objective's state, and whether its alerts are held; `reading.reason` says why in a sentence."""

    state: State
    held: bool = False
