"""Incidents over HTTP: parse, authorise, call, return."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from holdfast.incidents.model import NOTE_LONGEST, Choice, Incident, IncidentState
from holdfast.incidents.service import IncidentsService, IncidentView
from holdfast.objectives.api_models import ContributorBody, ExemplarBody
from holdfast.runtime.errors import Forbidden, Invalid, NotFound, Unavailable
from holdfast.runtime.http import IdempotencyKey, Responder, Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.problems import responses

Number = Annotated[int, Path(ge=1, le=2**62, description="The incident's id")]


class IncidentBody(BaseModel):
    """One incident. `bad_events` of `total_events` were counted since the onset."""

    id: int
    title: str
    state: IncidentState
    severity: str
    objective: str
    objective_display_name: str
    service: str
    events: str
    opened_at: datetime
    onset_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    bad_events: int
    total_events: int
    duration_seconds: int


class IncidentList(BaseModel):
    """Incidents, newest first."""

    items: list[IncidentBody]
    next: str | None


class TimelineBody(BaseModel):
    """One thing that happened."""

    id: int
    at: datetime
    kind: str
    actor: str
    summary: str
    data: dict[str, Any]


class RateBody(BaseModel):
    """Burn rate over a window when the evidence was read; null without traffic."""

    window: str
    rate: float | None


class IncidentSeriesBody(BaseModel):
    """Bad and total events per step, from a little before the onset; parallel arrays."""

    step_seconds: int
    times_epoch: list[int]
    bad: list[int]
    total: list[int]


class EvidenceBody(BaseModel):
    """What is known about an incident, read while it goes on and kept with it."""

    measured_at: datetime | None = None
    burn: list[RateBody] = []
    budget_spent_ratio: float | None = None
    contributors: list[ContributorBody] = []
    exemplars: list[ExemplarBody] = []
    series: IncidentSeriesBody = IncidentSeriesBody(step_seconds=10, times_epoch=[], bad=[], total=[])


class IncidentDetail(IncidentBody):
    """An incident with its timeline, newest first, and its evidence."""

    timeline: list[TimelineBody]
    evidence: EvidenceBody


class ResolveRequest(BaseModel, extra="forbid"):
    """Ends an incident; the note, if any, goes to its timeline."""

    note: str = Field(default="", max_length=NOTE_LONGEST)


class NoteRequest(BaseModel, extra="forbid"):
    """What somebody saw or did."""

    text: str = Field(min_length=1, max_length=NOTE_LONGEST)


class AckRequest(BaseModel, extra="forbid"):
    """Nothing to say: the name is the caller's."""


def router(service: IncidentsService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(prefix="/incidents", tags=["incidents"])
    refusals = responses(Invalid, Forbidden, NotFound, Unavailable)

    @routes.get("", operation_id="list_incidents", responses=responses(Invalid, Unavailable))
    def list_incidents(
        principal: Viewer,
        state: Annotated[Choice | None, Query(description="`active` is open or acknowledged")] = None,
        cursor: Annotated[str | None, Query(max_length=50)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> IncidentList:
        """List incidents, newest first."""
        found, has_more = service.incidents(states=state.states if state else (), cursor=cursor, limit=limit)
        now = service.now()
        items = fitting(IncidentBody(**_fields(one, now)) for one in found)
        is_end = len(items) == len(found) and not has_more
        return IncidentList(items=items, next=None if is_end else str(items[-1].id))

    @routes.get("/{number}", operation_id="get_incident", responses=responses(NotFound, Unavailable))
    def get_incident(principal: Viewer, number: Number) -> IncidentDetail:
        """Show one incident with its timeline and evidence."""
        return _detail(service.view(number))

    @routes.post("/{number}/ack", operation_id="acknowledge_incident", responses=refusals)
    def acknowledge(
        principal: Responder, key: IdempotencyKey, number: Number, request: AckRequest
    ) -> IncidentDetail:
        """Say that you have it. The first acknowledgement stands."""
        return _detail(service.acknowledge(number, by=principal.name))

    @routes.post("/{number}/resolve", operation_id="resolve_incident", responses=refusals)
    def resolve(
        principal: Responder, key: IdempotencyKey, number: Number, request: ResolveRequest
    ) -> IncidentDetail:
        """End it by hand; it stays so until its alert has been over and fires anew."""
        return _detail(service.resolve(number, by=principal.name, note=request.note))

    @routes.post("/{number}/notes", operation_id="note_incident", responses=refusals)
    def note(
        principal: Responder, key: IdempotencyKey, number: Number, request: NoteRequest
    ) -> IncidentDetail:
        """Write what you see or do on the timeline."""
        return _detail(service.note(number, by=principal.name, text=request.text))

    return routes


def _fields(incident: Incident, now: datetime) -> dict[str, Any]:
    own = {name: getattr(incident, name) for name in IncidentBody.model_fields if name != "duration_seconds"}
    return own | {"duration_seconds": int(incident.duration(now).total_seconds())}


def _detail(view: IncidentView) -> IncidentDetail:
    timeline = [
        TimelineBody(
            id=entry.id,
            at=entry.at,
            kind=entry.kind,
            actor=entry.actor,
            summary=entry.summary,
            data=dict(entry.data),
        )
        for entry in view.timeline
    ]
    evidence = EvidenceBody.model_validate(view.incident.evidence or {})
    return IncidentDetail(**_fields(view.incident, view.now), timeline=timeline, evidence=evidence)
