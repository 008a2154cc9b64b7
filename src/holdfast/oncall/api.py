"""`/api/v1/oncall`: who is on call now, who will be, and where nobody is."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from holdfast.oncall.schedule import Duty
from holdfast.oncall.service import OnCall, OncallService
from holdfast.runtime.addresses import PathName
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.http import Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.problems import responses
from holdfast.runtime.timerange import iso, parse_instant

At = Annotated[
    str | None, Query(max_length=40, description="ISO 8601 instant, now or now-1h; now by default")
]
Days = Annotated[int, Query(ge=1, le=400, description="How many days ahead")]


class DutyBody(BaseModel):
    """Who is on call from `start` to `end`; nobody is a gap. `layer` is the one that decided, from 0."""

    start: str
    end: str
    people: list[str]
    layer: int | None


class OnCallBody(BaseModel):
    """Who is on call for a schedule, until when, and who is next; null if nobody changes for weeks."""

    schedule: str
    display_name: str
    teams: list[str]
    people: list[str]
    until: str | None
    next: list[str] | None


class OnCallListBody(BaseModel):
    """Every schedule, by name."""

    at: str
    items: list[OnCallBody]
    next: None = None


class DutyListBody(BaseModel):
    """Who is on call, in order and without holes."""

    items: list[DutyBody]
    next: None = None


class GapBody(BaseModel):
    """A time in which nobody is on call for a schedule."""

    schedule: str
    start: str
    end: str


class GapListBody(BaseModel):
    """Where nobody is on call, the first gap first."""

    items: list[GapBody]
    next: None = None


def router(oncall: OncallService, clock: Clock) -> APIRouter:
    """Return the endpoints over `oncall`."""
    api = APIRouter(prefix="/oncall", tags=["oncall"])

    @api.get("", operation_id="list_on_call", responses=responses(Invalid))
    def list_on_call(_principal: Viewer, at: At = None) -> OnCallListBody:
        """List who is on call at an instant, by schedule."""
        instant = _instant(at, clock)
        items = fitting(_on_call_body(one) for one in oncall.on_call(instant))
        return OnCallListBody(at=iso(instant), items=items)

    @api.get("/gaps", operation_id="list_gaps", responses=responses(Invalid))
    def list_gaps(_principal: Viewer, at: At = None, days: Days = 28) -> GapListBody:
        """List the times in the coming days in which nobody is on call."""
        start = _instant(at, clock)
        found = oncall.gaps(start, start + timedelta(days=days))
        return GapListBody(
            items=fitting(
                GapBody(schedule=one.schedule, start=iso(one.start), end=iso(one.end)) for one in found
            )
        )

    @api.get("/schedules/{name}/duties", operation_id="list_duties", responses=responses(Invalid, NotFound))
    def list_duties(name: PathName, _principal: Viewer, at: At = None, days: Days = 28) -> DutyListBody:
        """List who is on call for a schedule in the coming days."""
        start = _instant(at, clock)
        found = oncall.duties(name, start, start + timedelta(days=days))
        return DutyListBody(items=fitting(_duty_body(one) for one in found))

    return api


def _instant(text: str | None, clock: Clock) -> datetime:
    return clock.now() if text is None else parse_instant(text, now=clock.now())


def _duty_body(one: Duty) -> DutyBody:
    return DutyBody(start=iso(one.start), end=iso(one.end), people=list(one.people), layer=one.layer)


def _on_call_body(one: OnCall) -> OnCallBody:
    return OnCallBody(
        schedule=one.schedule.name,
        display_name=one.schedule.display_name,
        teams=list(one.teams),
        people=list(one.now.people),
        until=iso(one.now.end) if one.next is not None else None,
        next=None if one.next is None else list(one.next.people),
    )
