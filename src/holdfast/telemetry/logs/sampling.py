"""Which part of a range is looked at when all of it would take too long. Pure.

A sample is whole slices of ten seconds, evenly spread over those that hold lines: the same range gives the
same sample, and every service and severity of those moments is in it. What is counted in it is scaled by
lines looked at of lines there are, both of them known exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.telemetry.logs.strides import Slice

SLICES_MOST = 24
"""How many slices a sample may have: each costs the engine a look into every part of the table."""


@dataclass(frozen=True, slots=True)
class Basis:
    """On how many lines (`looked_at`) of how many (`of`) a number rests.

    Both are counted before words and attributes narrow them down. `slices` are the starts of those looked at,
    in seconds since 1970; empty if everything was.
    """

    looked_at: int
    of: int
    slices: tuple[int, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether everything was looked at."""
        return not self.slices

    def scaled(self, found: int) -> int:
        """Return how many there are of what was found so often: exact, or the nearest whole number."""
        if self.is_exact or self.looked_at == 0:
            return found
        return (2 * found * self.of + self.looked_at) // (2 * self.looked_at)


def pick(slices: Sequence[Slice], budget_lines: int) -> tuple[Slice, ...]:
    """Return slices, evenly spread, that together hold about `budget_lines`; at least one if there is any.

    The newest is among several: what began a minute ago is what people look for. The first and the last of
    the range may be cut by its ends, so that their lines are not those that were counted; they are left out.
    """
    held = [one for one in slices if one[1] > 0]
    held = held[1:-1] or held
    if not held:
        return ()
    lines_each = sum(lines for _, lines in held) / len(held)
    number = max(1, min(SLICES_MOST, len(held), int(budget_lines / lines_each)))
    if number == 1:
        return (held[len(held) // 2],)
    return tuple(held[place * (len(held) - 1) // (number - 1)] for place in range(number))
