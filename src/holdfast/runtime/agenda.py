"""The agenda: every pending task is a row here, so nothing waits in memory and nothing is forgotten.

A task is identified by (kind, subject). One loop claims due rows under a lease, each claim raising the
row's fence; a worker that lost its lease finds its fence outdated and its result is dropped. The clock is
injected, so a test fast-forwards a week in milliseconds and a killed process resumes where it was.

The machine's clock may step back. A recurring task whose row was then written in the future is due at once,
and a lease longer than a lease can be is void; a deferred task still waits for its instant.

A handler is expected to finish within `LEASE`. One that needs longer keeps its lease while `renew_leases`
is called, up to `RUN_MOST`; beyond that it counts as stuck, and another worker may take the task over.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, Select, String, Table, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Instant, Writer, metadata
from holdfast.runtime.errors import HoldfastError

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
RENEW_EVERY_SECONDS = 20.0
RUN_MOST = timedelta(minutes=15)
SKEW = timedelta(seconds=5)
"""How far the clocks of two processes may differ before rows of one count as written in the future."""
RETRY_BASE = timedelta(seconds=5)
RETRY_MOST = timedelta(minutes=5)
OVERDUE_AFTER = timedelta(minutes=1)
"""A task that nobody has taken this long after it was due is overdue: the loops do not keep up."""
FAILED_ATTEMPTS = 3
"""A task that has failed this often in a row is reported."""

agenda_tasks = Table(
    "agenda_tasks",
    metadata,
    Column("kind", String(64), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("due_at", Instant, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("fence", Integer, nullable=False, default=0),
    Column("leased_until", Instant, nullable=True),
    Column("every_seconds", Integer, nullable=True),
    Column("written_at", Instant, nullable=True),
    Column("payload", JSON, nullable=False),
    Index("ix_agenda_tasks_due_at", "due_at"),
)


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed row: what is due (`kind`, `subject`, `payload`), since when, and under which fence.

    `every_seconds` is the period of a recurring task; `attempt` counts from 1 since the last success.
    """

    kind: str
    subject: str
    due_at: datetime
    attempt: int
    fence: int
    payload: Mapping[str, Any]
    every_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Laggard:
    """A task that is not done in time: not taken, running for too long, or failing again and again."""

    kind: str
    subject: str
    due_at: datetime
    late_seconds: float
    failures: int

    def __str__(self) -> str:
        """Say it in a sentence."""
        task = f"{self.kind} of {self.subject}"
        if self.failures >= FAILED_ATTEMPTS:
            return f"{task} has failed {self.failures} times in a row"
        return f"{task} has been due for {self.late_seconds:.0f} s"


Handler = Callable[[Task], "datetime | None"]
"""Does the work of a due task and returns when it is due next.

None means finished, or for a recurring task: when its period is over."""


def schedule(
    tx: Writer, *, kind: str, subject: str, due_at: datetime, payload: Mapping[str, Any] | None = None
) -> None:
    """Put a task on the agenda, replacing the one with the same kind and subject."""
    build = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    values = {
        "due_at": due_at,
        "attempt": 0,
        "payload": dict(payload or {}),
        "leased_until": None,
        "every_seconds": None,
        "written_at": None,
    }
    statement = build(agenda_tasks).values(kind=kind, subject=subject, fence=0, **values)
    # The fence goes up so that a worker busy with the old task cannot finish the new one by mistake.
    raised = {**values, "fence": agenda_tasks.c.fence + 1}
    tx.execute(statement.on_conflict_do_update(index_elements=["kind", "subject"], set_=raised))


def ensure(
    tx: Writer, *, kind: str, subject: str, due_at: datetime, every_seconds: int | None = None
) -> None:
    """Put a task on the agenda unless it is there already; with `every_seconds` it recurs.

    A task that is there already keeps its due time and gets the new period.
    """
    build = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    values = {"due_at": due_at, "attempt": 0, "fence": 0, "payload": {}, "leased_until": None}
    written_at = due_at - timedelta(seconds=every_seconds) if every_seconds is not None else None
    recurs = {"every_seconds": every_seconds, "written_at": written_at}
    statement = build(agenda_tasks).values(kind=kind, subject=subject, **values, **recurs)
    period = {"every_seconds": every_seconds}
    tx.execute(statement.on_conflict_do_update(index_elements=["kind", "subject"], set_=period))


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
        self._running: dict[tuple[str, str], tuple[int, float]] = {}
        self._look_from = 0.0

    def take_over(self) -> None:
        """End the leases of a process that ended: for the start of the only one on this database."""
        with self._database.write() as tx:
            taken = agenda_tasks.c.kind.in_(self._handlers) & agenda_tasks.c.leased_until.is_not(None)
            tx.execute(update(agenda_tasks).where(taken).values(leased_until=None))

    def run_due(self, *, limit: int = 100) -> int:
        """Run every task that is due now, in order of due time; return how many were run."""
        ran = 0
        while ran < limit and (task := self._claim()) is not None:
            self._run(task)
            ran += 1
        return ran

    def laggards(self, *, limit: int = 5) -> list[Laggard]:
        """Return tasks that are not done in time, the longest due first.

        The rows count, not what the loops report. A running task is late after `RUN_MOST`.
        """
        now, columns = self._clock.now(), agenda_tasks.c
        is_taken = columns.leased_until > now
        is_late = or_(
            and_(columns.due_at <= now - OVERDUE_AFTER, or_(columns.leased_until.is_(None), ~is_taken)),
            columns.due_at <= now - RUN_MOST,
            columns.attempt > FAILED_ATTEMPTS,
            and_(columns.attempt == FAILED_ATTEMPTS, columns.leased_until.is_(None)),
        )
        known = columns.kind.in_(self._handlers)
        query = select(agenda_tasks).where(known, is_late).order_by(columns.due_at).limit(limit)
        with self._database.read() as tx:
            return [_laggard(row, now) for row in tx.execute(query).mappings()]

    def run_forever(self, stop: threading.Event, *, pause_seconds: float = 0.5) -> None:
        """Run due tasks until `stop` is set; of several idle threads one looks at a time."""
        while not stop.is_set():
            if self._clock.monotonic_seconds() >= self._look_from:
                self._look(pause_seconds)
            self._clock.wait(stop, pause_seconds)

    def _look(self, pause_seconds: float) -> None:
        try:
            self.run_due()
        except HoldfastError as error:
            # The database is unavailable: pages and alert ticks resume by themselves when it is back.
            log.warning("agenda waits: %s", error.detail)
        except Exception:
            log.exception("the agenda's loop failed and continues")
        # A thread that is busy with a task does not come back here, so another one looks in its place.
        self._look_from = self._clock.monotonic_seconds() + pause_seconds

    def keep_leases(self, stop: threading.Event) -> None:
        """Renew the leases of running handlers until `stop` is set; run it beside `run_forever`."""
        while not self._clock.wait(stop, RENEW_EVERY_SECONDS):
            try:
                self.renew_leases()
            except HoldfastError as error:
                log.warning("leases were not renewed: %s", error.detail)

    def renew_leases(self) -> None:
        """Extend the lease of every running handler, unless it has run for longer than `RUN_MOST`."""
        oldest = self._clock.monotonic_seconds() - RUN_MOST.total_seconds()
        for (kind, subject), (fence, started) in list(self._running.items()):
            if started < oldest:
                log.error("task %s %s has run for over %s; its lease ends", kind, subject, RUN_MOST)
                continue
            mine = _is(kind, subject) & (agenda_tasks.c.fence == fence)
            with self._database.write() as tx:
                until = self._clock.now() + LEASE
                tx.execute(update(agenda_tasks).where(mine).values(leased_until=until))

    def _claim(self) -> Task | None:
        now = self._clock.now()
        with self._database.write() as tx:
            row = tx.execute(self._due(now)).mappings().first()
            if row is None:
                return None
            fence = row["fence"] + 1
            leased = {"fence": fence, "leased_until": now + LEASE, "attempt": row["attempt"] + 1}
            tx.execute(update(agenda_tasks).where(_is(row["kind"], row["subject"])).values(leased))
        return Task(
            kind=row["kind"],
            subject=row["subject"],
            due_at=row["due_at"],
            attempt=row["attempt"] + 1,
            fence=fence,
            payload=row["payload"],
            every_seconds=row["every_seconds"],
        )

    def _due(self, now: datetime) -> Select[Any]:
        columns = agenda_tasks.c
        free = or_(
            columns.leased_until.is_(None),
            columns.leased_until <= now,
            columns.leased_until > now + LEASE + SKEW,
        )
        from_the_future = and_(columns.every_seconds.is_not(None), columns.written_at > now + SKEW)
        due = or_(columns.due_at <= now, from_the_future)
        return (
            select(agenda_tasks)
            .where(due, free, columns.kind.in_(self._handlers))
            .order_by(columns.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )

    def _run(self, task: Task) -> None:
        self._running[task.kind, task.subject] = (task.fence, self._clock.monotonic_seconds())
        try:
            next_due = self._handlers[task.kind](task) or _next_tick(task, self._clock.now())
        except Exception:  # the worker boundary: one broken task must not stop the others
            log.exception("task %s %s failed, attempt %d", task.kind, task.subject, task.attempt)
            self._finish(task, self._clock.now() + _retry_delay(task), attempt=task.attempt)
        else:
            self._finish(task, next_due, attempt=0)
        finally:
            self._running.pop((task.kind, task.subject), None)

    def _finish(self, task: Task, next_due: datetime | None, *, attempt: int) -> None:
        mine = _is(task.kind, task.subject) & (agenda_tasks.c.fence == task.fence)
        with self._database.write() as tx:
            if next_due is None:
                tx.execute(delete(agenda_tasks).where(mine))
            else:
                now = self._clock.now()
                values = {"due_at": next_due, "leased_until": None, "attempt": attempt, "written_at": now}
                tx.execute(update(agenda_tasks).where(mine).values(values))


def _laggard(row: Mapping[Any, Any], now: datetime) -> Laggard:
    # The running attempt has not failed yet.
    failures = row["attempt"] - (row["leased_until"] is not None)
    late_seconds = max(0.0, (now - row["due_at"]).total_seconds())
    return Laggard(row["kind"], row["subject"], row["due_at"], late_seconds, failures)


def _next_tick(task: Task, now: datetime) -> datetime | None:
    """Return the next instant of the task's schedule, so that ticks do not drift; missed ones are skipped."""
    if task.every_seconds is None:
        return None
    period = timedelta(seconds=task.every_seconds)
    if task.due_at > now:  # the clock stepped back: a new schedule starts
        return now + period
    return task.due_at + period * ((now - task.due_at) // period + 1)


def _retry_delay(task: Task) -> timedelta:
    doublings: int = 2 ** min(task.attempt - 1, 10)
    delay = min(RETRY_BASE * doublings, RETRY_MOST)
    return delay if task.every_seconds is None else min(delay, timedelta(seconds=task.every_seconds))


def _is(kind: str, subject: str) -> Any:
    return (agenda_tasks.c.kind == kind) & (agenda_tasks.c.subject == subject)
