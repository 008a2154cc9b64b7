"""An on-call team of three steps, a phone for each of its people, and a clock moved by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from tests.oncall.test_documents import read

from holdfast.catalog.model import Catalog
from holdfast.oncall import store
from holdfast.oncall.channels.protocol import Letter
from holdfast.oncall.contacts import Channel, Urgency
from holdfast.oncall.pages.delivery import ProviderAnswer, ProviderReply
from holdfast.oncall.pages.model import Page, PageFacts
from holdfast.oncall.pages.pager import Pager
from holdfast.oncall.pages.sender import MessageSender
from holdfast.oncall.pages.service import PagesService
from holdfast.oncall.pages.store import page as stored_page
from holdfast.oncall.routing import Concern
from holdfast.runtime.agenda import Agenda
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database, Writer

TEAM_TEXT = """
apiVersion: holdfast.dev/v1
kind: User
metadata: {name: first}
spec: {email: first@shop.example}
---
apiVersion: holdfast.dev/v1
kind: User
metadata: {name: second}
spec: {email: second@shop.example}
---
apiVersion: holdfast.dev/v1
kind: User
metadata: {name: lead}
spec: {email: lead@shop.example}
---
apiVersion: holdfast.dev/v1
kind: Team
metadata: {name: payments}
spec: {members: [first, second]}
---
apiVersion: holdfast.dev/v1
kind: EscalationPolicy
metadata: {name: payments}
spec:
  team: payments
  repeats: 1
  steps:
    - {users: first, wait: 5m}
    - {users: second, wait: 5m}
    - {users: lead, wait: 10m}
"""

ORDERS = PageFacts(title="Orders failing", lines=("12 of 55 orders failed.",), href="/incidents/7")
ACCEPTED = ProviderReply(ProviderAnswer.ACCEPTED, "250 OK")


def catalog_of(*texts: str) -> Catalog:
    """Return the catalog of sound documents."""
    found, problems = read(*texts)
    assert not problems
    return found.catalog


@dataclass
class Phones:
    """What was handed to the provider, in order; `says` decides what it answers."""

    clock: ManualClock
    got: list[tuple[datetime, str, Letter]] = field(default_factory=list)
    says: Callable[[str, int], ProviderReply] = lambda _address, _tries: ACCEPTED

    def send(self, address: str, letter: Letter) -> ProviderReply:
        """Record the letter and answer."""
        self.got.append((self.clock.now(), address, letter))
        return self.says(address, sum(one[1] == address for one in self.got))

    def rang(self, since: datetime) -> list[tuple[float, str]]:
        """Return minutes since an instant and who was written to, in order."""
        return [((at - since).total_seconds() / 60, to.split("@")[0]) for at, to, _ in self.got]


@dataclass
class Tower:
    """One installation: pages are made here and time passes here."""

    database: Database
    clock: ManualClock
    catalog: Catalog
    phones: Phones
    fallback: str | None = None

    def __post_init__(self) -> None:
        """Wire it as a server does."""
        self.started_at = self.clock.now()
        self.restart()

    def restart(self) -> None:
        """Begin as a new process on the same database."""
        self.pager = Pager(self.database, self.clock, lambda: self.catalog, self.fallback)
        providers = {Channel.MAIL: self.phones}
        self.sender = MessageSender(
            self.database, self.clock, lambda: self.catalog, self.pager, providers, "http://holdfast.example"
        )
        self.agenda = Agenda(self.database, self.clock, {**self.pager.handlers, **self.sender.handlers})

    def page(
        self,
        reference: str = "incident/7",
        *,
        urgency: Urgency = Urgency.HIGH,
        facts: PageFacts = ORDERS,
        concern: Concern = Concern(team="payments"),
    ) -> None:
        """Page for a thing whose facts are known."""
        with self.database.write() as tx:
            self.pager.page(tx, reference, urgency, facts, concern)
            self.pager.refresh(tx, reference, facts)

    def service(self) -> PagesService:
        """Return the use cases of pages."""
        return PagesService(self.database, self.clock, lambda: self.catalog, self.pager)

    def verify(self, tx: Writer, *people: str) -> None:
        """Let the mail of people count as verified."""
        for one in people:
            store.keep_verified(tx, one, Channel.MAIL, f"{one}@shop.example", self.clock.now())

    def passes(self, *, minutes: float = 0, step_seconds: float = 5) -> None:
        """Let time pass, with everything that becomes due."""
        until = self.clock.now() + timedelta(minutes=minutes)
        self.agenda.run_due(limit=10_000)
        while self.clock.now() < until:
            self.clock.advance(timedelta(seconds=step_seconds))
            self.agenda.run_due(limit=10_000)

    def rang(self) -> list[tuple[float, str]]:
        """Return in which minute whose phone rang."""
        return self.phones.rang(self.started_at)

    def stored(self, number: int = 1) -> Page:
        """Return a page as it is stored."""
        with self.database.read() as tx:
            found = stored_page(tx, number)
        assert found is not None
        return found


@pytest.fixture
def tower(database: Database, clock: ManualClock) -> Tower:
    """A team whose people are all reached."""
    made = Tower(database, clock, catalog_of(TEAM_TEXT), Phones(clock))
    with database.write() as tx:
        made.verify(tx, "first", "second", "lead")
    return made
