"""`/api/v1/pages`: pages, what happened to each and why, and the acknowledgement that stops one."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from holdfast.oncall.contacts import Channel, Urgency
from holdfast.oncall.escalation import Passing
from holdfast.oncall.pages.model import Message, MessageState, Page, PageState
from holdfast.oncall.pages.pager import Acknowledging
from holdfast.oncall.pages.service import Foreseen, PagesService, PageView
from holdfast.oncall.routing import Concern, Routed
from holdfast.runtime.addresses import PathName
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import ID_MOST
from holdfast.runtime.errors import Forbidden, Invalid, NotFound, Unavailable
from holdfast.runtime.http import IdempotencyKey, Responder, Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import Cursor, Limit
from holdfast.runtime.timerange import parse_instant

Number = Annotated[int, Path(ge=1, le=ID_MOST)]
Fence = Annotated[int, Field(ge=0, le=2_147_483_647)]


class PageBody(BaseModel):
    """A page: what for, by which policy and why, and how it stands.

    `steps` is how many steps were taken; `next_at` is when the next one is, null if there is none to come.
    `fence` is the state that an acknowledgement may name as the one it saw.
    """

    id: int
    reference: str
    title: str
    href: str
    urgency: Urgency
    policy: str
    reason: str
    state: PageState
    steps: int
    fence: int
    opened_at: datetime
    next_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    ended_at: datetime | None


class PageListBody(BaseModel):
    """Pages, newest first."""

    items: list[PageBody]
    next: str | None


class MessageBody(BaseModel):
    """One message: to whom, through which contact of theirs, in which step, and what its provider said."""

    id: int
    step: int
    person: str
    by: str
    contact: str
    channel: Channel
    state: MessageState
    due_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    tries: int
    answer: str


class PageEntryBody(BaseModel):
    """One thing that happened to a page."""

    at: datetime
    kind: str
    actor: str
    summary: str
    data: dict[str, Any]


class PageDetail(PageBody):
    """A page with what it says, everything that happened to it, the oldest first, and its messages."""

    lines: list[str]
    timeline: list[PageEntryBody]
    messages: list[MessageBody]


class AckPageRequest(BaseModel, extra="forbid"):
    """`seen` is the fence of the state that the answer saw; null acknowledges in any state."""

    seen: Fence | None = None


class AckPageBody(BaseModel):
    """What became of an acknowledgement, and the page as it stands now."""

    outcome: Acknowledging
    page: PageBody


class AskedBody(BaseModel):
    """Somebody who would be paged, because a target of the step names them, and through what."""

    person: str
    by: str
    contacts: list[str]


class PassedBody(BaseModel):
    """Somebody or something a step would pass over, and why."""

    who: str
    reason: Passing


class ForeseenStepBody(BaseModel):
    """A step, taken at `at` if nobody answered before."""

    policy: str
    step: int
    at: datetime
    asked: list[AskedBody]
    passed: list[PassedBody]


class ForeseenBody(BaseModel):
    """Who would be paged, why by these policies, and names that no policy, team or user has."""

    reason: Routed
    policies: list[str]
    unknown: list[str]
    steps: list[ForeseenStepBody]


Concerns = Callable[[str], Concern]
"""What somebody is paged for when an objective's page tier fires; raises NotFound."""


def router(service: PagesService, concerns: Concerns, clock: Clock) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(prefix="/pages", tags=["pages"])
    _add_reads(routes, service)
    _add_foresight(routes, service, concerns, clock)
    _add_writes(routes, service)
    return routes


def _add_reads(routes: APIRouter, service: PagesService) -> None:
    @routes.get("", operation_id="list_pages", responses=responses(Invalid, Unavailable))
    def list_pages(
        _principal: Viewer,
        state: Annotated[PageState | None, Query(description="Pages in this state")] = None,
        reference: Annotated[str | None, Query(max_length=300, description="Such as incident/7")] = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> PageListBody:
        """List pages, newest first."""
        found, has_more = service.pages(
            states=(state,) if state else (), reference=reference, cursor=cursor, limit=limit
        )
        items = fitting(PageBody(**_fields(one)) for one in found)
        is_end = len(items) == len(found) and not has_more
        return PageListBody(items=items, next=None if is_end else str(items[-1].id))

    @routes.get("/{number}", operation_id="get_page", responses=responses(NotFound, Unavailable))
    def get_page(_principal: Viewer, number: Number) -> PageDetail:
        """Show one page: who was sent what through which contact, with which answer, and why nobody else."""
        return _detail(service.view(number))


def _add_foresight(routes: APIRouter, service: PagesService, concerns: Concerns, clock: Clock) -> None:
    @routes.get(
        "/foreseen/{objective}",
        operation_id="foresee_page",
        responses=responses(Invalid, NotFound, Unavailable),
    )
    def foresee_page(
        _principal: Viewer,
        objective: PathName,
        at: Annotated[str | None, Query(max_length=40, description="ISO 8601; now by default")] = None,
        urgency: Annotated[Urgency, Query(description="high for page tiers, low for tickets")] = Urgency.HIGH,
    ) -> ForeseenBody:
        """Show who would be paged for an objective at an instant, step by step, if nobody answered."""
        instant = clock.now() if at is None else parse_instant(at, now=clock.now())
        return _foreseen(service.foresee(concerns(objective), urgency, instant))


def _add_writes(routes: APIRouter, service: PagesService) -> None:
    refusals = responses(Invalid, Forbidden, NotFound, Unavailable)

    @routes.post("/{number}/ack", operation_id="acknowledge_page", responses=refusals)
    def acknowledge_page(
        principal: Responder, key: IdempotencyKey, number: Number, request: AckPageRequest
    ) -> AckPageBody:
        """Acknowledge a page, and every other page for the same thing: nobody else is asked."""
        made = service.acknowledge(number, by=principal.name, seen=request.seen)
        return AckPageBody(outcome=made.outcome, page=PageBody(**_fields(made.page)))


_OWN = (
    *("id", "reference", "urgency", "policy", "reason", "state", "fence", "opened_at", "next_at"),
    *("acknowledged_at", "acknowledged_by", "ended_at"),
)
_OF_A_MESSAGE = (
    *("id", "step", "person", "by", "state", "due_at", "sent_at", "answered_at", "tries", "answer"),
)


def _fields(page: Page) -> dict[str, Any]:
    own = {name: getattr(page, name) for name in _OWN}
    return {**own, "title": page.facts.title, "href": page.facts.href, "steps": page.step}


def _detail(view: PageView) -> PageDetail:
    timeline = [
        PageEntryBody(at=one.at, kind=one.kind, actor=one.actor, summary=one.summary, data=dict(one.data))
        for one in view.timeline
    ]
    messages = [_message(one) for one in view.messages]
    lines = list(view.page.facts.lines)
    return PageDetail(**_fields(view.page), lines=lines, timeline=timeline, messages=messages)


def _message(one: Message) -> MessageBody:
    own = {name: getattr(one, name) for name in _OF_A_MESSAGE}
    return MessageBody(**own, contact=one.contact.name, channel=one.contact.channel)


def _foreseen(found: Foreseen) -> ForeseenBody:
    steps = [
        ForeseenStepBody(
            policy=one.policy,
            step=one.step,
            at=one.at,
            asked=[
                AskedBody(
                    person=each.person,
                    by=str(each.by),
                    contacts=[sent.contact.name for sent in each.messages],
                )
                for each in one.asked
            ],
            passed=[PassedBody(who=each.who, reason=each.reason) for each in one.passed],
        )
        for one in found.steps
    ]
    decided = found.decided
    return ForeseenBody(
        reason=decided.reason, policies=list(decided.policies), unknown=list(decided.unknown), steps=steps
    )
