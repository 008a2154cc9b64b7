"""Slices of time that spans are summed over, and the slice width for a range. Pure."""

from holdfast.runtime.timerange import TimeRange

SLICE = "toStartOfInterval(toDateTime(Timestamp, 'UTC'), INTERVAL 10 SECOND)"


FINE_RANGE_SECONDS = 12 * 3600
"""RED is read in 10 s slices up to this range, and in 5 min slices beyond, so a month costs little more."""


def grain_seconds(within: TimeRange) -> int:
    """Return the width of the slices a range is read in: steps cannot be narrower."""
    return 10 if within.seconds <= FINE_RANGE_SECONDS else 300


COARSE_SECONDS = 300
