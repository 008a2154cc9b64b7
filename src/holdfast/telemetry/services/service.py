"""The use cases of services: listing them with their rate, errors and duration, and one in detail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from holdfast.catalog.model import Catalog, Service
from holdfast.changes import store as changes
from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import NotFound
from holdfast.runtime.timerange import LAST_HOUR, TimeRange, parse_range
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter, ServiceId, labels
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.services.as_seen import judged
from holdfast.telemetry.services.call_graph import NO_GRAPH, CallGraph
from holdfast.telemetry.services.cursor import Place, rank
from holdfast.telemetry.services.failed_before import FailedBefore
from holdfast.telemetry.services.idle import LESS_TO_DO, idle_trouble
from holdfast.telemetry.services.idle_reader import IdleReader
from holdfast.telemetry.services.model import (
    PlacesSeen,
    Red,
    RedLines,
    ServiceRed,
    unasked,
)
from holdfast.telemetry.services.refusals import several, unknown
from holdfast.telemetry.services.series import ServiceSeries
from holdfast.telemetry.services.silence import NOTHING_SILENT, LostZone, Silence, lost_zones
from holdfast.telemetry.services.silences import Silences, none_silent
from holdfast.telemetry.services.store import HANDLED, KINDS, RedStore
from holdfast.telemetry.services.trouble import NOW_SECONDS, SILENT_EXPECTED, Now, ServiceTrouble, with_zones
from holdfast.telemetry.services.usual import Usual
from holdfast.telemetry.services.usual_band_store import UsualBandStore
from holdfast.telemetry.services.usual_store import KnownService, UsualStore
from holdfast.telemetry.spans.slices import grain_seconds
from holdfast.telemetry.warehouse.name_caps import NAME_CAPS, OTHER
from holdfast.telemetry.warehouse.protocol import Warehouse

LINE_POINTS = 30
MARKS_MOST = 50
POINTS = 240
POINTS_MOST = 5_000


@dataclass(frozen=True, slots=True)
class ObjectiveState:
    """The state of one objective of a service; the values of `state` and `burn` are defined by `objectives`.

    `within` is the environment and namespace whose spans it counts.
    """

    name: str
    display_name: str
    state: str
    within: PlaceFilter = EVERYWHERE
    burn: str = "quiet"


ObjectiveStates = Callable[[], Mapping[str, tuple[ObjectiveState, ...]]]
"""Returns the objectives of every service, worst first."""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One service over a range: its measurements, its entry in the catalog, and its objectives.

    `label` is what it is called among the services it was found with. `now` is of the range's last five
    minutes, `trouble` what is unusual in them; the `lines` are of its last hour, or of all of a longer one.
    `silence` is of now, for any range. `failed_before` are calls that fail before they reach it. What only
    forwards calls and is not in the catalog is a mesh hop.
    """

    measured: ServiceRed
    label: str
    within: TimeRange
    described: Service | None
    objectives: tuple[ObjectiveState, ...]
    lines: RedLines
    now: Now
    usual: Usual | None
    trouble: ServiceTrouble
    silence: Silence = NOTHING_SILENT
    failed_before: FailedBefore | None = None
    is_mesh_hop: bool = False
    operations: tuple[Red, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ServicePage:
    """A page of services of one range, busiest first, and whether more follow."""

    within: TimeRange
    views: tuple[ServiceView, ...]
    ranks: tuple[tuple[ServiceId, int], ...]
    has_more: bool

    def after(self, shown: int) -> str | None:
        """Return the cursor of the page behind the first `shown`; None at the end."""
        if shown == len(self.views) and not self.has_more:
            return None
        one, requests = self.ranks[shown - 1]
        return Place(self.within, requests, one).written()


class TelemetryService:
    """Answers questions about services; lives as long as the process."""

    def __init__(
        self,
        warehouse: Warehouse,
        database: Database,
        clock: Clock,
        *,
        catalog: Callable[[], Catalog],
        objectives: ObjectiveStates,
        names: ServiceNames = AS_SENT,
        silences: Silences = none_silent,
        graph: CallGraph = NO_GRAPH,
    ) -> None:
        self._graph = graph
        self._red = RedStore(warehouse, names)
        self._usual = UsualStore(warehouse, clock, names)
        self._idle = IdleReader(self._red, self._usual, clock, graph=graph, silences=silences)
        self._bands = UsualBandStore(self._red, clock)
        self._silences = silences
        self._names = names
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._objectives = objectives

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the requested range, by default the last hour."""
        return parse_range(start, end, now=self._clock.now())

    def places(self) -> PlacesSeen:
        """Return the environments, namespaces, regions and zones that sent spans in the last hour."""
        return self._red.places(self.range(None, None))

    def services(
        self,
        within: TimeRange,
        *,
        text: str = "",
        scope: PlaceFilter = EVERYWHERE,
        cursor: str | None = None,
        limit: int = 200,
    ) -> ServicePage:
        """Return a page of services that sent spans in the range or are in the catalog, busiest first.

        Later pages use the range of the first page, and ignore the requested one.

        Raises:
            Invalid: it is not a cursor of this list.
        """
        place = None if cursor is None else Place.read(cursor)
        within = within if place is None else place.within
        ranked = sorted(self._ranked(within, text, scope).items(), key=rank)
        left = [one for one in ranked if place is None or rank(one) > rank((place.id, place.requests))]
        shown = left[:limit]
        ids = [one for one, _ in shown]
        called = labels(one for one, _ in ranked)
        views = {view.measured.id: view for view in self._views(within, ids, called, region=scope.region)}
        return ServicePage(within, tuple(views[one] for one in ids), tuple(shown), has_more=len(left) > limit)

    def silent(self, scope: PlaceFilter = EVERYWHERE) -> list[tuple[ServiceId, Silence]]:
        """Return the services in a scope that are silent, in a zone or altogether, the latest first."""
        found = ((one, quiet) for one, quiet in self.silences().items() if scope.covers(one))
        return sorted(found, key=lambda pair: (-pair[1].latest_epoch, pair[0]))

    def silences(self) -> Mapping[ServiceId, Silence]:
        """Return what is silent now; of a service that is idle, which service fails before it."""
        found = self._silences()
        idle = self._idle(self._clock.now()) if found else {}
        return {
            one: replace(quiet, idle_behind=idle[one].name) if one in idle else quiet
            for one, quiet in found.items()
        }

    def lost_zones(self, scope: PlaceFilter = EVERYWHERE) -> tuple[LostZone, ...]:
        """Return the zones in a scope in which all is silent; proxies do not count as services."""
        hops = self._graph.hops()
        found = self._silences().items()
        return lost_zones({one: it for one, it in found if scope.covers(one) and one not in hops})

    def _ranked(self, within: TimeRange, text: str, scope: PlaceFilter) -> dict[ServiceId, int]:
        """Return the services to list with their requests; one that sends only internal spans has 0."""
        found = dict(self._red.busiest(within, scope=scope))
        if scope.region is None:
            found = dict.fromkeys(self._red.present(within, scope=scope), 0) | found
        found = dict.fromkeys(self._missed(within, scope), 0) | found
        found |= dict.fromkeys(self._silent(within, scope, found), 0)
        return {one: requests for one, requests in found.items() if text.lower() in one.name.lower()}

    def _missed(self, within: TimeRange, scope: PlaceFilter) -> list[ServiceId]:
        """Return the services of the last day that should send now: one that stopped is listed."""
        known, until = self._usual.known(within.end, scope.region), int(within.end.timestamp())
        missed = {one for one, it in known.items() if it.is_recent and _is_expected(it)}
        if scope.region is None:
            missed |= {one for one, quiet in self._silences().items() if quiet.is_whole_at(until)}
        return sorted(filter(scope.covers, missed))

    def _silent(
        self, within: TimeRange, scope: PlaceFilter, found: Mapping[ServiceId, int]
    ) -> list[ServiceId]:
        """Return the services of the catalog that send nothing, from any environment."""
        sending = {one.name for one in found}
        if scope != EVERYWHERE:
            sending |= {one.name for one in self._red.present(within)}
        catalog = self._catalog()
        return [
            ServiceId(one.name, scope.namespace or "", scope.environment or "")
            for one in catalog.services
            if not sending.intersection((one.name, catalog.measured_as(one.name)))
        ]

    def service(self, name: str, within: TimeRange, scope: PlaceFilter = EVERYWHERE) -> ServiceView:
        """Return one service with its operations.

        Raises:
            NotFound: it sent nothing in the range and is not in the catalog, or is counted as `other`.
            Invalid: several services have this name, and the scope does not say which.
        """
        one = self.identified(name, within, scope)
        (found,) = self._views(within, [one], labels(self._red.called(one.name, within)))
        is_described = self._catalog().service(one.name) is not None
        is_missed = found.usual is not None or found.silence != NOTHING_SILENT
        if not (found.measured.last_seen_epoch or is_described or is_missed):
            raise unknown(name, scope)
        if not found.measured.red.requests and not is_described and self._red.is_folded(one.name):
            raise NotFound(
                f"service {name!r} is counted as {OTHER!r}: more than {NAME_CAPS.service.total:,} services "
                "send; `holdfast trace ls --service` finds its spans, and a service of the catalog is always "
                "counted by itself",
                value=name,
                rule=f"{NAME_CAPS.service.total} services are counted individually",
            )
        return replace(found, operations=tuple(self._red.operations(one, within)))

    def _views(
        self,
        within: TimeRange,
        ids: Sequence[ServiceId],
        called: Mapping[ServiceId, str],
        *,
        region: str | None = None,
    ) -> list[ServiceView]:
        """Return these services; those without RED are included with no rate."""
        measured = {one.id: one for one in self._red.services(within, ids, region=region)}
        silent = [one for one in ids if one not in measured]
        newest = self._red.present(within, ids=silent) if silent else {}
        catalog, objectives, silences = self._catalog(), self._objectives(), self._silences()
        measured |= {one: unasked(one, newest.get(one, 0)) for one in silent}
        recent = self._recent(within, measured, region)
        known = self._usual.known(within.end, region)
        lines = self._red.lines(_hour_of(within), LINE_POINTS, ids, region=region)
        before, until = self._graph.failed_before(within.end), int(within.end.timestamp())
        views = []
        for each, one in measured.items():
            known_as = catalog.described(each.name)
            every = objectives.get(known_as.name if known_as else each.name, ())
            its_objectives = tuple(state for state in every if _is_about(state, one))
            now, usual = recent.get(each, Now(0, 0, None)), known[each].usual if each in known else None
            line, quiet = lines.get(each, RedLines()), silences.get(each, NOTHING_SILENT)
            burns = any(state.burn != "quiet" for state in its_objectives)
            missed, label = before.get(each), called.get(each, each.name)
            trouble = judged(now, usual, quiet, missed, until_epoch=until, burns=burns)
            view = ServiceView(one, label, within, known_as, its_objectives, line, now, usual, trouble, quiet)
            views.append(replace(view, failed_before=missed))
        hops = self._graph.hops()
        return [
            replace(view, is_mesh_hop=view.described is None and view.measured.id in hops)
            for view in self._with_places(views, within)
        ]

    def _with_places(self, views: list[ServiceView], within: TimeRange) -> list[ServiceView]:
        """Return the views, saying who is idle because its callers fail, and whose zone is silent."""
        idle = self._idle(within.end) if any(view.trouble.kind in LESS_TO_DO for view in views) else {}
        return [_placed(view, idle.get(view.measured.id)) for view in views]

    def _recent(
        self, within: TimeRange, measured: Mapping[ServiceId, ServiceRed], region: str | None
    ) -> dict[ServiceId, Now]:
        """Return what services handled in the range's last five minutes, or in all of a shorter one."""
        if within.seconds <= NOW_SECONDS:
            found: Mapping[ServiceId, ServiceRed] = measured
        else:
            last = TimeRange(within.end - timedelta(seconds=NOW_SECONDS), within.end)
            found = {one.id: one for one in self._red.services(last, [*measured], region=region)}
        seconds = min(within.seconds, NOW_SECONDS)
        return {each: _now(one.red, seconds) for each, one in found.items()}

    def identified(self, name: str, within: TimeRange, scope: PlaceFilter = EVERYWHERE) -> ServiceId:
        """Return the one service called so, by itself or in the catalog, in a scope; it may send nothing.

        Raises:
            Invalid: several services have this name, and the scope does not say which.
        """
        for sent_as in dict.fromkeys((name, self._catalog().measured_as(name))):
            found = [one for one in self._red.called(sent_as, within) if scope.covers(one)]
            if len(found) > 1:
                raise several(name, found)
            if found:
                return found[0]
        return ServiceId(name, scope.namespace or "", scope.environment or "")

    def series(
        self,
        name: str,
        within: TimeRange,
        scope: PlaceFilter = EVERYWHERE,
        *,
        step_seconds: int | None,
        operation: str | None,
    ) -> ServiceSeries:
        """Return RED per step of a service, or of one of its operations.

        Over long ranges the step is widened to whole slices.

        Raises:
            Invalid: the step is not a multiple of ten seconds, or too narrow for the range; or several
                services have this name, and the scope does not say which.
            NotFound: it has no span or change in the range, and no entry in the catalog.
        """
        step = within.step_over_slices(
            step_seconds, points=POINTS, slice_seconds=grain_seconds(within), most=POINTS_MOST
        )
        kinds = HANDLED if operation is None else KINDS
        sender = self.identified(name, within, scope)
        points = self._red.series(sender, within, step, operation=operation, kinds=kinds)
        if not points and operation is None:
            kinds = KINDS
            points = self._red.series(sender, within, step, operation=None, kinds=kinds)
        marks = self._marks(self._names.called(name), sender, within)
        if not (points or marks or self.is_known(sender, within)):
            raise unknown(name, scope)
        usual = self._bands.band(sender, within, operation=operation, kinds=kinds)
        return ServiceSeries(step, within, tuple(points), marks, usual)

    def is_known(self, sender: ServiceId, within: TimeRange) -> bool:
        """Return whether a service sent spans in the range, or is in the catalog."""
        is_described = self._catalog().described(sender.name) is not None
        return is_described or bool(self._red.present(within, ids=[sender]))

    def _marks(self, service: str, sender: ServiceId, within: TimeRange) -> tuple[journal.Mark, ...]:
        """Return the changes of a service that were made everywhere, or where it runs."""
        with self._database.read() as tx:
            made = changes.entries(
                tx,
                kinds=("change.",),
                subject=f"service/{service}",
                since=within.start,
                until=within.end,
                limited_to={"environment": sender.environment, "namespace": sender.namespace},
                limit=MARKS_MOST,
            )
        return tuple(changes.mark(one) for one in reversed(made))


def _hour_of(within: TimeRange) -> TimeRange:
    """Return the range, or the hour that ends with it if that is longer: five minutes have no shape."""
    return TimeRange(min(within.start, within.end - LAST_HOUR), within.end)


def _now(red: Red, seconds: float) -> Now:
    return Now(red.requests, red.errors, red.latency.p99_seconds, seconds)


def _is_expected(known: KnownService) -> bool:
    usual = known.usual
    return usual is not None and usual.rate_per_second * NOW_SECONDS >= SILENT_EXPECTED


def _is_about(state: ObjectiveState, one: ServiceRed) -> bool:
    """Return whether an objective counts the spans of a service.

    One of the catalog that sends nothing stands for all environments: its objectives say what is missing.
    """
    is_silent = not one.last_seen_epoch and one.id == ServiceId(one.id.name)
    return is_silent or state.within.covers(one.id)


def _placed(view: ServiceView, behind: ServiceId | None) -> ServiceView:
    if behind is None or view.trouble.kind not in LESS_TO_DO:
        zones = view.silence.zones_at(int(view.within.end.timestamp()))
        return replace(view, trouble=with_zones(view.trouble, zones))
    quiet = replace(view.silence, idle_behind=behind.name)
    return replace(view, trouble=idle_trouble(behind.name), silence=quiet)
