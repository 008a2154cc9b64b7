"""Incidents over HTTP: parse, authorise, call, return."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from holdfast.incidents.api_evidence import EvidenceBody, SuspectBody, evidence_body, suspect_body
from holdfast.incidents.entries import reason_of
from holdfast.incidents.evidence import Contributor
from holdfast.incidents.grouping import shifted_to
from holdfast.incidents.model import (
    NOTE_LONGEST,
    Episode,
    FailingParty,
    Incident,
    IncidentFilter,
    IncidentState,
    Placing,
)
from holdfast.incidents.service import IncidentsService, IncidentView
from holdfast.incidents.suspects import cause_words, suspects_of
from holdfast.runtime.errors import Forbidden, Invalid, NotFound, Unavailable
from holdfast.runtime.http import IdempotencyKey, Responder, Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import Cursor, Limit
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.identity.queries import Environment, Namespace

Number = Annotated[int, Path(ge=1, le=2**62, description="The incident's id")]


class CauseBody(BaseModel):
    """The party most bad events failed at, and its environment; empty is none.

    `words` say it for a line beside a title, with version, zone and answer where most events share them:
    `payline · 504`, `payment 2.3.1 in zone-b · timeout`, `catalog 2.0.0 · 13 × SELECT`.
    """

    party: str
    environment: str
    words: str


class EpisodeBody(BaseModel):
    """One objective of an incident, from the page alert at `fired_at` until `resolved_at`.

    It opened the incident or joined it at `joined_at`; `reason_code` and `reason` say why. `merged_from` is
    the incident it was part of before. `bad_events` of `total_events` were counted since the onset.
    `environment` and `namespace` are those the objective counted then: null is any, empty is spans without
    one. `parties` are where its bad events began. `evidence` is null in lists, and `suspects` are empty
    there.
    """

    id: int
    objective: str
    objective_display_name: str
    title: str
    service: str
    environment: str | None
    namespace: str | None
    events: str
    fired_at: datetime
    joined_at: datetime
    onset_at: datetime | None
    resolved_at: datetime | None
    bad_events: int
    total_events: int
    cause: CauseBody | None
    reason_code: Placing
    reason: str
    merged_from: int | None
    parties: list[str]
    evidence: EvidenceBody | None = None
    suspects: list[SuspectBody] = []


class IncidentBody(BaseModel):
    """One incident of one or more objectives, those that opened it first.

    `cause` is null while it is not known; `now_failing` is the other party that most bad events of the last
    minutes failed at, while the cause fails too. `merged_into` is the incident that has its objectives now,
    `moved_to` the one in which the alert goes on with another cause.
    `onset_at` is the earliest onset. `objective` and the fields of its name, `service`, `environment`,
    `namespace`, `events`, `bad_events` and `total_events` are those of the first objective.
    """

    id: int
    title: str
    state: IncidentState
    severity: str
    objective: str
    objective_display_name: str
    service: str
    environment: str | None
    namespace: str | None
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
    merged_into: int | None
    moved_to: int | None
    cause: CauseBody | None
    now_failing: CauseBody | None
    objectives: list[EpisodeBody]


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


class IncidentDetail(IncidentBody):
    """An incident with its timeline, newest first, and that of `merged`, the incidents merged into it.

    `evidence` is that of the first objective; `objectives` have each their own.
    """

    merged: list[int]

    timeline: list[TimelineBody]
    evidence: EvidenceBody


class ResolveRequest(BaseModel, extra="forbid"):
    """Resolves an incident; the note, if any, goes to its timeline."""

    note: str = Field(default="", max_length=NOTE_LONGEST)


class NoteRequest(BaseModel, extra="forbid"):
    """A note for the timeline: what somebody saw or did."""

    text: str = Field(min_length=1, max_length=NOTE_LONGEST)


class AckRequest(BaseModel, extra="forbid"):
    """Empty: the name is the caller's."""


def router(service: IncidentsService) -> APIRouter:
    """Return the endpoints over `service`."""
    routes = APIRouter(prefix="/incidents", tags=["incidents"])
    _add_readers(routes, service)
    _add_writers(routes, service)
    return routes


def _add_readers(routes: APIRouter, service: IncidentsService) -> None:
    @routes.get("", operation_id="list_incidents", responses=responses(Invalid, Unavailable))
    def list_incidents(
        principal: Viewer,
        state: Annotated[IncidentFilter | None, Query(description="`active` is open or acknowledged")] = None,
        environment: Environment = None,
        namespace: Namespace = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> IncidentList:
        """List incidents, newest first."""
        found, has_more = service.incidents(
            states=state.states if state else (),
            scope=PlaceFilter.named(environment, namespace),
            cursor=cursor,
            limit=limit,
        )
        now = service.now()
        items = fitting(IncidentBody(**_fields(one, now)) for one in found)
        is_end = len(items) == len(found) and not has_more
        return IncidentList(items=items, next=None if is_end else str(items[-1].id))

    @routes.get("/{number}", operation_id="get_incident", responses=responses(NotFound, Unavailable))
    def get_incident(principal: Viewer, number: Number) -> IncidentDetail:
        """Show one incident with its timeline and evidence.

        One that was merged names the incident that has its objectives in `merged_into`.
        """
        return _detail(service.view(number))


def _add_writers(routes: APIRouter, service: IncidentsService) -> None:
    refusals = responses(Invalid, Forbidden, NotFound, Unavailable)

    @routes.post("/{number}/ack", operation_id="acknowledge_incident", responses=refusals)
    def acknowledge(
        principal: Responder, key: IdempotencyKey, number: Number, request: AckRequest
    ) -> IncidentDetail:
        """Acknowledge an incident. The first acknowledgement counts."""
        return _detail(service.acknowledge(number, by=principal.name))

    @routes.post("/{number}/resolve", operation_id="resolve_incident", responses=refusals)
    def resolve(
        principal: Responder, key: IdempotencyKey, number: Number, request: ResolveRequest
    ) -> IncidentDetail:
        """Resolve manually. Stays resolved until its alerts clear and fire again."""
        return _detail(service.resolve(number, by=principal.name, note=request.note))

    @routes.post("/{number}/notes", operation_id="note_incident", responses=refusals)
    def note(
        principal: Responder, key: IdempotencyKey, number: Number, request: NoteRequest
    ) -> IncidentDetail:
        """Add a note to the timeline: what you see or do."""
        return _detail(service.note(number, by=principal.name, text=request.text))


def _fields(incident: Incident, now: datetime, view: IncidentView | None = None) -> dict[str, Any]:
    own = {name: getattr(incident, name) for name in _OWN}
    first = {name: getattr(incident.first, name) for name in _OF_THE_FIRST}
    counted = [one for one in incident.episodes if one.objective == incident.first.objective]
    return {
        **own,
        **first,
        "bad_events": sum(one.bad_events for one in counted),
        "total_events": sum(one.total_events for one in counted),
        "duration_seconds": int(incident.duration(now).total_seconds()),
        "cause": next((_cause(one) for one in incident.episodes if one.cause is not None), None),
        "now_failing": next((_now_failing(one) for one in incident.episodes if shifted_to(one)), None),
        "objectives": [_episode(one, view) for one in incident.episodes],
    }


_OWN = (
    *("id", "title", "state", "severity", "opened_at", "onset_at", "acknowledged_at", "acknowledged_by"),
    *("resolved_at", "resolved_by", "merged_into", "moved_to"),
)
_OF_THE_FIRST = ("objective", "objective_display_name", "service", "environment", "namespace", "events")
_OF_AN_EPISODE = (
    *("id", *_OF_THE_FIRST, "title", "fired_at", "onset_at", "resolved_at", "bad_events", "total_events"),
    "merged_from",
)


def _episode(one: Episode, view: IncidentView | None) -> EpisodeBody:
    return EpisodeBody(
        **{name: getattr(one, name) for name in _OF_AN_EPISODE},
        joined_at=one.joined_at or one.fired_at,
        cause=_cause(one),
        reason_code=one.placed,
        reason=reason_of(one),
        parties=sorted({each.service for each in one.contributors}),
        evidence=evidence_body(one.evidence) if view else None,
        suspects=[suspect_body(each) for each in suspects_of(one.contributors, view.deploys, one.began_at)]
        if view
        else [],
    )


def _cause(one: Episode) -> CauseBody | None:
    return _party(one.cause, one.contributors)


def _now_failing(one: Episode) -> CauseBody | None:
    return _party(shifted_to(one), one.lately)


def _party(found: FailingParty | None, contributors: Sequence[Contributor]) -> CauseBody | None:
    if found is None:
        return None
    return CauseBody(**asdict(found), words=cause_words(found, contributors))


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
    return IncidentDetail(
        **_fields(view.incident, view.now, view),
        merged=list(view.merged),
        timeline=timeline,
        evidence=evidence_body(view.incident.first.evidence),
    )
