"""`/healthz`, `/readyz` and `/api/v1/status`: is it alive, may it be used, and how does it do."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from holdfast.app.readiness import Part, PartState, Phase, Readiness
from holdfast.runtime.access import Role
from holdfast.runtime.errors import HoldfastError
from holdfast.runtime.http import Viewer, identify
from holdfast.telemetry.name_keeper import Capped


class HealthBody(BaseModel):
    """The process is alive."""

    status: Literal["ok"]


class PartBody(BaseModel):
    """One part and how it is doing; `detail` is empty for callers who may not view."""

    name: str
    state: PartState
    detail: str


class ReadyBody(BaseModel):
    """Whether the server may be used: `degraded` works, with some part down."""

    status: Literal["starting", "ready", "degraded", "stopping"]
    parts: list[PartBody]


class IntakeBody(BaseModel):
    """How telemetry comes in; `state` says whether senders have to wait, `detail` why."""

    spans_per_second: float
    points_per_second: float
    logs_per_second: float
    lag_seconds: float | None
    spool_bytes: int
    spool_limit_bytes: int
    rejected_total: int
    state: str
    detail: str


class CappedBody(BaseModel):
    """Names of which senders send more than are kept apart; the rest is added up as `other`.

    `service` is whose names they are, where they are counted per service. `seen` of them were sent lately,
    most by `sender`; both are as of the last look, a minute ago at most. `detail` says it in a sentence.
    """

    kind: str
    service: str | None
    kept: int
    seen: int
    sender: str
    detail: str


class StatusBody(BaseModel):
    """What this server watches and how it does."""

    platform: str
    version: str
    now: str
    zones: list[str]
    catalog_revision: int
    intake: IntakeBody
    capped_names: list[CappedBody]
    open_incidents: int
    objectives_total: int


def probes_router(readiness: Readiness) -> APIRouter:
    """Return the two endpoints for machines that watch this one; anybody may call them."""
    api = APIRouter(tags=["health"])

    @api.get("/healthz", operation_id="get_health")
    def get_health() -> HealthBody:
        """Tell that the process is alive."""
        return HealthBody(status="ok")

    @api.get("/readyz", operation_id="get_readiness", responses={503: {"model": ReadyBody}})
    def get_readiness(request: Request, response: Response) -> ReadyBody:
        """Say whether the server may be used, part by part; 503 while it starts or stops.

        A part that is down does not take the page away: it is where people see what is wrong. Details name
        paths and addresses, so they are for callers who may view.
        """
        phase, parts = readiness.phase, readiness.parts()
        if phase is not Phase.READY:
            response.status_code = 503
        is_detailed = _may_view(request)
        return ReadyBody(
            status=_status(phase, parts), parts=[_body(part, is_detailed=is_detailed) for part in parts]
        )

    return api


def status_router(status: Callable[[], StatusBody]) -> APIRouter:
    """Return the endpoint over `status`, which gathers what the parts say."""
    api = APIRouter(tags=["health"])

    @api.get("/status", operation_id="get_status")
    def get_status(principal: Viewer) -> StatusBody:
        """Tell what this server watches and how it does."""
        return status()

    return api


def capped_body(one: Capped) -> CappedBody:
    """Return what is answered about names that were capped."""
    return CappedBody(
        kind=one.kind,
        service=one.scope or None,
        kept=one.kept,
        seen=one.seen,
        sender=one.sender,
        detail=one.sentence,
    )


def _status(phase: Phase, parts: list[Part]) -> Literal["starting", "ready", "degraded", "stopping"]:
    if phase is Phase.STARTING:
        return "starting"
    if phase is Phase.STOPPING:
        return "stopping"
    return "ready" if all(part.state is PartState.OK for part in parts) else "degraded"


def _may_view(request: Request) -> bool:
    # Who watches from outside has no credential, a stale one is none, and neither may the state database's
    # absence keep a probe from its answer.
    try:
        principal = identify(request)
    except HoldfastError:
        return False
    return principal is not None and principal.role.includes(Role.VIEWER)


def _body(part: Part, *, is_detailed: bool) -> PartBody:
    return PartBody(name=part.name, state=part.state, detail=part.detail if is_detailed else "")
