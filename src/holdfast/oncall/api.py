"""`/api/v1/oncall`: who is on call now, who will be, where nobody is, and who takes over for whom."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from holdfast.oncall.schedule import Duty, Override
from holdfast.oncall.service import Gap, OnCall, OncallService
from holdfast.runtime.addresses import PathName
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import ID_MOST
from holdfast.runtime.errors import Conflict, Invalid, NotFound
from holdfast.runtime.http import IdempotencyKey, Responder, Viewer
from holdfast.runtime.pages import fitting, following, part
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import Cursor, Limit
from holdfast.runtime.timerange import iso, parse_instant

At = Annotated[str | None, Query(max_length=40, description="ISO 8601 instant or now-1h; now by default")]
Days = Annotated[int, Query(ge=1, le=400, description="How many days ahead")]
Instant = Annotated[str, Field(max_length=40, description="ISO 8601 instant")]
Name = Annotated[str, Field(min_length=1, max_length=63)]
OverrideId = Annotated[int, Field(ge=1, le=ID_MOST)]


class DutyBody(BaseModel):
    """Who is on call from `start` to `end`; nobody is a gap.

    `layer` is the one of the schedule that decided, from 0; null where overrides did, and for gaps.
    """

    start: str
    end: str
    people: list[str]
    layer: int | None


class DutyListBody(BaseModel):
    """Who is on call, in order and without holes."""

    items: list[DutyBody]
    next: str | None


class OnCallBody(BaseModel):
    """Who is on call for a schedule, until when, and who is next.

    `until` and `following` are null if nobody changes in the next five weeks.
    """

    schedule: str
    display_name: str
    teams: list[str]
    people: list[str]
    until: str | None
    following: list[str] | None


class OnCallListBody(BaseModel):
    """Schedules by name, each with who is on call at `at`."""

    at: str
    items: list[OnCallBody]
    next: str | None


class GapBody(BaseModel):
    """A time in which nobody is on call for a schedule."""

    schedule: str
    start: str
    end: str


class GapListBody(BaseModel):
    """Where nobody is on call, the first gap first."""

    items: list[GapBody]
    next: str | None


class OverrideBody(BaseModel):
    """`person` is on call from `start` to `end` instead of `instead_of`, or of everybody if that is null."""

    id: int
    start: str
    end: str
    person: str
    instead_of: str | None


class OverrideListBody(BaseModel):
    """Overrides in the order they were made; a later one wins."""

    items: list[OverrideBody]
    next: str | None


class NewOverrideBody(BaseModel):
    """Who takes over, from when to when, and from whom."""

    model_config = ConfigDict(extra="forbid")

    person: Name
    start: Instant
    end: Instant
    instead_of: Name | None = None


def router(oncall: OncallService, clock: Clock) -> APIRouter:
    """Return the endpoints over `oncall`."""
    api = APIRouter(prefix="/oncall", tags=["oncall"])
    _add_reads(api, oncall, clock)
    _add_overrides(api, oncall, clock)
    return api


def _add_reads(api: APIRouter, oncall: OncallService, clock: Clock) -> None:
    @api.get("", operation_id="list_on_call", responses=responses(Invalid))
    def list_on_call(
        _principal: Viewer, at: At = None, cursor: Cursor = None, limit: Limit = 200
    ) -> OnCallListBody:
        """List who is on call at an instant, by schedule."""
        instant = _instant(at, clock)
        found = oncall.on_call(instant)
        items = fitting(_on_call_body(one) for one in part(found, cursor, limit))
        return OnCallListBody(at=iso(instant), items=items, next=following(found, cursor, items))

    @api.get("/gaps", operation_id="list_gaps", responses=responses(Invalid))
    def list_gaps(
        _principal: Viewer, at: At = None, days: Days = 28, cursor: Cursor = None, limit: Limit = 200
    ) -> GapListBody:
        """List the times in the coming days in which nobody is on call."""
        start = _instant(at, clock)
        found = oncall.gaps(start, start + timedelta(days=days))
        items = fitting(_gap_body(one) for one in part(found, cursor, limit))
        return GapListBody(items=items, next=following(found, cursor, items))

    @api.get("/schedules/{name}/duties", operation_id="get_duties", responses=responses(Invalid, NotFound))
    def get_duties(
        name: PathName,
        _principal: Viewer,
        at: At = None,
        days: Days = 28,
        cursor: Cursor = None,
        limit: Limit = 500,
    ) -> DutyListBody:
        """List who is on call for a schedule in the coming days."""
        start = _instant(at, clock)
        found = oncall.duties(name, start, start + timedelta(days=days))
        items = fitting(_duty_body(one) for one in part(found, cursor, limit))
        return DutyListBody(items=items, next=following(found, cursor, items))


def _add_overrides(api: APIRouter, oncall: OncallService, clock: Clock) -> None:
    @api.get(
        "/schedules/{name}/overrides", operation_id="get_overrides", responses=responses(Invalid, NotFound)
    )
    def get_overrides(
        name: PathName,
        _principal: Viewer,
        at: At = None,
        days: Days = 28,
        cursor: Cursor = None,
        limit: Limit = 200,
    ) -> OverrideListBody:
        """List the overrides of a schedule in the coming days."""
        start = _instant(at, clock)
        found = oncall.overrides(name, start, start + timedelta(days=days))
        items = fitting(_override_body(one) for one in part(found, cursor, limit))
        return OverrideListBody(items=items, next=following(found, cursor, items))

    @api.post(
        "/schedules/{name}/overrides",
        operation_id="add_override",
        status_code=201,
        responses=responses(Invalid, NotFound, Conflict),
    )
    def add_override(
        name: PathName, body: NewOverrideBody, principal: Responder, _key: IdempotencyKey
    ) -> OverrideBody:
        """Let somebody be on call for a time in place of another, or of everybody."""
        now = clock.now()
        start = parse_instant(body.start, now=now, name="start")
        end = parse_instant(body.end, now=now, name="end")
        wanted = Override(start, end, body.person, body.instead_of)
        return _override_body(oncall.override(name, wanted, by=principal.name))

    @api.delete(
        "/schedules/{name}/overrides/{number}",
        operation_id="remove_override",
        status_code=204,
        responses=responses(Invalid, NotFound, Conflict),
    )
    def remove_override(
        name: PathName, number: OverrideId, principal: Responder, _key: IdempotencyKey
    ) -> None:
        """Remove an override."""
        oncall.remove_override(name, number, by=principal.name)


def _instant(text: str | None, clock: Clock) -> datetime:
    return clock.now() if text is None else parse_instant(text, now=clock.now())


def _duty_body(one: Duty) -> DutyBody:
    return DutyBody(start=iso(one.start), end=iso(one.end), people=list(one.people), layer=one.layer)


def _gap_body(one: Gap) -> GapBody:
    return GapBody(schedule=one.schedule, start=iso(one.start), end=iso(one.end))


def _override_body(one: Override) -> OverrideBody:
    return OverrideBody(
        id=one.id, start=iso(one.start), end=iso(one.end), person=one.person, instead_of=one.instead_of
    )


def _on_call_body(one: OnCall) -> OnCallBody:
    return OnCallBody(
        schedule=one.schedule.name,
        display_name=one.schedule.display_name,
        teams=list(one.teams),
        people=list(one.now.people),
        until=iso(one.now.end) if one.next is not None else None,
        following=None if one.next is None else list(one.next.people),
    )
