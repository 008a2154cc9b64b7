"""What people ask of telemetry: which services there are and how each is doing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import NotFound
from holdfast.runtime.timerange import TimeRange, parse_range
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.store import (
    HANDLED,
    Red,
    RedPoint,
    RedStore,
    ServiceRed,
    grain_seconds,
)
from holdfast.telemetry.warehouse import Warehouse

DEFAULT_RANGE = timedelta(hours=1)
SPARKLINE_POINTS = 30
MARKS_MOST = 50
POINTS = 240
POINTS_MOST = 5_000
_ALL_KINDS = ("Server", "Consumer", "Client", "Producer", "Internal", "Unspecified")
_NOTHING = Percentiles(None, None, None)


@dataclass(frozen=True, slots=True)
class PromiseState:
    """How one objective of a service stands, as `objectives` sees it; `state` is one of its words."""

    name: str
    display_name: str
    state: str


Promises = Callable[[], Mapping[str, tuple[PromiseState, ...]]]
"""Returns the objectives of every service, worst first."""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One service over a range: what it measured, what the catalog says of it, and its promises."""

    measured: ServiceRed
    within: TimeRange
    described: Service | None
    promises: tuple[PromiseState, ...]
    sparkline: tuple[int, ...]
    operations: tuple[Red, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened to a service, to be drawn as a thin line on its charts."""

    at: datetime
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class ServiceSeries:
    """RED per step over a range, with the changes made in it."""

    step_seconds: int
    within: TimeRange
    points: tuple[RedPoint, ...]
    marks: tuple[Mark, ...]


class TelemetryService:
    """Answers questions about services; lives as long as the process."""

    def __init__(
        self,
        warehouse: Warehouse,
        database: Database,
        clock: Clock,
        *,
        catalog: Callable[[], Catalog],
        promises: Promises,
    ) -> None:
        self._red = RedStore(warehouse)
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._promises = promises

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the range asked for, by default the last hour."""
        return parse_range(start, end, now=self._clock.now(), default=DEFAULT_RANGE)

    def zones(self) -> tuple[str, ...]:
        """Return the zones that sent spans in the last hour."""
        return self._red.zones(self.range(None, None))

    def services(self, within: TimeRange, *, name_contains: str = "") -> list[ServiceView]:
        """Return services that sent spans in the range or are in the catalog, busiest first."""
        views = self._views(within, None, [service.name for service in self._catalog().services])
        return [one for one in views if name_contains.lower() in one.measured.red.name.lower()]

    def service(self, name: str, within: TimeRange) -> ServiceView:
        """Return one service with its operations.

        Raises:
            NotFound: it sent nothing in the range and is not in the catalog.
        """
        name = self._sent_as(name, within)
        is_described = self._catalog().service(name) is not None
        found = self._views(within, name, [name] if is_described else [])
        if not found:
            raise NotFound(
                f"no service {name!r} sent spans in this range and none is in the catalog; "
                "try a longer range, or see `holdfast service ls`",
                value=name,
            )
        operations = tuple(self._red.operations(name, within))
        return replace(found[0], operations=operations)

    def _views(self, within: TimeRange, name: str | None, described: Sequence[str]) -> list[ServiceView]:
        measured = {one.red.name: one for one in self._red.services(within, name=name)}
        if name is None or name not in measured:
            # One that sends internal spans only is there, and has no rate.
            for present, newest in self._red.present(within, name=name).items():
                measured.setdefault(present, _silent(present, newest))
        catalog, promises, empty = self._catalog(), self._promises(), [0] * SPARKLINE_POINTS
        for known in described:
            # Its own name first: another is looked for among all objectives.
            if known not in measured and catalog.measured_as(known) not in measured:
                measured[known] = _silent(known, 0)
        lines = self._red.sparklines(within, SPARKLINE_POINTS, name=name)
        views = []
        for each, one in measured.items():
            known_as = catalog.described(each)
            promised = promises.get(known_as.name if known_as else each, ())
            views.append(ServiceView(one, within, known_as, promised, tuple(lines.get(each, empty))))
        return views

    def _sent_as(self, name: str, within: TimeRange) -> str:
        """Return the name under which a service sends: what the catalog calls one may send nothing itself."""
        other = self._catalog().measured_as(name)
        return name if other == name or self._red.present(within, name=name) else other

    def series(
        self, name: str, within: TimeRange, *, step_seconds: int | None, operation: str | None
    ) -> ServiceSeries:
        """Return RED per step of a service, or of one of its operations.

        Over long ranges the step is widened to whole slices.

        Raises:
            Invalid: the step is no multiple of ten seconds, or too narrow for the range.
        """
        step = within.step_over_slices(
            step_seconds, points=POINTS, slice_seconds=grain_seconds(within), most=POINTS_MOST
        )
        kinds = HANDLED if operation is None else _ALL_KINDS
        sender = self._sent_as(name, within)
        points = self._red.series(sender, within, step, operation=operation, kinds=kinds)
        if not points and operation is None:
            points = self._red.series(sender, within, step, operation=None, kinds=_ALL_KINDS)
        return ServiceSeries(step, within, tuple(points), self._marks(name, within))

    def _marks(self, service: str, within: TimeRange) -> tuple[Mark, ...]:
        with self._database.read() as tx:
            changes = journal.entries(
                tx,
                kinds=("change.",),
                subject=f"service/{service}",
                since=within.start,
                until=within.end,
                limit=MARKS_MOST,
            )
        return tuple(Mark(one.at, "change", one.summary) for one in reversed(changes))


def _silent(name: str, newest: int) -> ServiceRed:
    return ServiceRed(Red(name, "", 0, 0, _NOTHING), (), (), newest)
