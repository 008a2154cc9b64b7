"""Pages survive a process that ends between any two statements, and providers of every kind.

Each run has a seed: pages come, people answer or not, a provider accepts, refuses, fails, asks for patience
or does not answer, and the process ends before a statement now and then and begins again. What is checked
is the contract of docs/decisions/pages.md, at each message that is handed over and at the end.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from tests.conftest import START
from tests.oncall.pages.conftest import ACCEPTED, ORDERS, TEAM_TEXT, Phones, Tower, catalog_of
from tests.rounds import Rounds

from holdfast.oncall.channels.protocol import Letter
from holdfast.oncall.contacts import Urgency
from holdfast.oncall.pages.delivery import ProviderAnswer, ProviderReply
from holdfast.oncall.pages.model import MessageState, PageState
from holdfast.oncall.pages.store import messages, oncall_messages, oncall_pages
from holdfast.oncall.routing import Concern
from holdfast.runtime import journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

MINUTES = 75
STEP = timedelta(seconds=5)
LATE_MOST = timedelta(seconds=25)
"""A task that failed is tried again after five seconds, then after ten; the provider may take ten."""


class Cut(BaseException):
    """The process ends here; no handler catches it."""


class Statements:
    """Ends the process before a statement, with a chance; counts how often it did."""

    def __init__(self, dice: random.Random, chance: float) -> None:
        self._dice = dice
        self._chance = chance
        self.is_on = False
        self.cuts = 0

    def before(self, *_: object) -> None:
        """Be called before each statement."""
        if self.is_on and self._dice.random() < self._chance:
            self.cuts += 1
            raise Cut

    @contextmanager
    def of(self, database: Database) -> Iterator[None]:
        """Listen to a database."""
        event.listen(database.engine, "before_cursor_execute", self.before)
        yield
        event.remove(database.engine, "before_cursor_execute", self.before)


class CheckedPhones(Phones):
    """Checks each message as it is handed over: nothing that was given is given again."""

    database: Database
    statements: Statements

    def send(self, address: str, letter: Letter) -> ProviderReply:
        """Check, record and answer."""
        was_on, self.statements.is_on = self.statements.is_on, False
        with self.database.read() as tx:
            mine = select(oncall_messages.c.state, oncall_pages.c.state).join(
                oncall_pages, oncall_pages.c.id == oncall_messages.c.page_id
            )
            states = tx.execute(mine.where(oncall_messages.c.sent_as == letter.key)).all()
        assert states
        assert {one[0] for one in states} <= {MessageState.SENDING, MessageState.CANCELLED}
        assert {one[1] for one in states if one[0] is MessageState.SENDING} == {PageState.PAGING}
        self.statements.is_on = was_on
        return super().send(address, letter)


def moody(dice: random.Random, clock: ManualClock) -> ProviderReply:
    """Return what a provider says today."""
    mood = dice.random()
    if mood < 0.55:
        return ACCEPTED
    if mood < 0.7:
        return ProviderReply(ProviderAnswer.FAULT, "500")
    if mood < 0.8:
        return ProviderReply(ProviderAnswer.THROTTLED, "429", timedelta(seconds=dice.randint(1, 60)))
    if mood < 0.9:
        return ProviderReply(ProviderAnswer.REFUSED, "550")
    clock.advance(timedelta(seconds=10))
    return ProviderReply(ProviderAnswer.NO_ANSWER, "timed out")


def run(database: Database, clock: ManualClock, seed: int) -> Tower:
    """Live through a drawn hour and check it."""
    dice = random.Random(seed)
    phones = CheckedPhones(clock)
    phones.database, phones.statements = database, Statements(dice, dice.choice((0, 0.003, 0.02)))
    phones.says = lambda _address, _tries: moody(dice, clock)
    tower = Tower(database, clock, catalog_of(TEAM_TEXT), phones)
    with database.write() as tx:
        tower.verify(tx, *(one for one in ("first", "second", "lead") if dice.random() < 0.9))
    starts = sorted(dice.uniform(0, 10) for _ in range(dice.randint(1, 5)))
    answers = sorted(dice.uniform(0, 60) for _ in range(dice.randint(0, 3)))
    with phones.statements.of(database):
        for minute in range(MINUTES):
            while starts and starts[0] <= minute:
                starts.pop(0)
                urgency = dice.choice(tuple(Urgency))
                with database.write() as tx:
                    reference = f"incident/{dice.randint(1, 4)}"
                    tower.pager.page(tx, reference, urgency, ORDERS, Concern(team="payments"))
            while answers and answers[0] <= minute:
                answers.pop(0)
                answer(tower, dice)
            live(tower, phones.statements, minutes=1)
    return tower


def answer(tower: Tower, dice: random.Random) -> None:
    """Let somebody acknowledge a page that there is, or resolve what it is for."""
    with tower.database.read() as tx:
        known = list(tx.execute(select(oncall_pages.c.id, oncall_pages.c.reference)))
    if not known:
        return
    number, reference = dice.choice(known)
    if dice.random() < 0.7:
        tower.pager.acknowledge(number, by="somebody")
    else:
        with tower.database.write() as tx:
            tower.pager.resolve(tx, reference, tower.clock.now())


def live(tower: Tower, statements: Statements, *, minutes: float) -> None:
    """Let time pass; the process begins again whenever it ended."""
    until = tower.clock.now() + timedelta(minutes=minutes)
    while tower.clock.now() < until:
        try:
            statements.is_on = True
            tower.agenda.run_due(limit=1000)
        except Cut:
            tower.restart()
            statements.is_on = False
            tower.agenda.take_over()
        finally:
            statements.is_on = False
        check_nothing_is_late(tower)
        tower.clock.advance(STEP)


def check_nothing_is_late(tower: Tower) -> None:
    """No step waits past its time, however often the process ended."""
    now = tower.clock.now()
    with tower.database.read() as tx:
        due = tx.execute(select(oncall_pages.c.next_at).where(oncall_pages.c.next_at.is_not(None))).scalars()
        assert all(now - at <= LATE_MOST for at in due)


def check_the_end(tower: Tower) -> None:
    """Every page came to an end with a name, and every message of it too; steps follow each other."""
    with tower.database.read() as tx:
        for number, state in tx.execute(select(oncall_pages.c.id, oncall_pages.c.state)).all():
            assert state in (PageState.ACKNOWLEDGED, PageState.RESOLVED, PageState.UNANSWERED)
            sent = messages(tx, number)
            assert {one.state for one in sent} <= {
                MessageState.ACCEPTED,
                MessageState.FAILED,
                MessageState.CANCELLED,
            }
            assert len({(one.step, one.person, one.contact) for one in sent}) == len(sent)
            assert [one.step for one in sent] == sorted(one.step for one in sent)
            if state is PageState.UNANSWERED:
                entries = journal.entries(tx, subject=f"page/{number}", kinds=("page.passed",))
                taken = {one.step for one in sent} | {one.data["step"] for one in entries}
                assert taken == set(range(6 if sent else 3))


def a_round(database: Database, seed: int) -> None:
    """Live through a drawn hour on an empty database, and check how it ended."""
    with database.write() as tx:
        for table in ("oncall_pages", "oncall_messages", "oncall_contacts", "agenda_tasks"):
            tx.exec_driver_sql(f"DELETE FROM {table}")
    check_the_end(run(database, ManualClock(START), seed))


@pytest.mark.parametrize("seeds", [range(5), range(5, 10)], ids=str)
def test_no_page_is_lost_and_none_given_twice(sqlite_database: Database, seeds: range) -> None:
    """Five drawn hours each, cut at any statement."""
    for seed in seeds:
        a_round(sqlite_database, seed)


@pytest.mark.prove
def test_a_thousand_drawn_hours(sqlite_database: Database, rounds: Rounds) -> None:
    """No page is lost and none is given twice, in a thousand runs."""
    rounds("pages", 1000, lambda seed: a_round(sqlite_database, seed))


@pytest.mark.prove
def test_drawn_hours_on_postgresql(postgresql_database: Database, rounds: Rounds) -> None:
    """The same on the other database."""
    rounds("pages-postgresql", 50, lambda seed: a_round(postgresql_database, seed))
