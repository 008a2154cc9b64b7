"""Makes the services that show telemetry: services, traces, metrics, logs and the map."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from holdfast.app.engines import Engines
from holdfast.catalog.mixing import Senders
from holdfast.catalog.model import Catalog
from holdfast.catalog.service import CatalogService
from holdfast.changes.service import Changes
from holdfast.objectives.places import place_of
from holdfast.objectives.service import ObjectivesService
from holdfast.runtime.clock import Clock
from holdfast.runtime.places import Placement
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.logs.service import LogsService
from holdfast.telemetry.metrics.service import MetricsService
from holdfast.telemetry.names.resolver import CatalogNames
from holdfast.telemetry.sampling.service import SamplingService
from holdfast.telemetry.saturation.service import SaturationService
from holdfast.telemetry.servicemap.calls_now import CallsNowReader
from holdfast.telemetry.servicemap.failed_before import FailedBeforeReader
from holdfast.telemetry.servicemap.hops import HopReader
from holdfast.telemetry.servicemap.joiner import Joiner
from holdfast.telemetry.servicemap.service import MapService
from holdfast.telemetry.services.call_graph import CallGraph
from holdfast.telemetry.services.service import ObjectiveState, TelemetryService
from holdfast.telemetry.services.silences import SilenceReader, Silences
from holdfast.telemetry.services.store import RedStore
from holdfast.telemetry.services.version_watch import VersionWatch
from holdfast.telemetry.spread.service import SpreadService
from holdfast.telemetry.traces.by_sli import bad
from holdfast.telemetry.traces.service import TracesService


def names(engines: Engines, clock: Clock, catalog: Callable[[], Catalog]) -> ServiceNames:
    """Make the resolver of names that every reader asks."""
    return CatalogNames(engines.asked, clock, catalog=catalog)


def services(
    engines: Engines,
    clock: Clock,
    catalog: CatalogService,
    objectives: ObjectivesService,
    called: ServiceNames,
    silent: Silences,
    joined: Joiner,
) -> TelemetryService:
    """Make the list of services, each with the states of its objectives."""
    return TelemetryService(
        engines.asked,
        engines.database,
        clock,
        catalog=catalog.current,
        objectives=lambda: promises(objectives),
        names=called,
        silences=silent,
        graph=CallGraph(
            CallsNowReader(engines.asked, clock, called, lambda: joined.settled_until),
            HopReader(engines.asked, clock, called),
            FailedBeforeReader(engines.asked, clock, called),
        ),
    )


def spread(
    engines: Engines, listed: TelemetryService, called: ServiceNames, filled: SaturationService
) -> SpreadService:
    """Make the reader of where a service's failures are, which knows what of the service itself is full."""
    return SpreadService(engines.asked, listed, called, filled.own_trouble)


def saturation(engines: Engines, listed: TelemetryService, called: ServiceNames) -> SaturationService:
    """Make the reader of how full a service's resources are."""
    return SaturationService(engines.asked, listed, called)


def silences(
    engines: Engines, clock: Clock, called: ServiceNames, complete_until: Callable[[], datetime]
) -> Silences:
    """Make the reader of services and zones that fell silent."""
    return SilenceReader(engines.asked, engines.database, clock, complete_until=complete_until, names=called)


def senders(engines: Engines, clock: Clock, called: ServiceNames) -> Senders:
    """Make the reader of where services sent spans from in the last day."""
    store = RedStore(engines.asked, called)

    def of(names: Collection[str]) -> Mapping[str, Collection[Placement]]:
        now, found = clock.now(), defaultdict[str, list[Placement]](list)
        for one in store.senders(names, TimeRange(now - timedelta(days=1), now)):
            found[one.name].append(Placement(one.environment, one.namespace))
        return found

    return of


def traces(
    engines: Engines, clock: Clock, objectives: ObjectivesService, called: ServiceNames
) -> TracesService:
    """Make the search of traces, which can select those that violated an objective."""
    return TracesService(
        engines.asked, clock, broke=lambda name: bad(objectives.objective(name).sli), names=called
    )


def metrics(
    engines: Engines, clock: Clock, stored_through: Callable[[], datetime], called: ServiceNames
) -> MetricsService:
    """Make the reader of metrics."""
    return MetricsService(engines.asked, clock, stored_through, called)


def sampling(engines: Engines, clock: Clock, measured: MetricsService) -> SamplingService:
    """Make the search for services whose spans are a sample without weights."""
    return SamplingService(engines.asked, measured, clock)


def logs(engines: Engines, clock: Clock, called: ServiceNames) -> LogsService:
    """Make the reader of logs."""
    return LogsService(engines.asked, clock, names=called)


def versions(
    engines: Engines,
    clock: Clock,
    complete_until: Callable[[], datetime],
    changes: Changes,
    called: ServiceNames,
    silent: Silences,
) -> VersionWatch:
    """Make the detector of versions, which stores what it detects as changes."""
    return VersionWatch(
        engines.asked,
        engines.database,
        clock,
        complete_until=complete_until,
        announce=changes.observe,
        names=called,
        silences=silent,
    )


def joiner(engines: Engines, clock: Clock, complete_until: Callable[[], datetime]) -> Joiner:
    """Make the joiner of the client and server sides of calls."""
    return Joiner(engines.asked, clock, complete_until=complete_until)


def service_map(
    engines: Engines,
    clock: Clock,
    catalog: CatalogService,
    objectives: ObjectivesService,
    joined: Joiner,
    called: ServiceNames,
    silent: Silences,
) -> MapService:
    """Make the map of services, each with the states of its objectives."""
    return MapService(
        engines.asked,
        clock,
        catalog=catalog.current,
        objectives=lambda: promises(objectives),
        settled_until=lambda: joined.settled_until,
        names=called,
        silences=silent,
    )


def promises(objectives: ObjectivesService) -> dict[str, tuple[ObjectiveState, ...]]:
    """Return the state of every objective, by service."""
    return {
        service: tuple(
            ObjectiveState(one.name, one.display_name, standing.state, place_of(one), standing.burn)
            for one, standing in pairs
        )
        for service, pairs in objectives.states_by_service().items()
    }
