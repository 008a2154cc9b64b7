"""What comes in, as it comes in: a reader is told of every line once, within bounds.

Lines come late and out of order, as senders batch: each look goes back over the last half minute, and tells
of those not told yet. Where more come in than a reader can be told, the newest are told and a gap is.
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
from holdfast.telemetry.instants import nanoseconds
from holdfast.telemetry.logs.model import LogFilter, LogLine
from holdfast.telemetry.logs.store import LogStore


@dataclass(frozen=True, slots=True)
class TailLimits:
    """How much a live tail may take."""

    readers: int = 8
    lines_per_look: int = 200
    seconds_between_looks: float = 2.0
    lifetime_seconds: float = 900.0
    lateness_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class News:
    """Lines not told before, oldest first; `has_gap` if there were more than could be told."""

    lines: tuple[LogLine, ...]
    has_gap: bool


class Tail:
    """One reader's view: remembers what it has told for as long as it may come again."""

    def __init__(
        self, store: LogStore, clock: Clock, limits: TailLimits, wanted: LogFilter, since: datetime
    ) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._wanted = wanted
        self._since = since
        self._told: dict[str, int] = {}

    def look(self) -> News:
        """Return what has come in since the last look."""
        now = self._clock.now()
        start = max(self._since, now - timedelta(seconds=self._limits.lateness_seconds))
        # A sender's clock may be ahead of this one.
        within = TimeRange(start, now + timedelta(seconds=self._limits.lateness_seconds))
        most = self._limits.lines_per_look
        newest = self._store.page(replace(self._wanted, within=within), None, most + len(self._told))
        fresh = [line for line in newest if line.id not in self._told][:most]
        has_gap = len(fresh) == most
        self._remember(newest, start)
        return News(tuple(reversed(fresh)), has_gap)

    def _remember(self, lines: list[LogLine], start: datetime) -> None:
        oldest = nanoseconds(start)
        self._told |= {line.id: line.at_nanoseconds for line in lines}
        self._told = {known: at for known, at in self._told.items() if at >= oldest}


class Tails:
    """Lets a bounded number of readers follow; ends them all when told to."""

    def __init__(self, clock: Clock, limits: TailLimits) -> None:
        self.clock = clock
        self._limits = limits
        self._stop = threading.Event()
        self._readers = 0
        self._counting = threading.Lock()

    def stop(self) -> None:
        """End every tail at once."""
        self._stop.set()

    async def events(self, tail: Tail, told: Callable[[LogLine], str]) -> AsyncGenerator[str, None]:
        """Yield server-sent events until the tail's lifetime is over; `told` makes a line's text."""
        end = self.clock.monotonic_seconds() + self._limits.lifetime_seconds
        yield "retry: 2000\n\n"
        while not self._stop.is_set() and self.clock.monotonic_seconds() < end:
            news = await run_in_threadpool(tail.look)
            lines = (event("line", told(line), number=line.id) for line in news.lines)
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
                    f"{self._readers} live tails are open, which is the most; close one, or search instead",
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
    """Return the instant of the line a reader was told last.

    Raises:
        Invalid: not the id of a line.
    """
    digits, _, number = last_id.partition("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19 and len(number) == 16):
        raise Invalid(
            f"{last_id[:60]!r} is not the id of a line; leave it out to begin now",
            value=last_id[:60],
            rule="the id of a line, as it was told",
        )
    return datetime.fromtimestamp(int(digits) // 10**9, UTC)
