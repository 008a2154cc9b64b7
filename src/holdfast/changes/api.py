"""`/api/v1/changes`: lists and records changes of the platform."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from holdfast.changes.model import Arrival, Change, ChangeKind, ChangeSource, Observation
from holdfast.changes.service import Changes
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import ID_MOST
from holdfast.runtime.errors import Conflict, Invalid
from holdfast.runtime.http import Editor, IdempotencyKey, Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.places import ANYWHERE, Placement
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import From, Limit, To
from holdfast.runtime.timerange import iso, parse_instant, parse_range

Name = Annotated[str, Field(min_length=1, max_length=200)]
PlaceName = Annotated[str, Field(min_length=1, max_length=300)]
Limited = Annotated[
    str | None,
    Query(max_length=300, description="Changes of all or of this one; `default` is what names none"),
]


class ObservedBody(BaseModel):
    """A version as telemetry showed it when it was detected: `new`, `returned` after it was gone, or `gone`.

    `since` is the first minute of its traffic. It handled `requests` of the service's `total_requests` in the
    `seconds` before `detected_at`, in these zones and regions; the versions in `before` served until then. Of
    one that is gone `since` is the first minute without it, and `before` are the versions that serve now.
    """

    environment: str
    namespace: str
    arrival: Arrival
    since: str
    detected_at: str
    zones: list[str]
    regions: list[str]
    requests: int
    total_requests: int
    seconds: int
    before: list[str]
    summary: str


class ChangeBody(BaseModel):
    """One change. `environment`, `namespace` and `region` null stand for all, empty for what has none.

    `source` is `reported`, or `detected` if telemetry showed a version that nobody reported. `observed` has
    what telemetry showed of a deploy, once for each environment and namespace; empty if it showed nothing.
    """

    id: int
    at: str
    kind: ChangeKind
    service: str | None
    environment: str | None
    namespace: str | None
    region: str | None
    version: str | None
    actor: str
    summary: str
    source: ChangeSource
    observed: list[ObservedBody]


class ChangeListBody(BaseModel):
    """Changes, newest first."""

    items: list[ChangeBody]
    next: str | None


class NewChangeBody(BaseModel):
    """A change to record; `at` defaults to now, and environment, namespace and region to all of them."""

    model_config = ConfigDict(extra="forbid")

    kind: ChangeKind
    summary: Annotated[str, Field(min_length=1, max_length=500)]
    service: Name | None = None
    environment: PlaceName | None = None
    namespace: PlaceName | None = None
    region: PlaceName | None = None
    version: Name | None = None
    at: Annotated[str, Field(max_length=40)] | None = None


def router(changes: Changes, clock: Clock) -> APIRouter:
    """Return the endpoints over `changes`."""
    api = APIRouter(prefix="/changes", tags=["changes"])

    @api.get("", operation_id="list_changes", responses=responses(Invalid))
    def list_changes(
        principal: Viewer,
        start: From = None,
        end: To = None,
        service: Annotated[str | None, Query(max_length=200)] = None,
        place: Annotated[Placement, Depends(_place)] = ANYWHERE,
        cursor: Annotated[int | None, Query(ge=1, le=ID_MOST)] = None,
        limit: Limit = 100,
    ) -> ChangeListBody:
        """List changes of the platform, newest first; one that names no environment is in every one."""
        over = parse_range(start, end, now=clock.now())
        page = changes.list(over, service=service, place=place, before_id=cursor, limit=limit)
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
            place=Placement.named(body.environment, body.namespace, body.region),
            version=body.version,
            at=at,
        )
        return _body(recorded)

    return api


def _place(environment: Limited = None, namespace: Limited = None, region: Limited = None) -> Placement:
    return Placement.named(environment, namespace, region)


def _body(change: Change) -> ChangeBody:
    return ChangeBody(
        id=change.id,
        at=iso(change.at),
        kind=change.kind,
        service=change.service,
        environment=change.place.environment,
        namespace=change.place.namespace,
        region=change.place.region,
        version=change.version,
        actor=change.actor,
        summary=change.summary,
        source=change.source,
        observed=[_observed(seen) for seen in change.observed],
    )


def _observed(seen: Observation) -> ObservedBody:
    return ObservedBody(
        environment=seen.environment,
        namespace=seen.namespace,
        arrival=seen.arrival,
        since=iso(seen.since),
        detected_at=iso(seen.detected_at),
        zones=list(seen.zones),
        regions=list(seen.regions),
        requests=seen.requests,
        total_requests=seen.total_requests,
        seconds=seen.seconds,
        before=list(seen.before),
        summary=seen.summary,
    )
