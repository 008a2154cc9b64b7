"""An allowance: a number a second, saved up for a few seconds. Pure except for the clock it is given."""

from __future__ import annotations

from collections.abc import Callable


class Allowance:
    """A token bucket, full at first."""

    def __init__(self, per_second: float, saved_seconds: float, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._most = per_second * saved_seconds
        self._left = self._most
        self._clock = clock
        self._at = clock()

    def take(self) -> bool:
        """Take one, if one is left."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
