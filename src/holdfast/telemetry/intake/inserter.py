"""Moves sealed segments from the spool into the warehouse, oldest first, and deletes them.

A segment that was inserted but not yet deleted when the process died is inserted again under the same
token, and the warehouse deduplicates it. While the warehouse is unavailable, segments wait. A segment that
is damaged or cannot be read is treated (`spool/treatment.py`) until its sound records are stored and the
rest is set aside.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.intake.spool.segment import Segment, Treatment
from holdfast.telemetry.intake.spool.signal_queue import SignalQueue
from holdfast.telemetry.intake.spool.spool import Spool
from holdfast.telemetry.intake.spool.treatment import isolate, isolate_deadly, rewrite, set_aside, verify
from holdfast.telemetry.model import Signal

log = logging.getLogger(__name__)

RETRY_FIRST_SECONDS = 0.5
RETRY_MOST_SECONDS = 15.0
_IDLE_SECONDS = 1.0
# Objectives are counted from traces; logs and metrics may be a few seconds older before they come first.
_MAY_WAIT_MILLISECONDS = {Signal.TRACES: 0, Signal.LOGS: 2_000, Signal.METRICS: 4_000}
_DOUBTFUL_FAILURES = 2
"""After this many failures in a row the segment itself is suspected, for any error, and rewritten."""
_OTHERS_TRIED_FAILURES = 3
"""From this failure on, the segments behind it are tried too: is the segment at fault, or the warehouse?"""
HOPELESS_FAILURES = 10
HOPELESS_STORED = 10
"""A segment that failed ten times while ten behind it were stored is at fault, and is set aside."""


DEADLY_INSERTS = 3
"""After three inserts that ended the process, the segment's records are tried part by part."""
DEADLY_INSERTS_MOST = 6
"""After six, the rest of the segment is set aside: reading its records found no culprit."""


class SegmentStore(Protocol):
    """What the inserter needs of the warehouse."""

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Store the segment at `path`; a repeat under the same `token` stores nothing twice.

        Raises `Unavailable` if it should be retried later, `SegmentRefused` if it can never be stored.
        """
        ...

    def read_segment(self, signal: Signal, path: Path) -> None:
        """Read the segment at `path` as `insert_segment` does, without storing it; raises the same errors."""
        ...


class InsertOutcome(Enum):
    """The result of one step of the inserter."""

    INSERTED = "inserted"
    IDLE = "idle"
    POSTPONED = "could not be inserted, waits for its next turn"
    WAITING = "all that is left waits for its next turn"
    REWRITTEN = "rewritten, to be tried again"
    REFUSED = "set aside"

    @property
    def moves_on(self) -> bool:
        """Whether the next step may follow at once."""
        return self not in (InsertOutcome.IDLE, InsertOutcome.WAITING)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A segment of one signal that cannot be inserted: the reason, since when, and when it is retried.

    `stored_meanwhile` counts the segments behind it that were stored since; `is_others_turn` is set when one
    of those is tried next, `others_pass` when the last of those tried was stored.
    """

    token: str
    reason: str
    since: datetime
    failures: int
    retry_at_seconds: float
    stored_meanwhile: int = 0
    is_others_turn: bool = False
    others_pass: bool = False

    @property
    def is_hopeless(self) -> bool:
        """Whether the segment is at fault, and not the warehouse."""
        return self.failures >= HOPELESS_FAILURES and self.stored_meanwhile >= HOPELESS_STORED


class Inserter:
    """Moves segments from the spool into the warehouse; lives as long as the intake.

    Several threads may call `step`: each takes a different segment, oldest first. When a segment cannot be
    inserted, its signal retries it with growing pauses, and after some failures also tries the segments
    behind it. The other signals continue.
    """

    def __init__(self, spool: Spool, warehouse: SegmentStore, clock: Clock) -> None:
        self._spool = spool
        self._warehouse = warehouse
        self._clock = clock
        self._condition = threading.Condition()  # guards the fields below, and changes of segments in queues
        self._troubles: dict[Signal, Trouble] = {}
        self._taken: set[str] = set()
        self._doubtful: set[str] = set()
        self._holds = 0
        self._inserts = 0

    @property
    def inserts(self) -> int:
        """How often an insert has begun or ended: while this does not change, nothing is stored."""
        return self._inserts

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """The segments that block their signals now, longest first; empty if inserts succeed."""
        return tuple(sorted(tuple(self._troubles.values()), key=lambda trouble: trouble.since))

    def step(self) -> InsertOutcome:
        """Insert the segment whose turn it is: traces first, unless others have waited long enough."""
        with self._condition:
            self._condition.wait_for(lambda: not self._holds)
            if any(
                token in queue.attempts.suspects
                for queue in self._spool.queues.values()
                for token in self._taken
            ):
                return InsertOutcome.WAITING
            turns = self._turns()
            if not turns:
                return InsertOutcome.WAITING if self._troubles else InsertOutcome.IDLE
            queue, segment = self._first(turns)
            if self._is_lone(queue, segment) and self._taken:
                return InsertOutcome.WAITING  # nothing new is started, so that its turn comes
            self._taken.add(segment.name.token)
            self._inserts += 1
            if queue.signal is Signal.TRACES:
                self._doubtful.add(segment.name.token)
        return self._insert(queue, segment)

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Pause inserts while the block runs, with no insert of spans in doubt.

        Raises `Unavailable` while a trace segment is in doubt: its insert failed, or an earlier process left
        it. Its spans may already be in the table, and it will be inserted again.
        """
        with self._condition:
            self._holds += 1
            try:
                self._condition.wait_for(lambda: not self._taken)
                self._must_be_certain()
                yield
            finally:
                self._holds -= 1
                self._condition.notify_all()

    def run(self, stop: threading.Event) -> None:
        """Insert segments as they are sealed, until `stop` is set. Several threads may run at once."""
        news = self._spool.sealed_something
        while not stop.is_set():
            if self.step().moves_on:
                continue
            self._clock.wait(news, self._pause_seconds())
            news.clear()

    def drain(self, until_seconds: float) -> InsertOutcome:
        """Insert what is sealed, until the monotonic time `until_seconds`; return the last outcome."""
        outcome = InsertOutcome.INSERTED
        while outcome.moves_on and self._clock.monotonic_seconds() < until_seconds:
            outcome = self.step()
        return outcome

    def _turns(self) -> list[tuple[SignalQueue, Segment]]:
        now = self._clock.monotonic_seconds()
        queues = self._spool.queues.values()
        return [(queue, segment) for queue in queues if (segment := self._next_of(queue, now))]

    def _first(self, turns: list[tuple[SignalQueue, Segment]]) -> tuple[SignalQueue, Segment]:
        if not any(self._is_lone(queue, segment) for queue, segment in turns):
            return min(turns, key=_turn_of)
        return min(turns, key=lambda turn: (_order(*turn), _turn_of(turn)))

    def _is_lone(self, queue: SignalQueue, segment: Segment) -> bool:
        """Whether the segment has ended a process: it is inserted alone, so that no other is suspected."""
        return segment.name.token in queue.attempts.suspects

    def _next_of(self, queue: SignalQueue, now: float) -> Segment | None:
        free = [segment for segment in queue.sealed() if segment.name.token not in self._taken]
        if queue.attempts.suspects:
            free.sort(key=lambda segment: _order(queue, segment))
        trouble = self._troubles.get(queue.signal)
        if trouble is None:
            return next(iter(free), None)
        suspect = next((segment for segment in free if segment.name.token == trouble.token), None)
        others = [segment for segment in free if segment is not suspect]
        if trouble.retry_at_seconds > now:
            return others[0] if others and trouble.others_pass else None
        if others and trouble.is_others_turn:
            return others[trouble.failures % len(others)]  # a different one each time: it may be at fault too
        return suspect

    def _must_be_certain(self) -> None:
        queue = self._spool.queues[Signal.TRACES]
        for segment in queue.sealed():
            if queue.is_recovered(segment) or segment.name.token in self._doubtful:
                raise Unavailable(
                    f"segment {segment.path.name} may be partly stored; it has to be inserted again first"
                )

    def _insert(self, queue: SignalQueue, segment: Segment) -> InsertOutcome:
        """Bring a segment one step further; after any error it gets another turn."""
        try:
            outcome = self._attempt(queue, segment)
        except Unavailable as error:
            return self._failed(queue, segment, error.detail)
        except OSError as error:
            reason = f"{segment.path} cannot be read, written or deleted: {error.strerror or error}"
            return self._failed(queue, segment, reason)
        except Exception as error:  # the worker boundary: an unforeseen error must not lose a segment
            log.exception("inserting segment %s failed", segment.path)
            return self._failed(queue, segment, f"inserting {segment.path.name} failed: {error!r}")
        else:
            queue.attempts.returned(segment.name.token)
            self._went_on(queue.signal, segment, outcome)
            return outcome
        finally:
            with self._condition:
                self._taken.discard(segment.name.token)
                self._inserts += 1
                self._condition.notify_all()

    def _attempt(self, queue: SignalQueue, segment: Segment) -> InsertOutcome:
        verify(queue, segment)  # before every attempt: it may have been damaged while it waited
        died = queue.attempts.died(segment.name.token)
        if died.inserts >= DEADLY_INSERTS:
            if died.inserts >= DEADLY_INSERTS_MOST:
                log.error(
                    "the process ended %d times while inserting %s; it is set aside",
                    died.inserts,
                    segment.path,
                )
                set_aside(queue, segment)
                return InsertOutcome.REFUSED
            if not died.is_isolated:
                return self._isolate_deadly(queue, segment, died.inserts)
        try:
            if segment.size_bytes:  # zero if all of it was damaged
                if queue.is_recovered(segment):
                    queue.attempts.insert_begins(segment.name.token)
                self._warehouse.insert_segment(queue.signal, segment.path, segment.name.token)
        except SegmentRefused as error:
            return self._treat(queue, segment, error.detail)
        queue.forget(segment)
        return InsertOutcome.INSERTED

    def _treat(self, queue: SignalQueue, segment: Segment, reason: str) -> InsertOutcome:
        if segment.treatment < Treatment.PLAIN:
            log.warning("the warehouse cannot read segment %s, rewriting it: %s", segment.path.name, reason)
            rewrite(queue, segment)
            return InsertOutcome.REWRITTEN
        if segment.treatment < Treatment.ISOLATED:
            taken_out = isolate(queue, segment, lambda path: self._is_readable(queue.signal, path))
            log.error(
                "the warehouse cannot read %d records of segment %s; they are set aside: %s",
                taken_out,
                segment.path.name,
                reason,
            )
            return InsertOutcome.REWRITTEN
        log.error("the warehouse cannot read segment %s; it is set aside: %s", segment.path.name, reason)
        set_aside(queue, segment)
        return InsertOutcome.REFUSED

    def _isolate_deadly(self, queue: SignalQueue, segment: Segment, inserts: int) -> InsertOutcome:
        taken_out = isolate_deadly(queue, segment, lambda path: self._is_readable(queue.signal, path))
        log.error(
            "the process ended %d times while inserting %s; %d of its records are set aside",
            inserts,
            segment.path,
            taken_out,
        )
        return InsertOutcome.REWRITTEN

    def _is_readable(self, signal: Signal, path: Path) -> bool:
        try:
            self._warehouse.read_segment(signal, path)
        except SegmentRefused:
            return False
        return True

    def _failed(self, queue: SignalQueue, segment: Segment, reason: str) -> InsertOutcome:
        """Schedule a retry of a segment that failed, rewrite it, or set it aside."""
        queue.attempts.returned(segment.name.token)
        try:
            trouble = self._postponed(queue.signal, segment, reason)
            if trouble is not None and trouble.is_hopeless:
                log.error("segment %s fails while others are stored, set aside: %s", segment.path, reason)
                set_aside(queue, segment)
                self._went_on(queue.signal, segment, InsertOutcome.REFUSED)
                return InsertOutcome.REFUSED
            if trouble is not None and trouble.failures >= _DOUBTFUL_FAILURES > segment.treatment:
                rewrite(queue, segment)
        except OSError as error:
            log.warning("segment %s cannot be treated: %s", segment.path, error.strerror or error)
        return InsertOutcome.POSTPONED

    def _postponed(self, signal: Signal, segment: Segment, reason: str) -> Trouble | None:
        """Record a failure; return its trouble if this segment is the one that blocks its signal."""
        token, now = segment.name.token, self._clock.monotonic_seconds()
        with self._condition:
            known = self._troubles.get(signal)
            if known is None:
                log.warning("segments of %s wait; inserting them fails: %s", signal, reason)
                known = Trouble(token, reason, self._clock.now(), 0, now)
            elif known.token != token:
                # The blocked one is tried first again: the warehouse is unavailable, or this one is bad too.
                self._troubles[signal] = replace(known, is_others_turn=False, others_pass=False)
                return None
            failures = known.failures + 1
            pause_seconds = min(RETRY_FIRST_SECONDS * 2 ** min(failures - 1, 10), RETRY_MOST_SECONDS)
            self._troubles[signal] = replace(
                known,
                reason=reason,
                failures=failures,
                retry_at_seconds=now + pause_seconds,
                is_others_turn=failures >= _OTHERS_TRIED_FAILURES,
            )
            return self._troubles[signal]

    def _went_on(self, signal: Signal, segment: Segment, outcome: InsertOutcome) -> None:
        """Record progress with a segment: it was stored, set aside or rewritten."""
        with self._condition:
            if outcome is not InsertOutcome.REWRITTEN:
                self._doubtful.discard(segment.name.token)
            trouble = self._troubles.get(signal)
            if trouble is None:
                return
            if trouble.token == segment.name.token:
                del self._troubles[signal]
                log.info("segment %s of %s is %s", segment.name.token, signal, outcome.value)
            elif outcome is InsertOutcome.INSERTED:
                self._troubles[signal] = replace(
                    trouble,
                    stored_meanwhile=trouble.stored_meanwhile + 1,
                    is_others_turn=False,
                    others_pass=True,
                )

    def _pause_seconds(self) -> float:
        now = self._clock.monotonic_seconds()
        return min([_IDLE_SECONDS, *(max(t.retry_at_seconds - now, 0.01) for t in self.troubles)])


def _order(queue: SignalQueue, segment: Segment) -> int:
    """Rank segments while one is suspected: others of earlier processes first, then it, then new ones."""
    if segment.name.token in queue.attempts.suspects:
        return 1
    return 0 if queue.is_recovered(segment) else 2


def _turn_of(waiting: tuple[SignalQueue, Segment]) -> int:
    # A name's number is the millisecond in which the first record arrived.
    queue, segment = waiting
    return segment.name.number + _MAY_WAIT_MILLISECONDS[queue.signal]
