"""The use case of sampling: which services' spans do not stand for all their requests, found on demand."""

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Invalid, NotFound, TooLarge
from holdfast.runtime.timerange import TimeRange, parse_range
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter, ServiceId, labels
from holdfast.telemetry.metrics.service import Ask, MetricsService
from holdfast.telemetry.sampling.model import (
    MEASURES,
    Disagreement,
    FailedShare,
    Marked,
    Measure,
    Warned,
    disagree,
    is_failure,
)
from holdfast.telemetry.sampling.store import SamplingStore
from holdfast.telemetry.services.store import RedStore
from holdfast.telemetry.spans.slices import grain_seconds
from holdfast.telemetry.warehouse.protocol import Warehouse

MARKS_FROM = timedelta(minutes=5)
"""How far back spans are searched for attributes of samplers: every span of that time is read."""
COMPARED_MOST = 20
"""Most services whose shares are compared in one answer, those with the largest share of failures first."""
ENDINGS_MOST = 1_000


class SamplingService:
    """Answers from the warehouse when asked, and does nothing in between; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, metrics: MetricsService, clock: Clock) -> None:
        self._store = SamplingStore(warehouse)
        self._red = RedStore(warehouse)
        self._metrics = metrics
        self._clock = clock

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the requested range, by default the last hour."""
        return parse_range(start, end, now=self._clock.now())

    def warnings(
        self, within: TimeRange, name: str | None = None, scope: PlaceFilter = EVERYWHERE
    ) -> list[Warned]:
        """Return what shows that services' spans are samples without weights, for one name or all."""
        recent = TimeRange(max(within.start, within.end - MARKS_FROM), within.end)
        marked = [(one, found) for one, found in self._store.marked(recent, name) if scope.covers(one)]
        measuring = self._store.measuring(within)
        measured = set().union(*measuring.values()) if measuring else set()
        compared = [
            (one, found)
            for one in self._suspects(within, name, scope, measured)
            for found in self._compared(one, within, measuring)
        ]
        every: list[tuple[ServiceId, Marked | Disagreement]] = [*marked, *compared]
        called = labels(one for one, _ in every)
        return [Warned(one, called[one], found) for one, found in every]

    def _suspects(
        self, within: TimeRange, name: str | None, scope: PlaceFilter, measured: Collection[ServiceId]
    ) -> list[ServiceId]:
        """Return services that sent spans and such a metric, those with the highest error ratio first."""
        asked = [one for one in measured if name in (None, one.name) and scope.covers(one)]
        found = [one for one in self._red.services(within, asked) if one.red.requests] if asked else []
        found.sort(key=lambda one: (-one.red.errors / one.red.requests, one.id))
        return [one.id for one in found[:COMPARED_MOST]]

    def _compared(
        self, service: ServiceId, within: TimeRange, measuring: dict[str, set[ServiceId]]
    ) -> Iterator[Disagreement]:
        """Yield the disagreement with the metric that counted most, if there is one."""
        sent = [one for one in MEASURES if service in measuring.get(one.metric, ())]
        shares = [(self._measured(service, one, within), one.metric) for one in sent]
        share, metric = max(shares, key=lambda pair: pair[0].total, default=(FailedShare(0, 0), ""))
        spans = self._spans(service, within)
        if disagree(spans, share):
            yield Disagreement(metric, spans, share)

    def _spans(self, service: ServiceId, within: TimeRange) -> FailedShare:
        points = self._red.series(service, within, grain_seconds(within), operation=None, kinds=("Server",))
        return FailedShare(sum(one.errors for one in points), sum(one.requests for one in points))

    def _measured(self, service: ServiceId, measure: Measure, within: TimeRange) -> FailedShare:
        ask = Ask(
            function="increase",
            by=measure.by,
            filters=(f"service.name={service.name}", *measure.where),
            top=ENDINGS_MOST,
            scope=PlaceFilter(service.environment, service.namespace),
        )
        try:
            lines = self._metrics.plot(measure.metric, within, ask).lines
        except (Invalid, NotFound, TooLarge):
            # A metric of that name and another kind, or of too many series: there is nothing to compare with.
            return FailedShare(0, 0)
        return _added((line.overall or 0.0, not line.is_rest and is_failure(line.labels)) for line in lines)


def _added(counts: Iterable[tuple[float, bool]]) -> FailedShare:
    every = list(counts)
    return FailedShare(sum(number for number, failed in every if failed), sum(number for number, _ in every))
