"""One worker at a time holds a task, and a worker that died or stuck holds it only for so long."""

from datetime import timedelta

import pytest
from tests.runtime.agenda_rig import MICROSECOND, Recorder, put_recurring, rows

from holdfast.runtime.agenda import LEASE, RUN_MOST, SKEW, Agenda, Task, schedule
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database


def test_a_lease_from_the_future_is_void(
    database: Database, clock: ManualClock, agenda: Agenda, recorder: Recorder
) -> None:
    """A lease taken by a process that died before the clock stepped back does not hold the task."""
    put_recurring(database, clock)
    assert agenda._claim() is not None
    clock.step_back(timedelta(hours=1))
    assert agenda.run_due() == 1


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


@pytest.mark.parametrize(("back", "ran"), [(SKEW - MICROSECOND, 0), (SKEW, 0), (SKEW + MICROSECOND, 1)])
def test_clocks_of_two_processes_may_differ_by_five_seconds(
    database: Database, clock: ManualClock, agenda: Agenda, back: timedelta, ran: int
) -> None:
    """A recurring row written up to 5 s ahead of this clock waits for its beat; one from later is due."""
    put_recurring(database, clock)
    agenda.run_due()
    clock.step_back(back)
    assert (SKEW, agenda.run_due()) == (timedelta(seconds=5), ran)


@pytest.mark.parametrize(("back", "is_claimed"), [(SKEW, False), (SKEW + MICROSECOND, True)])
def test_a_lease_is_void_once_it_is_longer_than_a_lease_can_be(
    database: Database, clock: ManualClock, agenda: Agenda, back: timedelta, *, is_claimed: bool
) -> None:
    """A minute and the five seconds by which clocks may differ are a lease, anything longer is none."""
    with database.write() as tx:
        schedule(tx, kind="tick", subject="a", due_at=clock.now() - timedelta(hours=1))
    assert agenda._claim() is not None
    clock.step_back(back)
    assert (agenda._claim() is not None) is is_claimed


@pytest.mark.parametrize(("passed", "is_claimed"), [(LEASE - MICROSECOND, False), (LEASE, True)])
def test_a_lease_ends_after_a_minute(
    database: Database, clock: ManualClock, agenda: Agenda, passed: timedelta, *, is_claimed: bool
) -> None:
    """At its last instant the task is free for another process, a microsecond before it is not."""
    put_recurring(database, clock)
    assert agenda._claim() is not None
    clock.advance(passed)
    assert (agenda._claim() is not None) is is_claimed
