"""`/api/v1/changes`: what was changed on the platform, and recording more."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from holdfast.app.changes import Change, ChangeKind, Changes
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import ID_MOST
from holdfast.runtime.errors import Conflict, Invalid
from holdfast.runtime.http import Editor, IdempotencyKey, Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.problems import responses
from holdfast.runtime.timerange import iso, parse_instant, parse_range

DEFAULT_RANGE = timedelta(hours=1)
Name = Annotated[str, Field(min_length=1, max_length=200)]


class ChangeBody(BaseModel):
    """One change."""

    id: int
    at: str
    kind: ChangeKind
    service: str | None
    version: str | None
    actor: str
    summary: str


class ChangeListBody(BaseModel):
    """Changes, newest first."""

    items: list[ChangeBody]
    next: str | None


class NewChangeBody(BaseModel):
    """A change to record; `at` is now unless given."""

    model_config = ConfigDict(extra="forbid")

    kind: ChangeKind
    summary: Annotated[str, Field(min_length=1, max_length=500)]
    service: Name | None = None
    version: Name | None = None
    at: Annotated[str, Field(max_length=40)] | None = None


def router(changes: Changes, clock: Clock) -> APIRouter:
    """Return the endpoints over `changes`."""
    api = APIRouter(prefix="/changes", tags=["changes"])

    @api.get("", operation_id="list_changes", responses=responses(Invalid))
    def list_changes(
        principal: Viewer,
        from_: Annotated[str | None, Query(alias="from", max_length=64)] = None,
        to: Annotated[str | None, Query(max_length=64)] = None,
        service: Annotated[str | None, Query(max_length=200)] = None,
        cursor: Annotated[int | None, Query(ge=1, le=ID_MOST)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> ChangeListBody:
        """List changes of the platform, newest first."""
        over = parse_range(from_, to, now=clock.now(), default=DEFAULT_RANGE)
        page = changes.list(over, service=service, before_id=cursor, limit=limit)
        items = fitting(_body(change) for change in page.items)
        is_end = len(items) == len(page.items) and page.next is None
        return ChangeListBody(items=items, next=None if is_end else str(items[-1].id))

    @api.post("", operation_id="add_change", status_code=201, responses=responses(Invalid, Conflict))
    def add_change(body: NewChangeBody, principal: Editor, key: IdempotencyKey) -> ChangeBody:
        """Record a change."""
        at = parse_instant(body.at, now=clock.now()) if body.at else None
        recorded = changes.record(
            kind=body.kind,
            summary=body.summary,
            actor=principal.name,
            service=body.service,
            version=body.version,
            at=at,
        )
        return _body(recorded)

    return api


def _body(change: Change) -> ChangeBody:
    return ChangeBody(
        id=change.id,
        at=iso(change.at),
        kind=change.kind,
        service=change.service,
        version=change.version,
        actor=change.actor,
        summary=change.summary,
    )
