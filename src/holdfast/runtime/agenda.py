"""The agenda: everything that waits is a row here, so nothing waits in memory and nothing is forgotten.

A task is identified by (kind, subject). One loop claims due rows under a lease, each claim raising the
row's fence; a worker that lost its lease finds its fence outdated and its result is dropped. The clock is
injected, so a test fast-forwards a week in milliseconds and a killed process resumes where it was.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, String, Table, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Instant, Writer, metadata
from holdfast.runtime.errors import HoldfastError

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
RETRY_BASE = timedelta(seconds=5)
RETRY_MOST = timedelta(minutes=5)

agenda_tasks = Table(
    "agenda_tasks",
    metadata,
    Column("kind", String(64), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("due_at", Instant, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("fence", Integer, nullable=False, default=0),
    Column("leased_until", Instant, nullable=True),
    Column("payload", JSON, nullable=False),
    Index("ix_agenda_tasks_due_at", "due_at"),
)


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed row: what is due (`kind`, `subject`, `payload`), since when, and under which fence."""

    kind: str
    subject: str
    due_at: datetime
    attempt: int
    fence: int
    payload: Mapping[str, Any]


Handler = Callable[[Task], "datetime | None"]
"""Does the work of a due task; returns when it is due next, or None when it is finished."""


def schedule(
    tx: Writer, *, kind: str, subject: str, due_at: datetime, payload: Mapping[str, Any] | None = None
) -> None:
    """Put a task on the agenda, replacing the one with the same kind and subject."""
    build = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    values = {"due_at": due_at, "attempt": 0, "payload": dict(payload or {}), "leased_until": None}
    statement = build(agenda_tasks).values(kind=kind, subject=subject, fence=0, **values)
    # The fence goes up so that a worker busy with the old task cannot finish the new one by mistake.
    raised = {**values, "fence": agenda_tasks.c.fence + 1}
    tx.execute(statement.on_conflict_do_update(index_elements=["kind", "subject"], set_=raised))


def ensure(tx: Writer, *, kind: str, subject: str, due_at: datetime) -> None:
    """Put a task on the agenda unless it is there already."""
    build = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    values = {"due_at": due_at, "attempt": 0, "fence": 0, "payload": {}, "leased_until": None}
    tx.execute(build(agenda_tasks).values(kind=kind, subject=subject, **values).on_conflict_do_nothing())


def cancel(tx: Writer, *, kind: str, subject: str) -> None:
    """Take a task off the agenda; nothing happens if it is not there."""
    tx.execute(delete(agenda_tasks).where(_is(kind, subject)))


class Agenda:
    """Claims due tasks and runs their handlers; lives as long as the process.

    Several processes may run one against the same database: leases and fences keep a task to one of them.
    """

    def __init__(self, database: Database, clock: Clock, handlers: Mapping[str, Handler]) -> None:
        self._database = database
        self._clock = clock
        self._handlers = dict(handlers)

    def run_due(self, *, limit: int = 100) -> int:
        """Run every task that is due now, in order of due time; return how many were run."""
        ran = 0
        while ran < limit and (task := self._claim()) is not None:
            self._run(task)
            ran += 1
        return ran

    def run_forever(self, stop: threading.Event, *, pause_seconds: float = 0.5) -> None:
        """Run due tasks until `stop` is set."""
        while not stop.is_set():
            try:
                self.run_due()
            except HoldfastError as error:
                # The database is away: pages and alert ticks resume by themselves when it is back.
                log.warning("agenda waits: %s", error.detail)
            self._clock.wait(stop, pause_seconds)

    def _claim(self) -> Task | None:
        now = self._clock.now()
        free = or_(agenda_tasks.c.leased_until.is_(None), agenda_tasks.c.leased_until <= now)
        due = (
            select(agenda_tasks)
            .where(agenda_tasks.c.due_at <= now, free, agenda_tasks.c.kind.in_(self._handlers))
            .order_by(agenda_tasks.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as tx:
            row = tx.execute(due).mappings().first()
            if row is None:
                return None
            fence = row["fence"] + 1
            leased = {"fence": fence, "leased_until": now + LEASE, "attempt": row["attempt"] + 1}
            tx.execute(update(agenda_tasks).where(_is(row["kind"], row["subject"])).values(leased))
        return Task(row["kind"], row["subject"], row["due_at"], row["attempt"] + 1, fence, row["payload"])

    def _run(self, task: Task) -> None:
        try:
            next_due = self._handlers[task.kind](task)
        except Exception:  # the worker boundary: one broken task must not stop the others
            log.exception("task %s %s failed, attempt %d", task.kind, task.subject, task.attempt)
            self._finish(task, self._clock.now() + _retry_delay(task.attempt), attempt=task.attempt)
        else:
            self._finish(task, next_due, attempt=0)

    def _finish(self, task: Task, next_due: datetime | None, *, attempt: int) -> None:
        mine = _is(task.kind, task.subject) & (agenda_tasks.c.fence == task.fence)
        with self._database.write() as tx:
            if next_due is None:
                tx.execute(delete(agenda_tasks).where(mine))
            else:
                values = {"due_at": next_due, "leased_until": None, "attempt": attempt}
                tx.execute(update(agenda_tasks).where(mine).values(values))


def _retry_delay(attempt: int) -> timedelta:
    doublings: int = 2 ** min(attempt - 1, 10)
    return min(RETRY_BASE * doublings, RETRY_MOST)


def _is(kind: str, subject: str) -> Any:
    return (agenda_tasks.c.kind == kind) & (agenda_tasks.c.subject == subject)
