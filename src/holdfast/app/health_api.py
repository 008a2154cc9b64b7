"""`/healthz`, `/readyz` and `/api/v1/status`: whether the server is alive, whether it is ready, its state."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from holdfast.app.readiness import PartState, Phase, Readiness, ReadinessPart
from holdfast.runtime.access import Principal, Role
from holdfast.runtime.errors import HoldfastError
from holdfast.runtime.http import Viewer, identify
from holdfast.telemetry.names.reconciler import Capped


class HealthBody(BaseModel):
    """The process is alive."""

    status: Literal["ok"]


class ReadinessPartBody(BaseModel):
    """The state of one part; `detail` is empty for callers who may not view."""

    name: str
    state: PartState
    detail: str


class ReadyBody(BaseModel):
    """Whether the server is ready: `degraded` works, with some part down."""

    status: Literal["starting", "ready", "degraded", "stopping"]
    parts: list[ReadinessPartBody]


class IntakeBody(BaseModel):
    """The state of the intake of telemetry; `state` says whether senders have to wait, `detail` why.

    Counts are since the start: items that were `rejected` (by signal and rule), requests `refused` (by error)
    and `repeated` (by signal), remarks in replies to senders (`remarked`, by signal and note), and gRPC
    connections `turned_away` because their host had more than its share. Zero counts are absent.
    """

    spans_per_second: float
    points_per_second: float
    logs_per_second: float
    lag_seconds: float | None
    spool_bytes: int
    spool_limit_bytes: int
    rejected_total: int
    rejected: dict[str, int]
    refused: dict[str, int]
    repeated: dict[str, int]
    remarked: dict[str, int]
    turned_away: int
    state: str
    detail: str


class CappedBody(BaseModel):
    """A kind of names of which senders send more than are kept apart; the rest is added up as `other`.

    `service` is the owner of the names, where they are counted per service. `seen` of them were sent lately,
    most by `sender`; both were updated at most a minute ago. `detail` says it in a sentence.
    """

    kind: str
    service: str | None
    kept: int
    seen: int
    sender: str
    detail: str


class StatusBody(BaseModel):
    """What this server watches, and its own state.

    Environments, namespaces, regions and zones are those that sent spans in the last hour. Environment and
    namespace of telemetry that names none are called `default`. Up to `complete_until`, what was received in
    time is stored and counted; what is newer may still grow. `firing_alerts` leaves out covered ones.
    """

    platform: str
    version: str
    now: str
    complete_until: str
    environments: list[str]
    namespaces: list[str]
    regions: list[str]
    zones: list[str]
    catalog_revision: int
    intake: IntakeBody
    capped_names: list[CappedBody]
    open_incidents: int
    firing_alerts: int
    objectives_total: int


def probes_router(readiness: Readiness) -> APIRouter:
    """Return the two endpoints for probes of this server; anybody may call them."""
    api = APIRouter(tags=["health"])

    @api.get("/healthz", operation_id="get_health")
    def get_health() -> HealthBody:
        """Confirm that the process is alive."""
        return HealthBody(status="ok")

    @api.get("/readyz", operation_id="get_readiness", responses={503: {"model": ReadyBody}})
    def get_readiness(request: Request, response: Response) -> ReadyBody:
        """Show whether the server is ready, part by part; 503 while it starts or stops.

        A part that is down leaves the server ready, because the page shows people what is wrong. Details name
        paths and addresses, so they are for callers who may view.
        """
        phase, parts = readiness.phase, readiness.parts()
        if phase is not Phase.READY:
            response.status_code = 503
        is_detailed = _viewer(request) is not None
        return ReadyBody(
            status=_status(phase, parts), parts=[_body(part, is_detailed=is_detailed) for part in parts]
        )

    return api


def status_router(status: Callable[[], StatusBody]) -> APIRouter:
    """Return the endpoint over `status`, which gathers the states of the parts."""
    api = APIRouter(tags=["health"])

    @api.get("/status", operation_id="get_status")
    def get_status(principal: Viewer) -> StatusBody:
        """Show what this server watches, and its own state."""
        return status()

    return api


def capped_body(one: Capped) -> CappedBody:
    """Return capped names as the API shows them."""
    return CappedBody(
        kind=one.kind,
        service=one.scope or None,
        kept=one.kept,
        seen=one.seen,
        sender=one.sender,
        detail=one.sentence,
    )


def _status(phase: Phase, parts: list[ReadinessPart]) -> Literal["starting", "ready", "degraded", "stopping"]:
    if phase is Phase.STARTING:
        return "starting"
    if phase is Phase.STOPPING:
        return "stopping"
    return "ready" if all(part.state is PartState.OK for part in parts) else "degraded"


def _viewer(request: Request) -> Principal | None:
    # A probe from outside has no credential, a stale one counts as none, and an unavailable state database
    # must not keep a probe from its answer.
    try:
        principal = identify(request)
    except HoldfastError:
        return None
    return principal if principal is not None and principal.role.includes(Role.VIEWER) else None


def _body(part: ReadinessPart, *, is_detailed: bool) -> ReadinessPartBody:
    return ReadinessPartBody(name=part.name, state=part.state, detail=part.detail if is_detailed else "")
