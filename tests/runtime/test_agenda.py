"""What waits is carried out: once, in time, whatever the clock and the process do."""

import threading
from datetime import datetime, timedelta

import pytest
from tests.runtime.agenda_rig import MICROSECOND, SECOND, TICK, Recorder, put_recurring, rows

from holdfast.runtime.agenda import Agenda, Task, cancel, ensure, schedule
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database


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
        schedule(tx, kind="tick", subject="a", due_at=clock.now() + timedelta(minutes=2))
    Agenda(database, clock, {"tick": work}).run_forever(stop)
    assert clock.now() >= datetime.fromisoformat("2026-03-01T12:02:00+00:00")


class OneTurn(threading.Event):
    """Lets a loop make one turn, and is set then."""

    def is_set(self) -> bool:
        """Return whether it was asked before."""
        was_asked = super().is_set()
        self.set()
        return was_asked


def test_of_idle_threads_one_looks_at_a_time(
    database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that found nothing leaves half a second to all of them; then whoever comes first looks."""
    agenda, looked = Agenda(database, clock, {}), []
    monkeypatch.setattr(agenda, "run_due", lambda: looked.append(clock.monotonic_seconds()))
    monkeypatch.setattr(clock, "wait", lambda event, _seconds: event.is_set())
    for wait in (0 * SECOND, 0 * SECOND, 0.5 * SECOND - MICROSECOND, MICROSECOND, 0 * SECOND):
        clock.advance(wait)
        agenda.run_forever(OneTurn())
    assert looked == [0.0, 0.5]


def test_a_task_of_an_unknown_kind_is_left_for_who_knows_it(
    database: Database, clock: ManualClock, agenda: Agenda
) -> None:
    """A process without the handler does not touch the row."""
    with database.write() as tx:
        schedule(tx, kind="other", subject="a", due_at=clock.now())
    assert agenda.run_due() == 0
    assert len(rows(database)) == 1


def test_what_has_been_due_for_longest_runs_first(database: Database, clock: ManualClock) -> None:
    """In order of due time, to the microsecond, whatever the tasks are called and when they were put down."""
    ran: list[str] = []
    agenda = Agenda(database, clock, {"tick": lambda task: ran.append(task.subject)})
    with database.write() as tx:
        for subject, microseconds in (("a", 3), ("d", 1), ("b", 4), ("c", 2)):
            due_at = clock.now() + microseconds * MICROSECOND
            schedule(tx, kind="tick", subject=subject, due_at=due_at)
    clock.advance(3 * MICROSECOND)
    assert agenda.run_due() == 3
    assert ran == ["d", "c", "a"]
    clock.advance(MICROSECOND)
    agenda.run_due()
    assert ran == ["d", "c", "a", "b"]


@pytest.mark.parametrize(
    ("late", "next_after"),
    [
        (timedelta(0), 10),
        (9 * SECOND, 10),
        (10 * SECOND - MICROSECOND, 10),
        (10 * SECOND, 20),
        (25 * SECOND, 30),
    ],
)
def test_the_next_beat_is_the_first_that_is_not_over(
    database: Database, clock: ManualClock, agenda: Agenda, late: timedelta, next_after: int
) -> None:
    """A tick that ends on a beat waits for the one after it: the same instant is not run twice."""
    put_recurring(database, clock)
    began = clock.now()
    clock.advance(late)
    agenda.run_due(limit=1)
    assert [row["due_at"] for row in rows(database)] == [began + next_after * SECOND]
