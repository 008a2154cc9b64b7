"""The services of one server."""

from dataclasses import dataclass

from holdfast.app.backup.service import BackupService
from holdfast.app.compose.oncall import Oncall
from holdfast.app.ingest_gate import IngestGate
from holdfast.app.news import NewsStream
from holdfast.catalog.service import CatalogService
from holdfast.catalog.watch import CatalogWatch
from holdfast.changes.service import Changes
from holdfast.incidents.service import IncidentsService
from holdfast.objectives.service import ObjectivesService
from holdfast.runtime.access import Access
from holdfast.runtime.agenda import Agenda
from holdfast.runtime.replies import Replies
from holdfast.telemetry.counting.reconciler import SelectorReconciler
from holdfast.telemetry.intake.service import IntakeService
from holdfast.telemetry.logs.service import LogsService
from holdfast.telemetry.metrics.service import MetricsService
from holdfast.telemetry.names.reconciler import NameReconciler
from holdfast.telemetry.sampling.service import SamplingService
from holdfast.telemetry.saturation.service import SaturationService
from holdfast.telemetry.servicemap.joiner import Joiner
from holdfast.telemetry.servicemap.service import MapService
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.services.version_watch import VersionWatch
from holdfast.telemetry.spread.service import SpreadService
from holdfast.telemetry.traces.service import TracesService
from holdfast.views.service import Views


@dataclass(frozen=True, slots=True)
class Services:
    """Every service of one server, wired and not started."""

    access: Access
    replies: Replies
    changes: Changes
    views: Views
    catalog: CatalogService
    catalog_watch: CatalogWatch
    selectors: SelectorReconciler
    names: NameReconciler
    gate: IngestGate
    intake: IntakeService
    telemetry: TelemetryService
    versions: VersionWatch
    spread: SpreadService
    saturation: SaturationService
    traces: TracesService
    metrics: MetricsService
    sampling: SamplingService
    map: MapService
    joiner: Joiner
    logs: LogsService
    objectives: ObjectivesService
    oncall: Oncall
    incidents: IncidentsService
    agenda: Agenda
    backup: BackupService
    news: NewsStream
