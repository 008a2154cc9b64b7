"""How far back to look at once when the newest lines are wanted. Pure.

A first page must not cost what is stored in the range: lines are read from the newest end in strides, each
as long as it takes to hold a number of lines, known from the counts, and each four times the last. Where
every line matches, the first stride is enough; where a word is rare, few strides reach the whole range.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from holdfast.runtime.timerange import TimeRange

FIRST_LINES = 20_000
GROWTH = 4

Slice = tuple[int, int]
"""The start of a slice in seconds since 1970, and how many lines it may hold of those wanted."""


def strides(
    slices: Sequence[Slice], within: TimeRange, first_lines: int = FIRST_LINES
) -> Iterator[TimeRange]:
    """Yield ranges that together are exactly `within`, the newest first.

    `slices` are newest first and may leave out what holds no line; they decide where strides end, never what
    is looked at, so lines no count knows of are found as well.
    """
    end, wanted, held = within.end, first_lines, 0
    for epoch, lines in slices:
        held += lines
        start = datetime.fromtimestamp(epoch, UTC)
        if held >= wanted and within.start < start < end:
            yield TimeRange(start, end)
            end, wanted, held = start, wanted * GROWTH, 0
    if within.start < end:
        yield TimeRange(within.start, end)
