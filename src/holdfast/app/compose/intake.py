"""Makes the intake of telemetry, and the reconcilers that keep counters and names in step."""

from collections.abc import Callable
from datetime import datetime, timedelta

from holdfast.app.engines import Engines
from holdfast.app.ingest_gate import IngestGate
from holdfast.catalog.service import CatalogService
from holdfast.runtime.access import Access
from holdfast.runtime.clock import Clock
from holdfast.runtime.hosts import is_loopback
from holdfast.runtime.settings import Settings
from holdfast.telemetry.counting.reconciler import SelectorReconciler
from holdfast.telemetry.counting.selectors import Selectors
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.service import IntakeService
from holdfast.telemetry.intake.watermark import complete_until
from holdfast.telemetry.model import Signal
from holdfast.telemetry.names.reconciler import NameReconciler
from holdfast.telemetry.names.store import NameStore


def gate(settings: Settings, clock: Clock, access: Access) -> IngestGate:
    """Make the gate that requires a token of senders once other machines can send."""
    return IngestGate(access, clock, listens_beyond_loopback=not is_loopback(settings.intake_host))


def intake(settings: Settings, clock: Clock, engines: Engines, authorise: IngestGate) -> IntakeService:
    """Make the intake, with its spool below the data directory."""
    return IntakeService(settings.data / "spool", engines.asked, clock, intake_limits(settings), authorise)


def intake_limits(settings: Settings) -> IntakeLimits:
    """Return the intake's limits from the settings."""
    return IntakeLimits(
        body_bytes=settings.max_body_bytes,
        inflight_bytes=max(IntakeLimits().inflight_bytes, settings.max_body_bytes),
        spool_bytes=settings.spool_limit_bytes,
        retention=timedelta(days=settings.retention_days),
    )


def spans_complete_until(received: IntakeService) -> Callable[[], datetime]:
    """Return a function that returns the instant up to which every span in time has been stored."""
    return lambda: complete_until(received.inserted_through(Signal.TRACES))


def metrics_stored_through(received: IntakeService) -> Callable[[], datetime]:
    """Return a function that returns the instant up to which every received point has been stored."""
    return lambda: received.inserted_through(Signal.METRICS)


def selectors(
    engines: Engines, clock: Clock, catalog: CatalogService, received: IntakeService
) -> SelectorReconciler:
    """Make the reconciler of the warehouse's selectors; it follows every change of the catalog."""
    made = SelectorReconciler(
        Selectors(engines.asked, engines.layout), clock, catalog=catalog.current, settled=received.settled
    )
    catalog.subscribe(made.notice)
    return made


def names(engines: Engines, clock: Clock, catalog: CatalogService, received: IntakeService) -> NameReconciler:
    """Make the reconciler of the names that are kept apart."""
    store = NameStore(engines.asked, engines.layout)
    return NameReconciler(store, clock, catalog=catalog.current, inserts=received.inserts)
