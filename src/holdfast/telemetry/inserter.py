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
    """Why the segments of one signal are not being inserted, since when, and when `token` is tried again."""

    token: str
    reason: str
    since: datetime
    failures: int
    retry_at_seconds: float


class Inserter:
    """The one who empties the spool; lives as long as the intake.

    `step` may be called by several threads: each takes another segment, oldest first. A signal whose segment
    could not be inserted tries only that one, until it is stored or set aside; the other signals go on.
    """

    def __init__(self, spool: Spool, warehouse: SegmentStore, clock: Clock) -> None:
        self._spool = spool
        self._warehouse = warehouse
        self._clock = clock
        self._books = threading.Condition()  # guards all that follows, and what lanes do with segments
        self._troubles: dict[Signal, Trouble] = {}
        self._taken: set[str] = set()
        self._doubtful: set[str] = set()
        self._holds = 0

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What stands in the way now, longest first; empty if segments are being inserted."""
        return tuple(sorted(tuple(self._troubles.values()), key=lambda trouble: trouble.since))

    def step(self) -> Outcome:
        """Insert the segment whose turn it is: traces first, unless others have waited long enough."""
        with self._books:
            self._books.wait_for(lambda: not self._holds)
            turns = self._turns()
            if not turns:
                return Outcome.WAITING if self._troubles else Outcome.IDLE
            lane, segment = min(turns, key=_turn_of)
            self._taken.add(segment.name.token)
            if lane.signal is Signal.TRACES:
                self._doubtful.add(segment.name.token)
        return self._insert(lane, segment)

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Hold inserts while the block runs, with every stored span stored for certain.

        Raises `Unavailable` while a segment of traces is in doubt: tried without success, or left by an
        earlier process. Its spans may be in the table already, and it will be inserted once more.
        """
        with self._books:
            self._holds += 1
            try:
                self._books.wait_for(lambda: not self._taken)
                self._must_be_certain()
                yield
            finally:
                self._holds -= 1
                self._books.notify_all()

    def run(self, stop: threading.Event) -> None:
        """Insert segments as they are sealed, until `stop` is set. Several threads may run at once."""
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

    def _turns(self) -> list[tuple[Lane, Segment]]:
        now = self._clock.monotonic_seconds()
        lanes = self._spool.lanes.values()
        return [(lane, segment) for lane in lanes if (segment := self._next_of(lane, now))]

    def _next_of(self, lane: Lane, now: float) -> Segment | None:
        free = (segment for segment in lane.sealed() if segment.name.token not in self._taken)
        trouble = self._troubles.get(lane.signal)
        if trouble is None:
            return next(free, None)
        if trouble.retry_at_seconds > now:
            return None
        return next((segment for segment in free if segment.name.token == trouble.token), None)

    def _must_be_certain(self) -> None:
        lane = self._spool.lanes[Signal.TRACES]
        for segment in lane.sealed():
            if lane.is_recovered(segment) or segment.name.token in self._doubtful:
                raise Unavailable(
                    f"segment {segment.path.name} may be stored in part; it is inserted again first"
                )

    def _insert(self, lane: Lane, segment: Segment) -> Outcome:
        error: Exception | None = None
        try:
            self._warehouse.insert_segment(lane.signal, segment.path, segment.name.token)
            with self._books:
                lane.forget(segment)
        except (Unavailable, SegmentRefused, OSError) as raised:
            error = raised
        except Exception as raised:  # the worker boundary: nothing may be lost to an error nobody foresaw
            log.exception("inserting segment %s failed", segment.path)
            error = raised
        with self._books:
            self._taken.discard(segment.name.token)
            self._books.notify_all()
            if error is not None:
                return self._failed(lane, segment, error)
            self._succeed(lane.signal, segment)
            return Outcome.INSERTED

    def _failed(self, lane: Lane, segment: Segment, error: Exception) -> Outcome:
        if isinstance(error, SegmentRefused):
            return self._refused(lane, segment, error.detail)
        if isinstance(error, Unavailable):
            return self._wait(lane, segment, error.detail)
        if isinstance(error, OSError):
            return self._wait(lane, segment, f"{segment.path} cannot be read or deleted: {error.strerror}")
        return self._wait(lane, segment, f"inserting {segment.path.name} failed: {error!r}")

    def _wait(self, lane: Lane, segment: Segment, reason: str) -> Outcome:
        trouble = self._troubles.get(lane.signal)
        if trouble is None or trouble.token != segment.name.token:
            return self._postpone(lane.signal, segment, reason)
        if trouble.failures + 1 >= _DOUBTFUL_FAILURES and not segment.is_rewritten:
            return self._rewrite(lane, segment, reason)
        return self._postpone(lane.signal, segment, reason)

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
            reason = f"{segment.path} cannot be set aside: {error.strerror}"
            return self._postpone(lane.signal, segment, reason)
        self._succeed(lane.signal, segment)
        return Outcome.REFUSED

    def _rewrite(self, lane: Lane, segment: Segment, reason: str) -> Outcome:
        log.warning("the warehouse does not take segment %s, rewritten: %s", segment.path.name, reason)
        try:
            lane.rewrite(segment)
        except OSError as error:
            reason = f"{segment.path} cannot be rewritten: {error.strerror}"
            return self._postpone(lane.signal, segment, reason)
        return Outcome.REWRITTEN

    def _postpone(self, signal: Signal, segment: Segment, reason: str) -> Outcome:
        token, now = segment.name.token, self._clock.monotonic_seconds()
        known = self._troubles.get(signal)
        if known is not None and known.token != token:
            return Outcome.POSTPONED  # it was under way when the other failed, and comes after it
        since, failures = (known.since, known.failures + 1) if known else (self._clock.now(), 1)
        if known is None:
            log.warning("segments of %s wait, the warehouse takes none: %s", signal, reason)
        pause_seconds = min(RETRY_FIRST_SECONDS * 2 ** min(failures - 1, 10), RETRY_MOST_SECONDS)
        self._troubles[signal] = Trouble(token, reason, since, failures, now + pause_seconds)
        return Outcome.POSTPONED

    def _succeed(self, signal: Signal, segment: Segment) -> None:
        self._doubtful.discard(segment.name.token)
        trouble = self._troubles.get(signal)
        if trouble is not None and trouble.token == segment.name.token:
            del self._troubles[signal]
            log.info("the warehouse takes segments of %s again", signal)

    def _pause_seconds(self) -> float:
        now = self._clock.monotonic_seconds()
        return min([_IDLE_SECONDS, *(max(t.retry_at_seconds - now, 0.01) for t in self.troubles)])


def _turn_of(waiting: tuple[Lane, Segment]) -> int:
    # Names are numbered by the millisecond their first record came in.
    lane, segment = waiting
    return segment.name.number + _MAY_WAIT_MILLISECONDS[lane.signal]
