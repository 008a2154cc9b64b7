"""The catalog over HTTP: shows what is in force, plans a change, applies it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field

from holdfast.catalog.effects import Effect
from holdfast.catalog.lines import problem_body
from holdfast.catalog.model import OBJECTIVE, Objective, Service
from holdfast.catalog.reading import FILE_CHARACTERS, SourceFile
from holdfast.catalog.service import FILES_MOST, Applied, CatalogService, Proposal
from holdfast.runtime.durations import shorthand
from holdfast.runtime.errors import Conflict, Forbidden, Invalid, TooLarge, Unauthenticated
from holdfast.runtime.http import Editor, IdempotencyKey, Viewer
from holdfast.runtime.problems import responses


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("a file's name must be printable")
    return name


FileName = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_printable)]


class CatalogDocument(BaseModel, extra="forbid"):
    """One file of the catalog: its name, for problems, and its YAML text."""

    file: FileName
    text: str = Field(max_length=FILE_CHARACTERS)


class CatalogDocuments(BaseModel, extra="forbid"):
    """The whole catalog as it should be: a document that is missing here would be removed."""

    documents: list[CatalogDocument] = Field(max_length=FILES_MOST)


class CatalogProblemItem(BaseModel):
    """One broken rule; `level` is `error` (keeps the document out of force) or `warning`."""

    file: str
    line: int
    path: str
    value: str
    rule: str
    level: str
    message: str


class CatalogServiceItem(BaseModel):
    """A service of the catalog."""

    name: str
    display_name: str
    team: str | None
    tier: str | None


class CatalogObjectiveItem(BaseModel):
    """An objective as it is written: `target` a ratio, `window` such as 28d."""

    name: str
    display_name: str
    service: str
    target: float
    window: str


class CatalogBody(BaseModel):
    """The catalog in force, and the problems of the documents it came from."""

    revision: int
    applied_at: datetime | None
    applied_by: str | None
    services: list[CatalogServiceItem]
    objectives: list[CatalogObjectiveItem]
    problems: list[CatalogProblemItem]
    source_directory: str | None


class DocumentName(BaseModel):
    """A document by kind and name."""

    kind: str
    name: str


class FieldChangeItem(BaseModel):
    """One field; `before` or `after` is null where it did not or will not exist."""

    path: str
    before: str | None
    after: str | None


class DocumentChange(BaseModel):
    """A document that stays, and the fields that would change."""

    kind: str
    name: str
    changes: list[FieldChangeItem]


class EffectItem(BaseModel):
    """The effect on a thing: `added`, `changed`, `remeasured` (other events count) or `removed`.

    `subject` is its reference, such as `objective/orders-succeed`; `objective` is null for other things, and
    `service` for things that belong to no service.
    """

    subject: str
    objective: str | None
    service: str | None
    effect: str
    summary: str


class CatalogPlan(BaseModel):
    """What the documents would change against `revision`; nothing is changed while `valid` is false.

    `warnings` name objectives that count what several environments or namespaces send as one.
    """

    revision: int
    valid: bool
    problems: list[CatalogProblemItem]
    added: list[DocumentName]
    changed: list[DocumentChange]
    removed: list[DocumentName]
    unchanged: int
    effects: list[EffectItem]
    warnings: list[str]


class CatalogApplied(CatalogPlan):
    """The plan and its outcome: `applied` is true if a new revision was made."""

    applied: bool


def router(service: CatalogService) -> APIRouter:
    """Build the catalog's endpoints over `service`."""
    routes = APIRouter(prefix="/catalog", tags=["catalog"])
    refusals = responses(Unauthenticated, Forbidden, TooLarge)

    @routes.get("", operation_id="get_catalog", responses=responses(Unauthenticated, Forbidden))
    def show(_principal: Viewer) -> CatalogBody:
        """Return the catalog in force."""
        return _catalog(service)

    @routes.post("/plan", operation_id="plan_catalog", responses=refusals)
    def plan(proposed: CatalogDocuments, _principal: Viewer) -> CatalogPlan:
        """Return what documents would change, and all their problems; changes nothing."""
        return CatalogPlan(**_plan(service.plan(_sources(proposed))))

    @routes.post("/apply", operation_id="apply_catalog", responses=refusals | responses(Invalid, Conflict))
    def apply(proposed: CatalogDocuments, principal: Editor, _key: IdempotencyKey) -> CatalogApplied:
        """Replace the catalog by these documents, or change nothing if any of them has an error."""
        return _applied(service.apply(_sources(proposed), actor=principal.name))

    return routes


def _sources(proposed: CatalogDocuments) -> list[SourceFile]:
    return [SourceFile(one.file, one.text) for one in proposed.documents]


def _catalog(service: CatalogService) -> CatalogBody:
    status = service.status()
    catalog = status.catalog
    return CatalogBody(
        revision=catalog.revision,
        applied_at=status.applied_at,
        applied_by=status.applied_by,
        services=[_service(one) for one in catalog.services],
        objectives=[_objective(one) for one in catalog.objectives],
        problems=[CatalogProblemItem(**problem_body(one)) for one in status.problems],
        source_directory=str(status.source_directory) if status.source_directory else None,
    )


def _service(one: Service) -> CatalogServiceItem:
    return CatalogServiceItem(name=one.name, display_name=one.display_name, team=one.team, tier=one.tier)


def _objective(one: Objective) -> CatalogObjectiveItem:
    return CatalogObjectiveItem(
        name=one.name,
        display_name=one.display_name,
        service=one.service,
        target=float(one.target),
        window=shorthand(one.window),
    )


def _plan(proposal: Proposal) -> dict[str, object]:
    plan = proposal.plan
    return {
        "revision": proposal.revision,
        "valid": proposal.is_valid,
        "problems": [CatalogProblemItem(**problem_body(one)) for one in proposal.problems],
        "added": [DocumentName(kind=kind, name=name) for kind, name in plan.added],
        "changed": [
            DocumentChange(
                kind=one.kind,
                name=one.name,
                changes=[
                    FieldChangeItem(path=field.path, before=field.before, after=field.after)
                    for field in one.changes
                ],
            )
            for one in plan.changed
        ],
        "removed": [DocumentName(kind=kind, name=name) for kind, name in plan.removed],
        "unchanged": plan.unchanged,
        "effects": [_effect(one) for one in proposal.effects],
        "warnings": list(proposal.warnings),
    }


def _effect(one: Effect) -> EffectItem:
    return EffectItem(
        subject=one.subject,
        objective=one.name if one.noun == OBJECTIVE else None,
        service=one.service,
        effect=one.kind,
        summary=one.summary,
    )


def _applied(applied: Applied) -> CatalogApplied:
    body = {**_plan(applied.proposal), "revision": applied.revision}
    return CatalogApplied(applied=applied.made_revision, **body)
