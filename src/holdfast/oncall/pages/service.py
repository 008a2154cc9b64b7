"""Use cases of pages: list them, explain one, acknowledge it, and say who would be paged."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from holdfast.catalog.model import Catalog
from holdfast.oncall import escalation, policies
from holdfast.oncall.contacts import Urgency
from holdfast.oncall.escalation import AskedPerson, Passed
from holdfast.oncall.model import USERS, UTC_ZONE
from holdfast.oncall.pages import entries, links, store
from holdfast.oncall.pages.links import AnswerLink, LinkState
from holdfast.oncall.pages.model import Message, Page, PageState
from holdfast.oncall.pages.pager import Acknowledged, Acknowledging, Pager, known
from holdfast.oncall.roster import Roster
from holdfast.oncall.routing import Concern, RouteDecision
from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.journal import Entry
from holdfast.runtime.pages import number

TIMELINE_MOST = 1000


@dataclass(frozen=True, slots=True)
class PageView:
    """One page with everything that happened to it, the oldest first, and its messages."""

    page: Page
    timeline: tuple[Entry, ...]
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class ForeseenStep:
    """A step that a page made at an instant would take if nobody answered, from `at` on."""

    policy: str
    step: int
    at: datetime
    asked: tuple[AskedPerson, ...]
    passed: tuple[Passed, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Who would be paged for a concern, in which order, and why by these policies."""

    decided: RouteDecision
    steps: tuple[ForeseenStep, ...]


class Pressing(StrEnum):
    """What became of the button behind a link."""

    DONE = "done"
    ALREADY = "already"
    OVER = "over"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Pressed:
    """What became of the button behind a link, for whom by which clock, and the page it is for.

    The page is None for an unknown link.
    """

    outcome: Pressing
    person: str = ""
    page: Page | None = None
    zone: ZoneInfo = UTC_ZONE


_PRESSING = {
    Acknowledging.DONE: Pressing.DONE,
    Acknowledging.ALREADY: Pressing.ALREADY,
    Acknowledging.OVER: Pressing.OVER,
    Acknowledging.OUTDATED: Pressing.EXPIRED,
}
_WORTHLESS = {
    LinkState.UNKNOWN: Pressing.UNKNOWN,
    LinkState.USED: Pressing.USED,
    LinkState.EXPIRED: Pressing.EXPIRED,
}


class PagesService:
    """Answers about pages and takes answers to them; lives as long as the process."""

    def __init__(
        self, database: Database, clock: Clock, catalog: Callable[[], Catalog], pager: Pager
    ) -> None:
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._pager = pager

    def pages(
        self,
        *,
        states: Collection[PageState] = (),
        reference: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> tuple[list[Page], bool]:
        """Return pages, newest first, and whether there are more; a cursor is the number of a page."""
        before = number(cursor)
        with self._database.read() as tx:
            found = store.listed(tx, states=states, reference=reference, before_id=before, limit=limit + 1)
        return found[:limit], len(found) > limit

    def view(self, page_id: int) -> PageView:
        """Return a page with everything that happened to it.

        Raises:
            NotFound: there is no page of this number.
        """
        with self._database.read() as tx:
            page = known(store.page(tx, page_id), page_id)
            found = journal.entries(tx, subject=entries.reference(page_id), limit=TIMELINE_MOST)
            return PageView(page, tuple(reversed(found)), tuple(store.messages(tx, page_id)))

    def acknowledge(self, page_id: int, *, by: str, seen: int | None = None) -> Acknowledged:
        """Acknowledge a page; see `Pager.acknowledge`."""
        return self._pager.acknowledge(page_id, by=by, seen=seen)

    def look_at(self, token: str) -> Pressed:
        """Return what the button behind a link would do now, and change nothing."""
        with self._database.read() as tx:
            link = links.find(tx, token, self._clock.now())
            page = store.page(tx, link.page_id)
        return self._for_its_person(_before_the_press(link, page))

    def press(self, token: str) -> Pressed:
        """Acknowledge as the person that a link is for, once."""
        now = self._clock.now()
        with self._database.write() as tx:
            link = links.find(tx, token, now)
            used = links.use(tx, token, now)
            page = store.page(tx, link.page_id)
            if used is not LinkState.GOOD or page is None:
                return self._for_its_person(_before_the_press(link, page))
            made = self._pager.acknowledge_in(tx, page.id, by=link.person, seen=link.fence)
        return self._for_its_person(Pressed(_PRESSING[made.outcome], link.person, made.page))

    def _for_its_person(self, pressed: Pressed) -> Pressed:
        """Return it with the name for people and the zone of the person it is for."""
        found = next((one for one in self._catalog().of(USERS) if one.name == pressed.person), None)
        if found is None:
            return pressed
        return replace(pressed, person=found.display_name, zone=found.zone)

    def foresee(self, concern: Concern, urgency: Urgency, at: datetime) -> Foreseen:
        """Return who would be paged for a concern from an instant on, if nobody answered."""
        decided, catalog = self._pager.route(concern), self._catalog()
        with self._database.read() as tx:
            roster = Roster(catalog, tx)
            steps = [
                one for policy in decided.policies for one in _climbed(roster, catalog, policy, urgency, at)
            ]
        return Foreseen(decided, tuple(steps))


def _climbed(
    roster: Roster, catalog: Catalog, reference: str, urgency: Urgency, at: datetime
) -> list[ForeseenStep]:
    """Climb a policy once, as if nobody answered."""
    policy, number_, found = policies.policy(catalog, reference), 0, list[ForeseenStep]()
    while policy is not None and policy.steps and number_ < len(policy.steps):
        taken = escalation.escalate(
            policy,
            number_,
            at=at,
            turn=store.pages_of(roster.tx, reference),
            people=roster.people,
            messages=lambda person, when: roster.messages(person, when, urgency),
        )
        found.append(ForeseenStep(reference, taken.step or number_, at, taken.asked, taken.passed))
        if taken.step is None or taken.until is None:
            break
        number_, at = taken.step + 1, taken.until
    return found


def _before_the_press(link: AnswerLink, page: Page | None) -> Pressed:
    if link.state is not LinkState.GOOD or page is None:
        return Pressed(_WORTHLESS.get(link.state, Pressing.UNKNOWN), link.person, page)
    if page.state is PageState.RESOLVED:
        return Pressed(Pressing.OVER, link.person, page)
    if page.state is PageState.ACKNOWLEDGED:
        return Pressed(Pressing.ALREADY, link.person, page)
    return Pressed(Pressing.DONE, link.person, page)
