"""The only place that reads the machine's time.

Everything else receives a `Clock`, so a test fast-forwards a week in milliseconds and a verdict can be
reproduced later from its inputs. This module alone may call `datetime.now` and `time.sleep` (a lint checks).
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of time that can wait.

    `now` is the wall clock, aware and in UTC, and may step back when the machine's clock is corrected.
    `monotonic_seconds` never steps back and is for measuring durations only.
    """

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...

    def monotonic_seconds(self) -> float:
        """Return seconds from an arbitrary start; never decreases."""
        ...

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until `event` is set or `seconds` have passed; return whether it is set."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's current instant in UTC."""
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        """Return the machine's monotonic time in seconds."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait in real time."""
        return event.wait(seconds)


class ManualClock:
    """A clock that moves only when `advance` is called: for tests, timelines and replays."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._monotonic_seconds = 0.0

    def now(self) -> datetime:
        """Return the instant it was last moved to."""
        return self._now

    def monotonic_seconds(self) -> float:
        """Return the seconds it has been moved forward so far."""
        return self._monotonic_seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Jump ahead at once instead of waiting."""
        if not event.is_set():
            self.advance(timedelta(seconds=seconds))
        return event.is_set()

    def advance(self, by: timedelta) -> None:
        """Move forward by `by`."""
        self._now += by
        self._monotonic_seconds += max(0.0, by.total_seconds())

    def step_back(self, by: timedelta) -> None:
        """Step the wall clock back, as a time server's correction does; monotonic time stays."""
        self._now -= by
