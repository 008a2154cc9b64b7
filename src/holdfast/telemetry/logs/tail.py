"""Live tails: a reader receives every new line once, within limits.

Lines arrive late and out of order, because senders batch: each look covers the last half minute and returns
the lines not sent yet. If more lines arrive than a reader can receive, it gets the newest, and a gap event.
"""

import json
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from starlette.concurrency import run_in_threadpool

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Invalid, Unavailable
from holdfast.runtime.streams import event
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.logs.model import LogFilter, LogLine
from holdfast.telemetry.logs.store import LogStore
from holdfast.telemetry.warehouse.instants import nanoseconds


@dataclass(frozen=True, slots=True)
class TailLimits:
    """The limits of live tails."""

    readers: int = 8
    lines_per_look: int = 200
    seconds_between_looks: float = 2.0
    lifetime_seconds: float = 900.0
    lateness_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class News:
    """Lines not sent before, oldest first; `has_gap` if there were more than could be sent."""

    lines: tuple[LogLine, ...]
    has_gap: bool


class Tail:
    """One reader's live view: remembers the lines it has sent for as long as they may be read again."""

    def __init__(
        self, store: LogStore, clock: Clock, limits: TailLimits, wanted: LogFilter, since: datetime
    ) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._wanted = wanted
        self._since = since
        self._sent: dict[str, int] = {}

    def look(self) -> News:
        """Return the lines that arrived since the last look."""
        now = self._clock.now()
        start = max(self._since, now - timedelta(seconds=self._limits.lateness_seconds))
        # A sender's clock may be ahead of this one.
        within = TimeRange(start, now + timedelta(seconds=self._limits.lateness_seconds))
        most = self._limits.lines_per_look
        newest = self._store.page(replace(self._wanted, within=within), None, most + len(self._sent))
        fresh = [line for line in newest if line.id not in self._sent][:most]
        has_gap = len(fresh) == most
        self._remember(newest, start)
        return News(tuple(reversed(fresh)), has_gap)

    def _remember(self, lines: list[LogLine], start: datetime) -> None:
        oldest = nanoseconds(start)
        self._sent |= {line.id: line.at_nanoseconds for line in lines}
        self._sent = {known: at for known, at in self._sent.items() if at >= oldest}


class Tails:
    """The open live tails: admits a bounded number of readers; `stop` ends them all."""

    def __init__(self, clock: Clock, limits: TailLimits) -> None:
        self.clock = clock
        self._limits = limits
        self._stop = threading.Event()
        self._readers = 0
        self._counting = threading.Lock()

    def stop(self) -> None:
        """End every tail at once."""
        self._stop.set()

    async def events(self, tail: Tail, text_of: Callable[[LogLine], str]) -> AsyncGenerator[str, None]:
        """Yield server-sent events until the tail's lifetime is over; `text_of` makes a line's text."""
        end = self.clock.monotonic_seconds() + self._limits.lifetime_seconds
        yield "retry: 2000\n\n"
        while not self._stop.is_set() and self.clock.monotonic_seconds() < end:
            news = await run_in_threadpool(tail.look)
            lines = (event("line", text_of(line), number=line.id) for line in news.lines)
            yield "".join(lines) or ": nothing new\n\n"
            if news.has_gap:
                yield event("gap", json.dumps({"told": len(news.lines)}))
            await run_in_threadpool(self.clock.wait, self._stop, self._limits.seconds_between_looks)
        yield event("end", "{}")

    def enter(self) -> None:
        """Take a reader's place; `leave` gives it back.

        Raises:
            Unavailable: all places are taken.
        """
        with self._counting:
            if self._readers >= self._limits.readers:
                raise Unavailable(
                    f"{self._readers} live tails are open, the maximum; close one, or search instead",
                    value=str(self._readers),
                    rule=f"at most {self._limits.readers} live tails",
                    retry_after_seconds=10,
                )
            self._readers += 1

    def leave(self) -> None:
        """Give a reader's place back."""
        with self._counting:
            self._readers -= 1


def resumed_at(last_id: str) -> datetime:
    """Return the instant of the last line a reader received.

    Raises:
        Invalid: it is not the id of a line.
    """
    digits, _, number = last_id.partition("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19 and len(number) == 16):
        raise Invalid(
            f"{last_id[:60]!r} is not the id of a line; omit it to begin now",
            value=last_id[:60],
            rule="the id of a line, as received",
        )
    return datetime.fromtimestamp(int(digits) // 10**9, UTC)
