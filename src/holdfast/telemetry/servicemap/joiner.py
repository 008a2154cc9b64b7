"""Keeps the map up to date: one agenda task that joins complete slices, and changed slices again."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from holdfast.runtime import agenda
from holdfast.runtime.agenda import Handler, Task
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Writer
from holdfast.telemetry.servicemap.schedule import (
    COARSE_SECONDS,
    SLICE_SECONDS,
    Joined,
    due_blocks,
    due_slices,
    intervals,
    seen_around,
)
from holdfast.telemetry.servicemap.store import JoinStore
from holdfast.telemetry.warehouse.protocol import Warehouse

JOIN = "map.join"
EVERY_SECONDS = 10

RECENT_SECONDS = 1800
"""Every turn checks slices of this age; every `SWEEP_TURNS`th turn checks all others."""
SWEEP_TURNS = 30
AGAIN_TURNS = 6
"""Every this many turns, changed slices are joined again."""

_FAR_AHEAD_SECONDS = 120
_EVER = 2**32 - 1


class Joiner:
    """Joins the sides of calls into edges; lives as long as the process.

    Its state is in the warehouse, so a killed process continues where it was: a join that was not put in
    force is repeated under a higher revision.
    """

    def __init__(self, warehouse: Warehouse, clock: Clock, *, complete_until: Callable[[], datetime]) -> None:
        self._store = JoinStore(warehouse)
        self._clock = clock
        self._complete_until = complete_until
        self._turn = 0
        self._settled_until: datetime | None = None

    @property
    def settled_until(self) -> datetime | None:
        """The end of the joined slices, or None before the first turn; later calls are not on the map yet."""
        return self._settled_until

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The handlers for the agenda."""
        return {JOIN: self._tick}

    def ensure_tasks(self, tx: Writer) -> None:
        """Put the recurring join on the agenda."""
        agenda.ensure(tx, kind=JOIN, subject="all", due_at=self._clock.now(), every_seconds=EVERY_SECONDS)

    def _tick(self, _task: Task) -> None:
        self.turn()

    def turn(self) -> int:
        """Join the due slices; return their number."""
        complete = self._complete_until()
        until, now = int(complete.timestamp()), int(self._clock.now().timestamp())
        is_sweep = self._turn % SWEEP_TURNS == 0
        since = 0 if is_sweep else now - RECENT_SECONDS
        count = self._join(since, until, now, again=self._turn % AGAIN_TURNS == 0)
        self._add_up(since, until, now)
        self._turn += 1
        self._settled_until = datetime.fromtimestamp(until, UTC)
        return count

    def _join(self, since: int, until: int, now: int, *, again: bool) -> int:
        sides = self._store.sides(since, until + _FAR_AHEAD_SECONDS)
        joined = self._store.joined(SLICE_SECONDS, since, until)
        due = due_slices(sides, joined, complete_until=until, now=now, again=again)
        if not due:
            return 0
        revision = self._next_revision()
        for interval in intervals(due, sides):
            self._store.join(interval, revision)
            made = {one: Joined(revision, seen_around(one, sides), now) for one in interval.slices}
            self._store.put_in_force(SLICE_SECONDS, made)
        return len(due)

    def _add_up(self, since: int, until: int, now: int) -> None:
        first = since // COARSE_SECONDS * COARSE_SECONDS
        fine = self._store.joined(SLICE_SECONDS, first, until)
        coarse = self._store.joined(COARSE_SECONDS, first, until)
        due = due_blocks(fine, coarse, complete_until=until, now=now)
        if not due:
            return
        revision = self._next_revision()
        for block, newest in due.items():
            self._store.add_up(block, revision)
            self._store.put_in_force(COARSE_SECONDS, {block: Joined(revision, newest, now)})

    def _next_revision(self) -> int:
        # From the clock, so that an interrupted join is distinguishable, but never below one in force.
        return max(int(self._clock.now().timestamp() * 1000), self._store.newest_revision() + 1)
