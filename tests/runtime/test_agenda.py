"""What waits is carried out: once, in time, whatever the clock and the process do."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from holdfast.runtime.agenda import LEASE, RUN_MOST, Agenda, Task, agenda_tasks, cancel, ensure, schedule
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

TICK = 10


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


@pytest.fixture
def recorder(clock: ManualClock) -> Recorder:
    """A recording handler."""
    return Recorder(clock)


@pytest.fixture
def agenda(database: Database, clock: ManualClock, recorder: Recorder) -> Agenda:
    """An agenda that knows one kind of task."""
    return Agenda(database, clock, {"tick": recorder})


def put_recurring(database: Database, clock: ManualClock) -> None:
    """Put a task on the agenda that recurs every ten seconds from now on."""
    with database.write() as tx:
        ensure(tx, kind="tick", subject="all", due_at=clock.now(), every_seconds=TICK)


def rows(database: Database) -> list[dict[str, object]]:
    """Return the agenda's rows."""
    with database.read() as tx:
        return [dict(row) for row in tx.execute(select(agenda_tasks)).mappings()]


def test_a_task_runs_once_when_it_is_due(
    database: Database, clock: ManualClock, agenda: Agenda, recorder: Recorder
) -> None:
    """A task runs at its instant, not before, and is gone when its handler has no next instant."""
    with database.write() as tx:
        schedule(tx, kind="tick", subject="a", due_at=clock.now() + timedelta(minutes=5))
    assert agenda.run_due() == 0
    clock.advance(timedelta(minutes=5))
    assert agenda.run_due() == 1
    assert agenda.run_due() == 0
    assert rows(database) == []


def test_a_recurring_task_keeps_its_beat(
    database: Database, clock: ManualClock, agenda: Agenda, recorder: Recorder
) -> None:
    """Ticks stay on the beat although each run is noticed late, and missed beats are not made up."""
    put_recurring(database, clock)
    start = clock.now()
    agenda.run_due()
    clock.advance(timedelta(seconds=13))
    assert agenda.run_due() == 1
    clock.advance(timedelta(seconds=7))
    assert agenda.run_due() == 1
    clock.advance(timedelta(seconds=95))
    assert agenda.run_due() == 1
    assert [(ran - start).total_seconds() for ran in recorder.ran_at] == [0, 13, 20, 115]


@pytest.mark.parametrize("back", [timedelta(minutes=1), timedelta(hours=1), timedelta(days=400)])
def test_recurring_ticks_go_on_when_the_clock_steps_back(
    database: Database, clock: ManualClock, agenda: Agenda, recorder: Recorder, back: timedelta
) -> None:
    """After a step back of the wall clock the next tick comes within one period, not after the step."""
    put_recurring(database, clock)
    agenda.run_due()
    clock.step_back(back)
    assert agenda.run_due() == 1
    clock.advance(timedelta(seconds=TICK))
    assert agenda.run_due() == 1
    assert agenda.run_due() == 0


def test_a_first_tick_does_not_wait_for_a_clock_that_stepped_back(
    database: Database, clock: ManualClock, agenda: Agenda
) -> None:
    """A recurring task that never ran is due although it was put down before the clock stepped back."""
    put_recurring(database, clock)
    clock.step_back(timedelta(hours=1))
    assert agenda.run_due() == 1


def test_a_lease_from_the_future_is_void(
    database: Database, clock: ManualClock, agenda: Agenda, recorder: Recorder
) -> None:
    """A lease taken by a process that died before the clock stepped back does not hold the task."""
    put_recurring(database, clock)
    assert agenda._claim() is not None
    clock.step_back(timedelta(hours=1))
    assert agenda.run_due() == 1


def test_a_task_put_off_on_purpose_waits_for_its_instant(
    database: Database, clock: ManualClock, agenda: Agenda
) -> None:
    """A step back does not bring forward what is to happen at an instant."""
    with database.write() as tx:
        schedule(tx, kind="tick", subject="a", due_at=clock.now() + timedelta(minutes=5))
    clock.step_back(timedelta(hours=1))
    assert agenda.run_due() == 0


def test_a_failing_task_is_tried_again_later_and_later(
    database: Database, clock: ManualClock, agenda: Agenda, recorder: Recorder
) -> None:
    """Retries double from five seconds up to five minutes, and a success ends them."""
    recorder.failing = True
    start = clock.now()
    with database.write() as tx:
        schedule(tx, kind="tick", subject="a", due_at=start)
    for _ in range(2000):
        agenda.run_due()
        clock.advance(timedelta(seconds=1))
    gaps = [(b - a).total_seconds() for a, b in zip(recorder.ran_at, recorder.ran_at[1:], strict=False)]
    assert gaps == [5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300]
    recorder.failing = False
    clock.advance(timedelta(minutes=5))
    agenda.run_due()
    assert rows(database) == []


def test_a_failing_tick_is_tried_again_at_the_next_beat(
    database: Database, clock: ManualClock, agenda: Agenda, recorder: Recorder
) -> None:
    """A recurring task that fails never waits longer than its period."""
    put_recurring(database, clock)
    recorder.failing = True
    for _ in range(100):
        agenda.run_due()
        clock.advance(timedelta(seconds=1))
    gaps = [(b - a).total_seconds() for a, b in zip(recorder.ran_at, recorder.ran_at[1:], strict=False)]
    assert max(gaps) == TICK


def test_one_broken_task_does_not_stop_the_others(database: Database, clock: ManualClock) -> None:
    """Tasks behind one that fails are run in the same round."""
    ran: list[str] = []

    def handle(task: Task) -> None:
        ran.append(task.subject)
        if task.subject == "bad":
            raise RuntimeError("the handler broke")

    with database.write() as tx:
        schedule(tx, kind="tick", subject="bad", due_at=clock.now())
        schedule(tx, kind="tick", subject="good", due_at=clock.now() + timedelta(microseconds=1))
    clock.advance(timedelta(seconds=1))
    Agenda(database, clock, {"tick": handle}).run_due()
    assert ran == ["bad", "good"]


def test_a_leased_task_is_not_claimed_twice(database: Database, clock: ManualClock, agenda: Agenda) -> None:
    """While one process works on a task, another one leaves it alone until the lease is over."""
    put_recurring(database, clock)
    assert agenda._claim() is not None
    assert agenda._claim() is None
    clock.advance(LEASE)
    assert agenda._claim() is not None


def test_a_worker_that_lost_its_lease_cannot_finish_the_task(
    database: Database, clock: ManualClock, agenda: Agenda
) -> None:
    """The result of an outdated fence is dropped, so that it does not undo what came after it."""
    put_recurring(database, clock)
    lost = agenda._claim()
    assert lost is not None
    clock.advance(LEASE)
    assert agenda._claim() is not None
    agenda._finish(lost, None, attempt=0)
    assert len(rows(database)) == 1


def test_a_long_handler_keeps_its_lease_until_it_counts_as_stuck(
    database: Database, clock: ManualClock
) -> None:
    """A renewed lease holds beyond its first minute, and ends for a handler that never comes back."""
    seen: list[bool] = []

    def work(_task: Task) -> None:
        for _ in range(40):
            clock.advance(timedelta(seconds=50))
            agenda.renew_leases()
            seen.append(other._claim() is None)

    agenda = Agenda(database, clock, {"tick": work})
    other = Agenda(database, clock, {"tick": work})
    with database.write() as tx:
        schedule(tx, kind="tick", subject="a", due_at=clock.now())
    agenda.run_due()
    held_for = timedelta(seconds=50) * seen.index(False)
    assert RUN_MOST < held_for <= RUN_MOST + 2 * LEASE


def test_rescheduling_replaces_what_a_busy_worker_will_say(database: Database, clock: ManualClock) -> None:
    """A task scheduled anew while its handler runs keeps the new instant, not the handler's."""
    tomorrow = clock.now() + timedelta(days=1)

    def work(_task: Task) -> None:
        with database.write() as tx:
            schedule(tx, kind="tick", subject="a", due_at=tomorrow)

    with database.write() as tx:
        schedule(tx, kind="tick", subject="a", due_at=clock.now())
    Agenda(database, clock, {"tick": work}).run_due()
    assert [row["due_at"] for row in rows(database)] == [tomorrow]


def test_ensure_keeps_the_due_time_and_takes_the_new_period(database: Database, clock: ManualClock) -> None:
    """Starting the server again does not reset a task that waits already."""
    put_recurring(database, clock)
    first = clock.now()
    clock.advance(timedelta(hours=1))
    with database.write() as tx:
        ensure(tx, kind="tick", subject="all", due_at=clock.now(), every_seconds=30)
    (row,) = rows(database)
    assert (row["due_at"], row["every_seconds"]) == (first, 30)


def test_a_cancelled_task_does_not_run(database: Database, clock: ManualClock, agenda: Agenda) -> None:
    """Cancelling takes a task off, and cancelling it again does nothing."""
    put_recurring(database, clock)
    for _ in range(2):
        with database.write() as tx:
            cancel(tx, kind="tick", subject="all")
    assert agenda.run_due() == 0


def test_the_loop_ends_when_it_is_told_to(database: Database, clock: ManualClock) -> None:
    """The loop runs due tasks until `stop` is set, and then returns."""
    stop = threading.Event()

    def work(_task: Task) -> None:
        stop.set()

    with database.write() as tx:
        schedule(tx, kind="tick", subject="a", due_at=clock.now() + timedelta(hours=1))
    Agenda(database, clock, {"tick": work}).run_forever(stop)
    assert clock.now() >= datetime.fromisoformat("2026-03-01T13:00:00+00:00")


def test_a_task_of_an_unknown_kind_is_left_for_who_knows_it(
    database: Database, clock: ManualClock, agenda: Agenda
) -> None:
    """A process without the handler does not touch the row."""
    with database.write() as tx:
        schedule(tx, kind="other", subject="a", due_at=clock.now())
    assert agenda.run_due() == 0
    assert len(rows(database)) == 1


@pytest.mark.parametrize(("late_seconds", "said"), [(59, []), (60, ["tick of all has been due for 60 s"])])
def test_a_task_nobody_takes_is_reported(
    database: Database, clock: ManualClock, agenda: Agenda, late_seconds: int, said: list[str]
) -> None:
    """A task is late a minute after it was due, whether or not the loops say that they run."""
    put_recurring(database, clock)
    clock.advance(timedelta(seconds=late_seconds))
    assert [str(one) for one in agenda.laggards()] == said
    agenda.run_due()
    assert agenda.laggards() == []


@pytest.mark.parametrize(("failures", "reported"), [(2, []), (3, [3])])
def test_a_task_that_fails_again_and_again_is_reported(
    database: Database,
    clock: ManualClock,
    agenda: Agenda,
    recorder: Recorder,
    failures: int,
    reported: list[int],
) -> None:
    """From the third failure in a row on a task is reported, until it succeeds."""
    put_recurring(database, clock)
    recorder.failing = True
    for _ in range(failures):
        agenda.run_due()
        clock.advance(timedelta(seconds=TICK))
    assert [one.failures for one in agenda.laggards()] == reported
    recorder.failing = False
    agenda.run_due()
    assert agenda.laggards() == []


@pytest.mark.parametrize(("ran", "reported"), [(RUN_MOST - timedelta(seconds=1), 0), (RUN_MOST, 1)])
def test_a_task_under_way_is_late_once_it_counts_as_stuck(
    database: Database, clock: ManualClock, ran: timedelta, reported: int
) -> None:
    """A long handler is given its time: it is reported only when its lease is not renewed any more."""
    seen: list[int] = []

    def long(_task: Task) -> None:
        for _ in range(int(ran.total_seconds())):
            clock.advance(timedelta(seconds=1))
            if clock.now().second % 20 == 0:
                agenda.renew_leases()
        seen.append(len(agenda.laggards()))

    agenda = Agenda(database, clock, {"tick": long})
    put_recurring(database, clock)
    agenda.run_due(limit=1)
    assert seen == [reported]


def test_tasks_of_unknown_kinds_are_not_reported(
    database: Database, clock: ManualClock, agenda: Agenda
) -> None:
    """What another version put on the agenda is not this one's to do."""
    with database.write() as tx:
        schedule(tx, kind="of another version", subject="x", due_at=clock.now())
    clock.advance(timedelta(days=1))
    assert agenda.laggards() == []
