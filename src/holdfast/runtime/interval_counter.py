"""Counts how often something happens within an interval, to bound its log lines."""

from holdfast.runtime.clock import Clock


class IntervalCounter:
    """A count that begins again from zero when its interval is over; threads may lose a few."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._until = clock.monotonic_seconds() + seconds
        self._count = 0

    @property
    def count(self) -> int:
        """How often it happened since the interval began."""
        now = self._clock.monotonic_seconds()
        if now >= self._until:
            self._count, self._until = 0, now + self._seconds
        return self._count

    def add(self) -> int:
        """Count once more; return the count."""
        self._count = self.count + 1
        return self._count
