"""Tasks that are late, stuck or fail repeatedly are reported, longest due first."""

from datetime import timedelta

import pytest
from tests.runtime.agenda_rig import TICK, Recorder, put_recurring

from holdfast.runtime.agenda import RUN_MOST, Agenda, Task, schedule
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database


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


def test_laggards_are_reported_longest_due_first(
    database: Database, clock: ManualClock, agenda: Agenda
) -> None:
    """Of more than are shown the oldest are shown."""
    with database.write() as tx:
        for subject, seconds in (("a", 3), ("c", 1), ("b", 2)):
            due_at = clock.now() + timedelta(seconds=seconds)
            schedule(tx, kind="tick", subject=subject, due_at=due_at)
    clock.advance(timedelta(minutes=2))
    assert [one.subject for one in agenda.laggards(limit=2)] == ["c", "b"]
