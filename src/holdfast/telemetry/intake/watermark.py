"""When a slice counts as complete. Pure."""

from datetime import UTC, datetime, timedelta

SLICE_SECONDS = 10


LATENESS = timedelta(seconds=10)
"""SDKs export every five seconds by default; a slice counts as complete after twice that."""


def complete_until(inserted_through: datetime) -> datetime:
    """Return the end of the last slice that counts as complete, `LATENESS` after its end."""
    until = int((inserted_through - LATENESS).timestamp())
    return datetime.fromtimestamp(until - until % SLICE_SECONDS, UTC)


def seconds_to_boundary(instant: datetime, width_seconds: float) -> float:
    """Return the time from an instant to the next multiple of a width in its slice, or to the slice's end."""
    into_slice = instant.timestamp() % SLICE_SECONDS
    return width_seconds - into_slice % width_seconds
