"""Moves sealed segments from the spool into the warehouse, oldest first, and deletes them.

A segment that was inserted but not yet deleted when the process died is inserted again under the same
token, and the warehouse recognises it. If the warehouse is away the segments wait; one it cannot read is
set aside so that the others go on.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.model import Signal
from holdfast.telemetry.spool import REFUSED, Spool
from holdfast.telemetry.spool_lane import Lane, Segment

log = logging.getLogger(__name__)

RETRY_FIRST_SECONDS = 0.5
RETRY_MOST_SECONDS = 15.0
_IDLE_SECONDS = 1.0
# Objectives are counted from traces; logs and metrics may be a few seconds older before they come first.
_MAY_WAIT_MILLISECONDS = {Signal.TRACES: 0, Signal.LOGS: 2_000, Signal.METRICS: 4_000}
_DOUBTFUL_FAILURES = 2
"""At this failure in a row the segment itself is suspected too, whatever the warehouse says."""


class SegmentStore(Protocol):
    """What the inserter needs of the warehouse."""

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Store the segment at `path`; repeated under the same `token`, nothing is stored twice.

        Raises `Unavailable` to be asked again later, `SegmentRefused` if it never can be stored.
        """
        ...


class Outcome(Enum):
    """What one step of the inserter came to."""

    INSERTED = "inserted"
    IDLE = "idle"
    POSTPONED = "could not be inserted, waits for its next turn"
    WAITING = "all that is left waits for its next turn"
    REWRITTEN = "rewritten in plain form"
    REFUSED = "set aside"

    @property
    def moves_on(self) -> bool:
        """Whether the next step may follow at once."""
        return self not in (Outcome.IDLE, Outcome.WAITING)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the segments of one signal are not being inserted, since when, and when it is tried again."""

    reason: str
    since: datetime
    failures: int
    retry_at_seconds: float


class Inserter:
    """The one who empties the spool; lives as long as the intake.

    Each signal keeps its order. One that cannot be inserted waits by itself, the others go on.
    """

    def __init__(self, spool: Spool, warehouse: SegmentStore, clock: Clock) -> None:
        self._spool = spool
        self._warehouse = warehouse
        self._clock = clock
        self._troubles: dict[Signal, Trouble] = {}
        self._tried: dict[Signal, str] = {}
        self._turn = threading.Lock()

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What stands in the way now, longest first; empty if segments are being inserted."""
        return tuple(sorted(self._troubles.values(), key=lambda trouble: trouble.since))

    def step(self) -> Outcome:
        """Insert the segment whose turn it is: traces first, unless others have waited long enough."""
        now = self._clock.monotonic_seconds()
        waiting = [(lane, segment) for lane in self._spool.lanes.values() if (segment := lane.oldest())]
        ready = [pair for pair in waiting if self._retry_at(pair[0].signal) <= now]
        if not ready:
            return Outcome.WAITING if waiting else Outcome.IDLE
        with self._turn:
            return self._insert(*min(ready, key=_turn_of))

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Hold inserts while the block runs, with every stored span stored for certain.

        Raises `Unavailable` while a segment of traces is in doubt: tried without success, or left by an
        earlier process. Its spans may be in the table already, and it will be inserted once more.
        """
        lane = self._spool.lanes[Signal.TRACES]
        with self._turn:
            oldest = lane.oldest()
            if oldest and (lane.is_recovered(oldest) or self._tried.get(Signal.TRACES) == oldest.name.token):
                raise Unavailable(
                    f"segment {oldest.path.name} may be stored in part; it is inserted again first"
                )
            yield

    def run(self, stop: threading.Event) -> None:
        """Insert segments as they are sealed, until `stop` is set."""
        news = self._spool.sealed_something
        while not stop.is_set():
            if self.step().moves_on:
                continue
            self._clock.wait(news, self._pause_seconds())
            news.clear()

    def drain(self, until_seconds: float) -> Outcome:
        """Insert what is sealed, until the monotonic time `until_seconds`; return the last outcome."""
        outcome = Outcome.INSERTED
        while outcome.moves_on and self._clock.monotonic_seconds() < until_seconds:
            outcome = self.step()
        return outcome

    def _insert(self, lane: Lane, segment: Segment) -> Outcome:
        self._tried[lane.signal] = segment.name.token
        try:
            self._warehouse.insert_segment(lane.signal, segment.path, segment.name.token)
            lane.forget(segment)
        except Unavailable as error:
            return self._wait(lane, segment, error.detail)
        except OSError as error:
            return self._wait(lane, segment, f"{segment.path} cannot be read or deleted: {error.strerror}")
        except SegmentRefused as error:
            return self._refused(lane, segment, error.detail)
        except Exception as error:  # the worker boundary: nothing may be lost to an error nobody foresaw
            log.exception("inserting segment %s failed", segment.path)
            return self._wait(lane, segment, f"inserting {segment.path.name} failed: {error!r}")
        self._succeed(lane.signal)
        return Outcome.INSERTED

    def _wait(self, lane: Lane, segment: Segment, reason: str) -> Outcome:
        trouble = self._troubles.get(lane.signal)
        if trouble is not None and trouble.failures + 1 >= _DOUBTFUL_FAILURES and not segment.is_rewritten:
            return self._rewrite(lane, segment, reason)
        return self._postpone(lane.signal, reason)

    def _refused(self, lane: Lane, segment: Segment, reason: str) -> Outcome:
        if not segment.is_rewritten:
            return self._rewrite(lane, segment, reason)
        directory = self._spool.directory / REFUSED
        log.error(
            "the warehouse cannot read segment %s, moved to %s: %s", segment.path.name, directory, reason
        )
        try:
            lane.set_aside(segment, directory)
        except OSError as error:
            return self._postpone(lane.signal, f"{segment.path} cannot be set aside: {error.strerror}")
        self._succeed(lane.signal)
        return Outcome.REFUSED

    def _rewrite(self, lane: Lane, segment: Segment, reason: str) -> Outcome:
        log.warning("the warehouse does not take segment %s, rewritten: %s", segment.path.name, reason)
        try:
            lane.rewrite(segment)
        except OSError as error:
            return self._postpone(lane.signal, f"{segment.path} cannot be rewritten: {error.strerror}")
        return Outcome.REWRITTEN

    def _postpone(self, signal: Signal, reason: str) -> Outcome:
        known = self._troubles.get(signal)
        since, failures = (known.since, known.failures + 1) if known else (self._clock.now(), 1)
        if known is None:
            log.warning("segments of %s wait, the warehouse takes none: %s", signal, reason)
        pause_seconds = min(RETRY_FIRST_SECONDS * 2 ** min(failures - 1, 10), RETRY_MOST_SECONDS)
        retry_at_seconds = self._clock.monotonic_seconds() + pause_seconds
        self._troubles[signal] = Trouble(reason, since, failures, retry_at_seconds)
        return Outcome.POSTPONED

    def _succeed(self, signal: Signal) -> None:
        if self._troubles.pop(signal, None) is not None:
            log.info("the warehouse takes segments of %s again", signal)

    def _retry_at(self, signal: Signal) -> float:
        trouble = self._troubles.get(signal)
        return trouble.retry_at_seconds if trouble else float("-inf")

    def _pause_seconds(self) -> float:
        now = self._clock.monotonic_seconds()
        return min([_IDLE_SECONDS, *(max(t.retry_at_seconds - now, 0.01) for t in self.troubles)])


def _turn_of(waiting: tuple[Lane, Segment]) -> int:
    # Names are numbered by the millisecond their first record came in.
    lane, segment = waiting
    return segment.name.number + _MAY_WAIT_MILLISECONDS[lane.signal]
