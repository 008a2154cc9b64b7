"""The strides in which the newest lines are searched for, back through time. Pure.

A first page must not read the whole range: lines are read from the newest end in strides. A stride is as long
as needed for a number of lines, known from the counts, and each has four times the lines of the last. If
every line matches, the first stride is enough; if a word is rare, few strides cover the whole range.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from holdfast.runtime.timerange import TimeRange

FIRST_LINES = 20_000
GROWTH = 4

Slice = tuple[int, int]
"""The start of a slice in seconds since 1970, and the most matching lines it may have."""


def strides(
    slices: Sequence[Slice], within: TimeRange, first_lines: int = FIRST_LINES
) -> Iterator[TimeRange]:
    """Yield ranges that together are exactly `within`, the newest first.

    `slices` are newest first and may omit slices without lines; they decide where strides end, never what is
    read, so lines missing from the counts are found too.
    """
    end, wanted, read = within.end, first_lines, 0
    for epoch, lines in slices:
        read += lines
        start = datetime.fromtimestamp(epoch, UTC)
        if read >= wanted and within.start < start < end:
            yield TimeRange(start, end)
            end, wanted, read = start, wanted * GROWTH, 0
    if within.start < end:
        yield TimeRange(within.start, end)
