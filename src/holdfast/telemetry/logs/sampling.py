"""Samples a range when examining all of it would take too long. Pure.

A sample is whole slices of ten seconds, evenly spread over those with lines: the same range gives the same
sample, and every service and severity of those slices is in it. Counts in the sample are scaled by the lines
examined and the lines in the range, both of them known exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.telemetry.logs.strides import Slice

SLICES_MOST = 24
"""Most slices in a sample: for each one the engine opens every part of the table."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The basis of a number: the lines examined (`looked_at`) of all (`of`).

    Both are counted before words and attributes narrow them down. `slices` are the starts of the slices
    examined, in seconds since 1970; empty if everything was.
    """

    looked_at: int
    of: int
    slices: tuple[int, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether all lines were examined."""
        return not self.slices

    def scaled(self, found: int) -> int:
        """Return `found` scaled to all lines, as the nearest whole number; exact if all were examined."""
        if self.is_exact or self.looked_at == 0:
            return found
        return (2 * found * self.of + self.looked_at) // (2 * self.looked_at)


def pick(slices: Sequence[Slice], budget_lines: int) -> tuple[Slice, ...]:
    """Return slices, evenly spread, that together have about `budget_lines`; at least one if there is any.

    The newest is among several: people look for what began a minute ago. The first and the last slice may be
    cut by the ends of the range, so that their lines differ from their counts; they are omitted.
    """
    filled = [one for one in slices if one[1] > 0]
    filled = filled[1:-1] or filled
    if not filled:
        return ()
    lines_each = sum(lines for _, lines in filled) / len(filled)
    number = max(1, min(SLICES_MOST, len(filled), int(budget_lines / lines_each)))
    if number == 1:
        return (filled[len(filled) // 2],)
    return tuple(filled[place * (len(filled) - 1) // (number - 1)] for place in range(number))
