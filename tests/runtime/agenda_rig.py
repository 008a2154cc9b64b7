"""What tests of the agenda share: a task that recurs, a handler that remembers, the stored rows."""

from datetime import datetime, timedelta

from sqlalchemy import select

from holdfast.runtime.agenda import Task, agenda_tasks, ensure
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

TICK = 10
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)


class Recorder:
    """A handler that remembers when it ran and answers what it is told to."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.ran_at: list[datetime] = []
        self.answer: datetime | None = None
        self.failing = False

    def __call__(self, task: Task) -> datetime | None:
        """Note the instant; fail if told to."""
        self.ran_at.append(self._clock.now())
        if self.failing:
            raise RuntimeError("the handler broke")
        return self.answer


def put_recurring(database: Database, clock: ManualClock) -> None:
    """Put a task on the agenda that recurs every ten seconds from now on."""
    with database.write() as tx:
        ensure(tx, kind="tick", subject="all", due_at=clock.now(), every_seconds=TICK)


def rows(database: Database) -> list[dict[str, object]]:
    """Return the agenda's rows."""
    with database.read() as tx:
        return [dict(row) for row in tx.execute(select(agenda_tasks)).mappings()]
