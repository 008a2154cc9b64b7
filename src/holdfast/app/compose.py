"""The composition root: every part is made here, once, and handed what it needs. Nothing starts by itself."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, FastAPI

from holdfast import __version__
from holdfast.app import changes_api, health_api, http_app, session_api
from holdfast.app.backup import api as backup_api
from holdfast.app.backup.service import BackupService
from holdfast.app.backup.snapshot import Subject
from holdfast.app.changes import Changes
from holdfast.app.engines import Engines
from holdfast.app.ingest_gate import IngestGate
from holdfast.app.page_files import PageFiles
from holdfast.app.readiness import Readiness
from holdfast.catalog import api as catalog_api
from holdfast.catalog.service import CatalogService
from holdfast.catalog.watch import CatalogWatch
from holdfast.incidents import api as incidents_api
from holdfast.incidents.findings import Findings
from holdfast.incidents.service import IncidentsService
from holdfast.objectives import api as objectives_api
from holdfast.objectives.board import Board
from holdfast.objectives.evidence import Evidence
from holdfast.objectives.service import ObjectivesService
from holdfast.objectives.spans import bad
from holdfast.runtime import agenda
from holdfast.runtime.access import Access
from holdfast.runtime.agenda import Agenda, Handler, Task
from holdfast.runtime.clock import Clock
from holdfast.runtime.edge import EdgeRules
from holdfast.runtime.hosts import is_loopback
from holdfast.runtime.proxies import Proxies
from holdfast.runtime.replies import Replies
from holdfast.runtime.settings import Settings
from holdfast.runtime.timerange import iso
from holdfast.telemetry import api as telemetry_api
from holdfast.telemetry.intake import IntakeService
from holdfast.telemetry.limits import IntakeLimits
from holdfast.telemetry.logs import api as logs_api
from holdfast.telemetry.logs.service import LogsService
from holdfast.telemetry.metrics import api as metrics_api
from holdfast.telemetry.metrics.service import MetricsService
from holdfast.telemetry.model import Signal
from holdfast.telemetry.name_keeper import NameKeeper
from holdfast.telemetry.name_store import NameStore
from holdfast.telemetry.selector_keeper import SelectorKeeper
from holdfast.telemetry.selectors import Selectors
from holdfast.telemetry.service import PromiseState, TelemetryService
from holdfast.telemetry.servicemap import api as map_api
from holdfast.telemetry.servicemap.joiner import Joiner
from holdfast.telemetry.servicemap.service import MapService
from holdfast.telemetry.traces import api as traces_api
from holdfast.telemetry.traces.service import TracesService

FORGET_REPLIES = "replies.forget"
FORGET_EVERY_SECONDS = 3600
SLICE_SECONDS = 10
LATENESS = timedelta(seconds=10)
"""SDKs send what they have every five seconds by default; a slice counts as complete after twice that."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything one server is made of, wired and not started."""

    access: Access
    replies: Replies
    changes: Changes
    catalog: CatalogService
    catalog_watch: CatalogWatch
    selectors: SelectorKeeper
    names: NameKeeper
    gate: IngestGate
    intake: IntakeService
    telemetry: TelemetryService
    traces: TracesService
    metrics: MetricsService
    map: MapService
    joiner: Joiner
    logs: LogsService
    objectives: ObjectivesService
    incidents: IncidentsService
    agenda: Agenda
    backup: BackupService


def services(settings: Settings, clock: Clock, engines: Engines) -> Services:
    """Make every service over the opened engines."""
    database, warehouse = engines.database, engines.warehouse
    access, replies = Access(database, clock), Replies(database, clock)
    catalog = CatalogService(database, clock, directory=settings.catalog)
    gate = IngestGate(access, clock, listens_beyond_loopback=not is_loopback(settings.intake_host))
    intake = IntakeService(settings.data / "spool", warehouse, clock, intake_limits(settings), gate)
    selectors = SelectorKeeper(
        Selectors(warehouse, engines.layout), clock, catalog=catalog.current, settled=intake.settled
    )
    catalog.subscribe(selectors.notice)
    names = NameKeeper(NameStore(warehouse, engines.layout), clock, catalog=catalog.current)
    objectives = _objectives(engines, clock, catalog, intake)
    incidents = IncidentsService(database, clock, Findings(objectives))
    objectives.on_transition(incidents.on_alert)
    telemetry = TelemetryService(
        warehouse, database, clock, catalog=catalog.current, promises=lambda: _promises(objectives)
    )
    joiner = Joiner(
        warehouse, clock, complete_until=lambda: complete_until(intake.inserted_through(Signal.TRACES))
    )
    handlers = {
        FORGET_REPLIES: _forgetting(replies),
        **objectives.handlers,
        **incidents.handlers,
        **joiner.handlers,
    }
    return Services(
        access=access,
        replies=replies,
        changes=Changes(database, clock),
        catalog=catalog,
        catalog_watch=CatalogWatch(catalog, clock),
        selectors=selectors,
        names=names,
        gate=gate,
        intake=intake,
        telemetry=telemetry,
        metrics=MetricsService(warehouse, clock),
        map=_map(engines, clock, catalog, objectives, joiner),
        joiner=joiner,
        logs=LogsService(warehouse, clock),
        traces=TracesService(warehouse, clock, broke=lambda name: bad(objectives.objective(name).sli)),
        objectives=objectives,
        incidents=incidents,
        agenda=Agenda(database, clock, handlers),
        backup=BackupService(
            Subject(settings.data, database, warehouse, is_remote=not engines.is_embedded), clock
        ),
    )


def _objectives(
    engines: Engines, clock: Clock, catalog: CatalogService, intake: IntakeService
) -> ObjectivesService:
    counts = engines.counts(lambda: complete_until(intake.inserted_through(Signal.TRACES)))
    return ObjectivesService(
        engines.database, clock, Board(counts), Evidence(counts, engines.spans), catalog=catalog.current
    )


def _map(
    engines: Engines, clock: Clock, catalog: CatalogService, objectives: ObjectivesService, joiner: Joiner
) -> MapService:
    return MapService(
        engines.warehouse,
        clock,
        catalog=catalog.current,
        promises=lambda: _promises(objectives),
        settled_until=lambda: joiner.settled_until,
    )


def complete_until(inserted_through: datetime) -> datetime:
    """Return the end of the last slice that counts as complete: senders batch for some seconds."""
    until = int((inserted_through - LATENESS).timestamp())
    return datetime.fromtimestamp(until - until % SLICE_SECONDS, UTC)


def _promises(objectives: ObjectivesService) -> dict[str, tuple[PromiseState, ...]]:
    return {
        service: tuple(PromiseState(one.name, one.display_name, standing.state) for one, standing in pairs)
        for service, pairs in objectives.states_by_service().items()
    }


def intake_limits(settings: Settings) -> IntakeLimits:
    """Return the intake's limits as they are set."""
    return IntakeLimits(
        body_bytes=settings.max_body_bytes,
        inflight_bytes=max(IntakeLimits().inflight_bytes, settings.max_body_bytes),
        spool_bytes=settings.spool_limit_bytes,
        retention=timedelta(days=settings.retention_days),
    )


def put_on_agenda(engines: Engines, clock: Clock, made: Services) -> None:
    """Put down what recurs; what is there already keeps its beat."""
    with engines.database.write() as tx:
        agenda.ensure(
            tx, kind=FORGET_REPLIES, subject="all", due_at=clock.now(), every_seconds=FORGET_EVERY_SECONDS
        )
        made.objectives.ensure_tasks(tx)
        made.joiner.ensure_tasks(tx)


def app(made: Services, readiness: Readiness, page: PageFiles, settings: Settings, clock: Clock) -> FastAPI:
    """Return the application that answers on the page's port."""
    beyond = settings.listens_beyond_loopback
    return http_app.build(
        api_routers(made, settings, clock),
        root_routers=[health_api.probes_router(readiness)],
        page=page,
        access=made.access,
        replies=made.replies,
        rules=EdgeRules(allowed_hosts=_allowed_hosts(settings), proxies=Proxies(settings.trusted_proxies)),
        listens_beyond_loopback=beyond,
    )


def api_routers(made: Services, settings: Settings, clock: Clock) -> list[APIRouter]:
    """Return the routers under `/api/v1`."""
    return [
        health_api.status_router(lambda: _status(made, settings, clock)),
        session_api.router(made.access, listens_beyond_loopback=settings.listens_beyond_loopback),
        catalog_api.router(made.catalog),
        telemetry_api.router(made.telemetry),
        traces_api.router(made.traces),
        metrics_api.router(made.metrics),
        map_api.router(made.map),
        logs_api.router(made.logs),
        objectives_api.router(made.objectives),
        incidents_api.router(made.incidents),
        changes_api.router(made.changes, clock),
        backup_api.router(made.backup, clock),
    ]


def _forgetting(replies: Replies) -> Handler:
    def forget(_task: Task) -> None:
        replies.forget_old()

    return forget


def _allowed_hosts(settings: Settings) -> frozenset[str]:
    # Beyond loopback nobody is let in without a token, which a foreign page does not have.
    beyond = settings.listens_beyond_loopback and not settings.allowed_hosts
    return frozenset({"*"}) if beyond else settings.allowed_hosts


def _status(made: Services, settings: Settings, clock: Clock) -> health_api.StatusBody:
    intake, catalog = made.intake.status(), made.catalog.current()
    return health_api.StatusBody(
        platform=settings.platform,
        version=__version__,
        now=iso(clock.now()),
        zones=list(made.telemetry.zones()),
        catalog_revision=catalog.revision,
        intake=health_api.IntakeBody(
            spans_per_second=intake.spans_per_second,
            points_per_second=intake.points_per_second,
            logs_per_second=intake.logs_per_second,
            lag_seconds=intake.lag_seconds,
            spool_bytes=intake.spool_bytes,
            spool_limit_bytes=intake.spool_limit_bytes,
            rejected_total=intake.rejected_total,
            state=intake.state,
            detail=intake.detail,
        ),
        capped_names=[health_api.capped_body(one) for one in made.names.capped],
        open_incidents=made.incidents.active_count(),
        objectives_total=len(catalog.objectives),
    )
