"""What people ask of telemetry: which services there are and how each is doing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime import journal, pages
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import NotFound
from holdfast.runtime.timerange import EARLIEST, LATEST, TimeRange, parse_range
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.name_caps import NAME_CAPS, OTHER
from holdfast.telemetry.store import (
    HANDLED,
    KINDS,
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
class Place:
    """Where a page of services begins: behind the service of that name and so many requests in a range."""

    within: TimeRange
    requests: int
    name: str

    def written(self) -> str:
        """Return it as one word."""
        start, end = (int(at.timestamp() * 1_000_000) for at in (self.within.start, self.within.end))
        return pages.written(start, end, self.requests, self.name)

    @classmethod
    def read(cls, word: str) -> Self:
        """Return the place in a word.

        Raises:
            Invalid: no list of services gave this word.
        """
        start, end, requests, name = pages.read(word, int, int, int, str)
        try:
            first, last = (EARLIEST + timedelta(microseconds=int(at)) for at in (start, end))
        except OverflowError:
            raise pages.foreign(word) from None
        if not first < last <= LATEST:
            raise pages.foreign(word)
        return cls(TimeRange(first, last), int(requests), str(name))


@dataclass(frozen=True, slots=True)
class ServicePage:
    """Services of one range, busiest first, and whether there are more behind them."""

    within: TimeRange
    views: tuple[ServiceView, ...]
    ranks: tuple[tuple[str, int], ...]
    has_more: bool

    def after(self, shown: int) -> str | None:
        """Return the word for the page behind the first `shown`; None at the end."""
        if shown == len(self.views) and not self.has_more:
            return None
        name, requests = self.ranks[shown - 1]
        return Place(self.within, requests, name).written()


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

    def services(
        self, within: TimeRange, *, text: str = "", cursor: str | None = None, limit: int = 200
    ) -> ServicePage:
        """Return a page of services that sent spans in the range or are in the catalog, busiest first.

        Pages after the first are of the range of the first, whatever is asked for.

        Raises:
            Invalid: the cursor was not given by this list.
        """
        place = None if cursor is None else Place.read(cursor)
        within = within if place is None else place.within
        ranked = sorted(self._ranked(within, text).items(), key=_rank)
        left = [one for one in ranked if place is None or _rank(one) > _rank((place.name, place.requests))]
        shown = left[:limit]
        views = {view.measured.red.name: view for view in self._views(within, [name for name, _ in shown])}
        return ServicePage(
            within, tuple(views[name] for name, _ in shown), tuple(shown), has_more=len(left) > limit
        )

    def _ranked(self, within: TimeRange, text: str) -> dict[str, int]:
        """Return the services to list with their requests; one that sends internal spans only has none."""
        found, catalog = self._red.busiest(within, text=text), self._catalog()
        found |= {name: 0 for name in self._red.present(within, text=text) if name not in found}
        for service in catalog.services:
            is_sending = service.name in found or catalog.measured_as(service.name) in found
            if text.lower() in service.name.lower() and not is_sending:
                found[service.name] = 0
        return found

    def service(self, name: str, within: TimeRange) -> ServiceView:
        """Return one service with its operations.

        Raises:
            NotFound: it sent nothing in the range and is not in the catalog, or is counted as `other`.
        """
        name = self._sent_as(name, within)
        (found,) = self._views(within, [name])
        is_described = self._catalog().service(name) is not None
        if not found.measured.last_seen_epoch and not is_described:
            raise NotFound(
                f"no service {name!r} sent spans in this range and none is in the catalog; "
                "try a longer range, or see `holdfast service ls`",
                value=name,
            )
        if not found.measured.red.requests and not is_described and self._red.is_folded(name):
            raise NotFound(
                f"service {name!r} is counted as {OTHER!r}: more than {NAME_CAPS.service.total:,} services "
                "send; `holdfast trace ls --service` finds its spans, and what the catalog names is counted "
                "by itself",
                value=name,
                rule=f"{NAME_CAPS.service.total} services are counted by themselves",
            )
        return replace(found, operations=tuple(self._red.operations(name, within)))

    def _views(self, within: TimeRange, names: Sequence[str]) -> list[ServiceView]:
        """Return these services; of each that RED does not hold, that it is there and has no rate."""
        measured = {one.red.name: one for one in self._red.services(within, names)}
        silent = [name for name in names if name not in measured]
        newest = self._red.present(within, names=silent) if silent else {}
        measured |= {name: _silent(name, newest.get(name, 0)) for name in silent}
        catalog, promises, empty = self._catalog(), self._promises(), [0] * SPARKLINE_POINTS
        lines = self._red.sparklines(within, SPARKLINE_POINTS, names)
        views = []
        for each, one in measured.items():
            known_as = catalog.described(each)
            promised = promises.get(known_as.name if known_as else each, ())
            views.append(ServiceView(one, within, known_as, promised, tuple(lines.get(each, empty))))
        return views

    def _sent_as(self, name: str, within: TimeRange) -> str:
        """Return the name under which a service sends: what the catalog calls one may send nothing itself."""
        other = self._catalog().measured_as(name)
        return name if other == name or self._red.present(within, names=[name]) else other

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
        kinds = HANDLED if operation is None else KINDS
        sender = self._sent_as(name, within)
        points = self._red.series(sender, within, step, operation=operation, kinds=kinds)
        if not points and operation is None:
            points = self._red.series(sender, within, step, operation=None, kinds=KINDS)
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


def _rank(one: tuple[str, int]) -> tuple[bool, int, str]:
    """Return the order of services in a list: the busiest first, what stands for many names last."""
    name, requests = one
    return name == OTHER, -requests, name


def _silent(name: str, newest: int) -> ServiceRed:
    return ServiceRed(Red(name, "", 0, 0, _NOTHING), (), (), newest)
