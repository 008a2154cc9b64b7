"""News for open pages: whether something was recorded or received, so that a page reads again only then.

Every reader of the stream shares one look at the server: what it costs does not grow with the pages open.
"""

import json
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import partial

from anyio import CapacityLimiter, to_thread

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Unavailable
from holdfast.runtime.streams import event


@dataclass(frozen=True, slots=True)
class NewsLimits:
    """The limits of the stream of news."""

    readers: int = 32
    seconds_between_looks: float = 2.0
    seconds_between_status: float = 5.0
    lifetime_seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class Look:
    """The server at one instant.

    `recorded` grows with every journal entry, `received` with every item of telemetry accepted. `status` is
    the answer of `/api/v1/status`; `urgent` is the part of it that is sent without delay when it changes.
    """

    recorded: int
    received: int
    status: str
    urgent: tuple[object, ...]

    @property
    def versions(self) -> dict[str, int]:
        """The versions a page compares with those it has."""
        return {"recorded": self.recorded, "received": self.received}


class NewsStream:
    """The stream of news: admits a bounded number of readers; `stop` ends every stream."""

    def __init__(self, look: Callable[[], Look], clock: Clock, limits: NewsLimits) -> None:
        self.clock = clock
        self._ask = look
        self._limits = limits
        self._stop = threading.Event()
        self._guard = threading.Lock()
        self._readers = 0
        self._last: Look | None = None
        self._looked_at = 0.0
        # Threads of their own: waiting readers must not take those that answer requests.
        self._waiting = CapacityLimiter(limits.readers)

    def stop(self) -> None:
        """End every stream at once."""
        self._stop.set()

    def enter(self) -> None:
        """Take a reader's place; `leave` gives it back.

        Raises:
            Unavailable: all places are taken.
        """
        with self._guard:
            if self._readers >= self._limits.readers:
                raise Unavailable(
                    f"{self._readers} pages read the news, the maximum; poll instead",
                    value=str(self._readers),
                    rule=f"at most {self._limits.readers} readers of the news",
                    retry_after_seconds=60,
                )
            self._readers += 1

    def leave(self) -> None:
        """Give a reader's place back."""
        with self._guard:
            self._readers -= 1

    async def events(self) -> AsyncGenerator[str, None]:
        """Yield server-sent events until the stream's lifetime is over."""
        reader = _Reader(self._limits.seconds_between_status)
        end = self.clock.monotonic_seconds() + self._limits.lifetime_seconds
        yield "retry: 2000\n\n"
        while not self._stop.is_set() and self.clock.monotonic_seconds() < end:
            seen = await to_thread.run_sync(self._shared, limiter=self._waiting)
            # A comment where there is no news: the reader's authority is checked at every piece.
            yield reader.text(seen, self.clock.monotonic_seconds()) or ":\n\n"
            pause = partial(self.clock.wait, self._stop, self._limits.seconds_between_looks)
            await to_thread.run_sync(pause, limiter=self._waiting)
        yield event("end", "{}")

    def _shared(self) -> Look | None:
        """Return the look of this moment; None while the state database is away."""
        with self._guard:
            now = self.clock.monotonic_seconds()
            if self._last is None or now - self._looked_at >= self._limits.seconds_between_looks / 2:
                try:
                    self._last, self._looked_at = self._ask(), now
                except Unavailable:
                    self._last = None
            return self._last


class _Reader:
    """What one reader was sent last."""

    def __init__(self, seconds_between_status: float) -> None:
        self._between = seconds_between_status
        self._sent: Look | None = None
        self._status: Look | None = None
        self._status_at = 0.0

    def text(self, seen: Look | None, now: float) -> str:
        """Return the events the reader has not had; none while nothing can be said."""
        if seen is None:
            return ""
        return self._news(seen) + self._status_of(seen, now)

    def _news(self, seen: Look) -> str:
        if self._sent is not None and self._sent.versions == seen.versions:
            return ""
        self._sent = seen
        return event("news", json.dumps(seen.versions))

    def _status_of(self, seen: Look, now: float) -> str:
        last = self._status
        is_due = last is None or last.urgent != seen.urgent or now - self._status_at >= self._between
        if not is_due:
            return ""
        self._status, self._status_at = seen, now
        return event("status", seen.status)
