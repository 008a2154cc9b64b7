"""Pages people: begins pages, climbs their policies, and takes answers. Everything that waits is a task.

A page begins and ends in the transaction of what it is for, so that neither is stored without the other.
Each step is one transaction: the messages of a step and the task that takes the next are stored together.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from holdfast.catalog.model import Catalog
from holdfast.oncall import escalation, policies, routing
from holdfast.oncall.contacts import Urgency
from holdfast.oncall.escalation import AskedPerson, Escalation
from holdfast.oncall.model import USERS
from holdfast.oncall.pages import entries, queue, store
from holdfast.oncall.pages.model import Message, MessageState, Page, PageFacts, PageState
from holdfast.oncall.roster import Roster
from holdfast.oncall.routing import Concern, RouteDecision
from holdfast.runtime import agenda, journal
from holdfast.runtime.agenda import Handler, Task
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Writer
from holdfast.runtime.errors import NotFound

ESCALATE = "oncall.escalate"
KEY_BYTES = 18
FACTS_WITHIN = timedelta(seconds=3)
"""How long the first message waits for what fails and the suspect; it goes out without them after that."""


@dataclass(frozen=True, slots=True)
class PageAnswered:
    """What is announced when somebody acknowledged a page: which thing it was for, who, and when."""

    reference: str
    page_id: int
    by: str
    at: datetime


class Acknowledging(StrEnum):
    """What became of an acknowledgement."""

    DONE = "done"
    ALREADY = "already"
    OVER = "over"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What became of an acknowledgement, and the page as it stands now."""

    outcome: Acknowledging
    page: Page


class Subscriber(Protocol):
    """Whoever pages are for. Rows are locked in the order of the floors: its own first, then the pages."""

    def lock_for_page(self, tx: Writer, reference: str) -> None:
        """Lock what a page is for, if it is its own, before the page is."""
        ...

    def on_page_answered(self, tx: Writer, answered: PageAnswered) -> None:
        """Take note of an acknowledgement, in the transaction that stores it."""
        ...


class Pager:
    """Carries pages from the first step to an answer; lives as long as the process.

    `fallback` names the policy, team or user that is paged where nobody else is to be found.
    """

    def __init__(
        self, database: Database, clock: Clock, catalog: Callable[[], Catalog], fallback: str | None
    ) -> None:
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._fallback = fallback
        self._subscribers: list[Subscriber] = []

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The agenda's tasks of pages."""
        return {ESCALATE: self._on_escalate}

    def on_answer(self, subscriber: Subscriber) -> None:
        """Announce acknowledgements to `subscriber`, in the transaction that stores them."""
        self._subscribers.append(subscriber)

    def page(
        self, tx: Writer, reference: str, urgency: Urgency, facts: PageFacts, concern: Concern
    ) -> RouteDecision:
        """Page somebody for a thing; a policy that pages for it already goes on, with the newer facts.

        The first message waits a moment for facts that `refresh` may bring; see `FACTS_WITHIN`.
        """
        decided = self.route(concern)
        open_now = {one.policy: one for one in store.open_pages(tx, reference)}
        for policy in decided.policies:
            if policy in open_now:
                self._refresh(tx, open_now[policy], urgency, facts)
            else:
                self._begin(tx, reference, urgency, facts, policy, decided)
        # Without any user nobody expects to be paged by this installation.
        if not decided.policies and self._catalog().of(USERS):
            journal.append(tx, entries.not_routed(reference, decided, self._clock.now()))
        return decided

    def route(self, concern: Concern) -> RouteDecision:
        """Return which policies page for a concern now, and why."""
        catalog = self._catalog()
        fallback = policies.reference_of(catalog, self._fallback) if self._fallback else None
        return routing.route(
            concern,
            policy_of=lambda name: policies.reference_of(catalog, name),
            team_policy=lambda name: policies.team_reference(catalog, name),
            fallback=fallback,
        )

    def refresh(self, tx: Writer, reference: str, facts: PageFacts) -> None:
        """Keep newer facts of a thing for the messages to come; the first one waits no longer."""
        at = self._clock.now()
        for page in store.open_pages(tx, reference):
            store.change_page(tx, page.id, facts=store.facts_document(facts))
            if page.state is PageState.PAGING and page.step == 0 and (page.next_at or at) > at:
                store.change_page(tx, page.id, next_at=at)
                agenda.schedule(tx, kind=ESCALATE, subject=str(page.id), due_at=at)

    def move(self, tx: Writer, reference: str, into: str, at: datetime) -> None:
        """Let the pages of a thing be for another that it became part of; each policy pages once for it.

        Who had acknowledged either has both.
        """
        there, moved = store.open_pages(tx, into), store.open_pages(tx, reference)
        for page in moved:
            if any(one.policy == page.policy for one in there):
                self._leave(tx, page, PageState.RESOLVED, f"part of {into}", at, ended_at=at)
                journal.append(tx, entries.ended(page, at))
            else:
                store.change_page(tx, page.id, reference=into)
        by = next((one.acknowledged_by for one in (*there, *moved) if one.acknowledged_by is not None), None)
        if by is not None:
            self.answer(tx, into, by=by, at=at)

    def resolve(self, tx: Writer, reference: str, at: datetime) -> None:
        """End every page for a thing that is over."""
        for page in store.open_pages(tx, reference):
            self._leave(tx, page, PageState.RESOLVED, "over before it was sent", at, ended_at=at)
            journal.append(tx, entries.ended(page, at))

    def answer(self, tx: Writer, reference: str, *, by: str, at: datetime) -> None:
        """Take note that somebody has taken on a thing: none of its pages escalates any further."""
        for page in store.open_pages(tx, reference):
            if page.is_paging:
                self._acknowledge(tx, page, by, at)

    def acknowledge(self, page_id: int, *, by: str, seen: int | None = None) -> Acknowledged:
        """Acknowledge a page, and every other page for the same thing.

        `seen` is the fence of the state that the answer saw; an older one changes nothing.

        Raises:
            NotFound: there is no page of this number.
        """
        with self._database.write() as tx:
            return self.acknowledge_in(tx, page_id, by=by, seen=seen)

    def acknowledge_in(self, tx: Writer, page_id: int, *, by: str, seen: int | None = None) -> Acknowledged:
        """Do the same in a transaction of the caller."""
        at = self._clock.now()
        reference = known(store.page(tx, page_id), page_id).reference
        for subscriber in self._subscribers:
            subscriber.lock_for_page(tx, reference)
        page = known(store.locked_page(tx, page_id), page_id)
        outcome = _acknowledging(page, seen)
        if outcome is Acknowledging.DONE:
            self.answer(tx, page.reference, by=by, at=at)
            for subscriber in self._subscribers:
                subscriber.on_page_answered(tx, PageAnswered(page.reference, page.id, by, at))
        return Acknowledged(outcome, known(store.page(tx, page_id), page_id))

    def not_delivered(self, tx: Writer, message: Message, at: datetime) -> None:
        """Go on without a message: the person's next one is sent now, or the next step is taken now."""
        page = store.locked_page(tx, message.page_id)
        if page is None or page.state is not PageState.PAGING or page.step != message.step + 1:
            return
        step = [one for one in store.messages(tx, page.id) if one.step == message.step]
        mine = [one for one in step if one.person == message.person]
        if not any(one.state in _ARRIVED for one in mine):
            self._send_now(tx, [one for one in mine if one.state is MessageState.WAITING], at)
        if not any(one.state in _MAY_ARRIVE for one in step):
            store.change_page(tx, page.id, next_at=at)
            agenda.schedule(tx, kind=ESCALATE, subject=str(page.id), due_at=at)

    def _send_now(self, tx: Writer, waiting: list[Message], at: datetime) -> None:
        later = [one for one in waiting if one.due_at > at and one.tries == 0]
        store.change_messages(tx, [one.id for one in later], due_at=at)
        for one in later:
            queue.plan(tx, one.contact)

    def _begin(
        self,
        tx: Writer,
        reference: str,
        urgency: Urgency,
        facts: PageFacts,
        policy: str,
        decided: RouteDecision,
        *,
        waits: timedelta = FACTS_WITHIN,
    ) -> None:
        at = self._clock.now()
        page = Page(
            id=0,
            reference=reference,
            facts=facts,
            urgency=urgency,
            policy=policy,
            reason=decided.reason.value,
            state=PageState.PAGING,
            step=0,
            turn=store.pages_of(tx, policy),
            fence=1,
            opened_at=at,
            next_at=at + waits,
        )
        number = store.add_page(tx, page)
        journal.append(tx, entries.begun(reference, number, policy, decided, at))
        agenda.schedule(tx, kind=ESCALATE, subject=str(number), due_at=at + waits)

    def _refresh(self, tx: Writer, page: Page, urgency: Urgency, facts: PageFacts) -> None:
        worse = Urgency.HIGH if Urgency.HIGH in (urgency, page.urgency) else Urgency.LOW
        store.change_page(tx, page.id, facts=store.facts_document(facts), urgency=worse)

    def _on_escalate(self, task: Task) -> datetime | None:
        """Take the next step of a page that nobody has answered in time."""
        at = self._clock.now()
        with self._database.write() as tx:
            page = store.locked_page(tx, int(task.subject))
            if page is None or page.next_at is None:
                return None
            if page.next_at > at:
                return page.next_at
            return self._climb(tx, page, at)

    def _climb(self, tx: Writer, page: Page, at: datetime) -> datetime | None:
        found = self._escalation(tx, page, at)
        for passed in found.passed:
            journal.append(tx, entries.passed(page, passed, at))
        if found.step is None or found.until is None:
            self._fall_back(tx, page, at)
            return None
        for asked in found.asked:
            self._ask(tx, page, asked)
        journal.append(tx, entries.asked(page, found, at))
        store.change_page(tx, page.id, step=found.step + 1, next_at=found.until)
        return found.until

    def _escalation(self, tx: Writer, page: Page, at: datetime) -> Escalation:
        catalog = self._catalog()
        policy = policies.policy(catalog, page.policy)
        if policy is None or not policy.steps:
            return Escalation(())
        roster = Roster(catalog, tx)
        return escalation.escalate(
            policy,
            page.step,
            at=at,
            turn=page.turn,
            people=roster.people,
            messages=lambda person, when: roster.messages(person, when, page.urgency),
        )

    def _ask(self, tx: Writer, page: Page, asked: AskedPerson) -> None:
        for planned in asked.messages:
            message = Message(
                id=0,
                page_id=page.id,
                step=asked.step,
                person=asked.person,
                by=str(asked.by),
                contact=planned.contact,
                due_at=planned.due_at,
                state=MessageState.WAITING,
                key=secrets.token_hex(KEY_BYTES),
            )
            store.add_message(tx, message)
            queue.plan(tx, planned.contact)

    def _fall_back(self, tx: Writer, page: Page, at: datetime) -> None:
        """Say that nobody answered a policy that came to its end, and page the fallback if it is another."""
        fallback = policies.reference_of(self._catalog(), self._fallback) if self._fallback else None
        then = None if fallback == page.policy else fallback
        store.change_page(tx, page.id, state=PageState.UNANSWERED, next_at=None)
        journal.append(tx, entries.unanswered(page, at, then=then))
        open_now = {one.policy for one in store.open_pages(tx, page.reference)}
        if then is not None and then not in open_now:
            decided = RouteDecision((then,), routing.Routed.BY_FALLBACK)
            self._begin(tx, page.reference, page.urgency, page.facts, then, decided, waits=timedelta(0))

    def _acknowledge(self, tx: Writer, page: Page, by: str, at: datetime) -> None:
        words = f"{by} had acknowledged"
        answered = {"acknowledged_at": at, "acknowledged_by": by}
        self._leave(tx, page, PageState.ACKNOWLEDGED, words, at, **answered)
        journal.append(tx, entries.acknowledged(page, by, at))

    def _leave(
        self, tx: Writer, page: Page, state: PageState, words: str, at: datetime, **values: object
    ) -> None:
        """Leave the ladder for a state in which nobody else is asked."""
        store.cancel_waiting(tx, page.id, words, at)
        store.change_page(tx, page.id, state=state, fence=page.fence + 1, next_at=None, **values)
        agenda.cancel(tx, kind=ESCALATE, subject=str(page.id))


_ARRIVED = (MessageState.ACCEPTED, MessageState.DELIVERED)
_MAY_ARRIVE = (*_ARRIVED, MessageState.WAITING, MessageState.SENDING)


def known(found: Page | None, page_id: int) -> Page:
    """Return a page that was found.

    Raises:
        NotFound: there is none.
    """
    if found is None:
        raise NotFound(f"there is no page {page_id}; `holdfast page ls` lists them all", value=str(page_id))
    return found


def _acknowledging(page: Page, seen: int | None) -> Acknowledging:
    if page.state is PageState.RESOLVED:
        return Acknowledging.OVER
    if page.state is PageState.ACKNOWLEDGED:
        return Acknowledging.ALREADY
    if seen is not None and seen != page.fence:
        return Acknowledging.OUTDATED
    return Acknowledging.DONE
