"""Moves sealed segments from the spool into the warehouse, oldest first, and deletes them.

A segment that was inserted but not yet deleted when the process died is inserted again under the same
token, and the warehouse recognises it. If the warehouse is away the segments wait. One that is damaged or
cannot be read is treated (`spool_treatment`) until what is sound of it is stored and the rest is set aside.
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
from holdfast.telemetry.model import Signal
from holdfast.telemetry.spool import Spool
from holdfast.telemetry.spool_lane import Lane
from holdfast.telemetry.spool_segment import Segment, Treatment
from holdfast.telemetry.spool_treatment import isolate, rewrite, set_aside, verify

log = logging.getLogger(__name__)

RETRY_FIRST_SECONDS = 0.5
RETRY_MOST_SECONDS = 15.0
_IDLE_SECONDS = 1.0
# Objectives are counted from traces; logs and metrics may be a few seconds older before they come first.
_MAY_WAIT_MILLISECONDS = {Signal.TRACES: 0, Signal.LOGS: 2_000, Signal.METRICS: 4_000}
_DOUBTFUL_FAILURES = 2
"""At this failure in a row the segment itself is suspected, whatever the warehouse says, and rewritten."""
_OTHERS_TRIED_FAILURES = 3
"""From this failure on the segments behind it are tried as well, to learn which of the two is at fault."""
HOPELESS_FAILURES = 10
HOPELESS_STORED = 10
"""A segment that failed so often, while so many behind it were stored, is set aside: it is at fault."""


class SegmentStore(Protocol):
    """What the inserter needs of the warehouse."""

    def insert_segment(self, signal: Signal, path: Path, token: str) -> None:
        """Store the segment at `path`; repeated under the same `token`, nothing is stored twice.

        Raises `Unavailable` to be asked again later, `SegmentRefused` if it never can be stored.
        """
        ...

    def read_segment(self, signal: Signal, path: Path) -> None:
        """Read the segment at `path` as `insert_segment` does, and store nothing. Raises as that does."""
        ...


class Outcome(Enum):
    """What one step of the inserter came to."""

    INSERTED = "inserted"
    IDLE = "idle"
    POSTPONED = "could not be inserted, waits for its next turn"
    WAITING = "all that is left waits for its next turn"
    REWRITTEN = "rewritten, to be tried again"
    REFUSED = "set aside"

    @property
    def moves_on(self) -> bool:
        """Whether the next step may follow at once."""
        return self not in (Outcome.IDLE, Outcome.WAITING)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the segment `token` of one signal is not being inserted, since when, and when it is tried again.

    `stored_meanwhile` counts the segments behind it that were stored since; `is_others_turn` says that one of
    them is to be tried next, `others_pass` that the last one tried was stored.
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
    """The one who empties the spool; lives as long as the intake.

    `step` may be called by several threads: each takes another segment, oldest first. A signal whose segment
    could not be inserted tries that one again, ever more rarely, and after some failures in between the ones
    behind it. The other signals go on.
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
        free = [segment for segment in lane.sealed() if segment.name.token not in self._taken]
        trouble = self._troubles.get(lane.signal)
        if trouble is None:
            return next(iter(free), None)
        suspect = next((segment for segment in free if segment.name.token == trouble.token), None)
        others = [segment for segment in free if segment is not suspect]
        if trouble.retry_at_seconds > now:
            return others[0] if others and trouble.others_pass else None
        if others and trouble.is_others_turn:
            return others[trouble.failures % len(others)]  # not always the same: it may be at fault as well
        return suspect

    def _must_be_certain(self) -> None:
        lane = self._spool.lanes[Signal.TRACES]
        for segment in lane.sealed():
            if lane.is_recovered(segment) or segment.name.token in self._doubtful:
                raise Unavailable(
                    f"segment {segment.path.name} may be stored in part; it is inserted again first"
                )

    def _insert(self, lane: Lane, segment: Segment) -> Outcome:
        """Bring a segment one step further; whatever goes wrong, it gets another turn."""
        try:
            outcome = self._attempt(lane, segment)
        except Unavailable as error:
            return self._failed(lane, segment, error.detail)
        except OSError as error:
            reason = f"{segment.path} cannot be read, written or deleted: {error.strerror or error}"
            return self._failed(lane, segment, reason)
        except Exception as error:  # the worker boundary: nothing may be lost to an error nobody foresaw
            log.exception("inserting segment %s failed", segment.path)
            return self._failed(lane, segment, f"inserting {segment.path.name} failed: {error!r}")
        else:
            self._went_on(lane.signal, segment, outcome)
            return outcome
        finally:
            with self._books:
                self._taken.discard(segment.name.token)
                self._books.notify_all()

    def _attempt(self, lane: Lane, segment: Segment) -> Outcome:
        verify(lane, segment)  # each time: it may have waited since
        try:
            if segment.size_bytes:  # all of it may have been damaged
                self._warehouse.insert_segment(lane.signal, segment.path, segment.name.token)
        except SegmentRefused as error:
            return self._treat(lane, segment, error.detail)
        lane.forget(segment)
        return Outcome.INSERTED

    def _treat(self, lane: Lane, segment: Segment, reason: str) -> Outcome:
        if segment.treatment < Treatment.PLAIN:
            log.warning("the warehouse cannot read segment %s, rewritten: %s", segment.path.name, reason)
            rewrite(lane, segment)
            return Outcome.REWRITTEN
        if segment.treatment < Treatment.ISOLATED:
            taken_out = isolate(lane, segment, lambda path: self._is_readable(lane.signal, path))
            log.error(
                "the warehouse cannot read %d records of segment %s, set aside: %s",
                taken_out,
                segment.path.name,
                reason,
            )
            return Outcome.REWRITTEN
        log.error("the warehouse cannot read segment %s, set aside: %s", segment.path.name, reason)
        set_aside(lane, segment)
        return Outcome.REFUSED

    def _is_readable(self, signal: Signal, path: Path) -> bool:
        try:
            self._warehouse.read_segment(signal, path)
        except SegmentRefused:
            return False
        return True

    def _failed(self, lane: Lane, segment: Segment, reason: str) -> Outcome:
        """Give a segment that failed its next turn, or another form, or set it aside."""
        try:
            trouble = self._postponed(lane.signal, segment, reason)
            if trouble is not None and trouble.is_hopeless:
                log.error("segment %s fails while others are stored, set aside: %s", segment.path, reason)
                set_aside(lane, segment)
                self._went_on(lane.signal, segment, Outcome.REFUSED)
                return Outcome.REFUSED
            if trouble is not None and trouble.failures >= _DOUBTFUL_FAILURES > segment.treatment:
                rewrite(lane, segment)
        except OSError as error:
            log.warning("segment %s cannot be treated: %s", segment.path, error.strerror or error)
        return Outcome.POSTPONED

    def _postponed(self, signal: Signal, segment: Segment, reason: str) -> Trouble | None:
        """Note a failure; return what is known of it if it is this segment that stands in the way."""
        token, now = segment.name.token, self._clock.monotonic_seconds()
        with self._books:
            known = self._troubles.get(signal)
            if known is None:
                log.warning("segments of %s wait, the warehouse takes none: %s", signal, reason)
                known = Trouble(token, reason, self._clock.now(), 0, now)
            elif known.token != token:
                # The one in front comes first again: the warehouse is away, or this one is odd as well.
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

    def _went_on(self, signal: Signal, segment: Segment, outcome: Outcome) -> None:
        """Note that a segment came further: it was stored, set aside, or is in another form now."""
        with self._books:
            if outcome is not Outcome.REWRITTEN:
                self._doubtful.discard(segment.name.token)
            trouble = self._troubles.get(signal)
            if trouble is None:
                return
            if trouble.token == segment.name.token:
                del self._troubles[signal]
                log.info("segment %s of %s is %s", segment.name.token, signal, outcome.value)
            elif outcome is Outcome.INSERTED:
                self._troubles[signal] = replace(
                    trouble,
                    stored_meanwhile=trouble.stored_meanwhile + 1,
                    is_others_turn=False,
                    others_pass=True,
                )

    def _pause_seconds(self) -> float:
        now = self._clock.monotonic_seconds()
        return min([_IDLE_SECONDS, *(max(t.retry_at_seconds - now, 0.01) for t in self.troubles)])


def _turn_of(waiting: tuple[Lane, Segment]) -> int:
    # Names are numbered by the millisecond their first record came in.
    lane, segment = waiting
    return segment.name.number + _MAY_WAIT_MILLISECONDS[lane.signal]
