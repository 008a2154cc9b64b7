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
class Coverage:
    """How much of a window was measured, in whole minutes: `covered` of the `expected` ones."""

    covered: int
    expected: int

    @property
    def ratio(self) -> Fraction:
        """Covered per expected; 1 while nothing is expected yet, because then nothing is missing."""
        return Fraction(self.covered, self.expected) if self.expected else Fraction(1)

    @property
    def missing(self) -> int:
        """Minutes that should have been measured and were not."""
        return self.expected - self.covered


class State(StrEnum):
    """The state of an objective: the worst that applies, `NO_DATA` before all others."""

    OK = "ok"
    BURNING_SLOWLY = "burning_slowly"
    BURNING = "burning"
    EXHAUSTED = "exhausted"
    NO_DATA = "no_data"


class BurnState(StrEnum):
    """Whom the burn of an objective's budget reaches; quiet while no alert fires.

    `BURNING`: a page alert fires. `BURNING_SLOWLY`: only ticket alerts do; people read "burning · ticket".
    """

    QUIET = "quiet"
    BURNING_SLOWLY = "burning_slowly"
    BURNING = "burning"


@dataclass(frozen=True, slots=True)
class ObjectiveStatus:
    """An objective's state, and whether its alerts are suspended; `evaluated.reason` says why.

    `burn` is apart from the state, because an exhausted budget may burn on or be quiet for days.
    """

    state: State
    suspended: bool = False
    burn: BurnState = BurnState.QUIET

    def is_in(self, state: State) -> bool:
        """Whether a reader who asks for a state means this objective.

        What is exhausted may burn as well, and what burns at a ticket's pace burns.
        """
        return state in (self.state, *_ALSO.get(self.burn, ()))


_ALSO = {
    BurnState.BURNING: (State.BURNING,),
    BurnState.BURNING_SLOWLY: (State.BURNING, State.BURNING_SLOWLY),
}
