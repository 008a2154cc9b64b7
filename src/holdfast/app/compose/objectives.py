"""Makes objectives over the counts of spans."""

from collections.abc import Callable
from datetime import datetime

from holdfast.app.engines import Engines
from holdfast.catalog.mixing import Senders
from holdfast.catalog.service import CatalogService
from holdfast.objectives.bad_events.evidence import BadEvents
from holdfast.objectives.service import ObjectivesService
from holdfast.objectives.snapshots import SnapshotCache
from holdfast.runtime.clock import Clock
from holdfast.telemetry.identity.service_names import ServiceNames


def objectives(
    engines: Engines,
    clock: Clock,
    catalog: CatalogService,
    complete_until: Callable[[], datetime],
    senders: Senders,
    called: ServiceNames,
) -> ObjectivesService:
    """Make the objectives' service: counts, budgets, burn rates and their alerts."""
    counts = engines.counts(complete_until)
    return ObjectivesService(
        engines.database,
        clock,
        SnapshotCache(counts),
        BadEvents(counts, engines.spans, called),
        catalog=catalog.current,
        senders=senders,
        called=called.called,
    )
