"""The use case of spread: one service's failures by zone, version or instance, and what they show."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from holdfast.runtime.errors import NotFound
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter, ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.spans.latency_buckets import percentiles
from holdfast.telemetry.spread.model import (
    HAS_PLACE,
    By,
    SentInterval,
    SpreadJudgement,
    SpreadPart,
    are_even,
    common,
    judge,
    over_common,
    summary,
    whole_of,
)
from holdfast.telemetry.spread.store import CountedPlaces, CountedRequests, Instances, SpreadStore
from holdfast.telemetry.warehouse.protocol import Warehouse

ROWS_MOST = 20

OwnTrouble = Callable[[ServiceId, TimeRange], str]
"""Returns which resource of a service itself is full or grows, in one sentence; empty if none."""


def no_trouble(_service: ServiceId, _within: TimeRange) -> str:
    """Return that no resource is known to be full."""
    return ""


@dataclass(frozen=True, slots=True)
class Spread:
    """A service's requests by one division, and the judgements of all three, the one shown first.

    `parts` are at most 20 of `values`: those that the judgement is about, then those with most failures.
    `own_trouble` says which resource of the service itself is full, where its failures have no place.
    """

    name: str
    by: By
    parts: tuple[SpreadPart, ...]
    values: int
    requests: int
    errors: int
    judgements: tuple[SpreadJudgement, ...]
    instances: Instances
    own_trouble: str = ""
    calls_others: bool = True

    @property
    def judgement(self) -> SpreadJudgement:
        """The judgement of the division shown."""
        return self.judgements[0]

    @property
    def summary(self) -> str:
        """One sentence for all three."""
        return summary(self.judgements, self.own_trouble, calls_others=self.calls_others)


class SpreadService:
    """Answers where a service's failures are; lives as long as the process."""

    def __init__(
        self,
        warehouse: Warehouse,
        services: TelemetryService,
        names: ServiceNames = AS_SENT,
        own_trouble: OwnTrouble = no_trouble,
    ) -> None:
        self._own_trouble = own_trouble
        self._store = SpreadStore(warehouse, names)
        self._services = services

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the requested range, by default the last hour."""
        return self._services.range(start, end)

    def spread(self, name: str, within: TimeRange, by: By, scope: PlaceFilter = EVERYWHERE) -> Spread:
        """Return the spread of a service's requests.

        Raises:
            NotFound: it sent no spans in the range, and is not in the catalog.
            Invalid: several services have this name, and the scope does not say which.
        """
        service = self._services.identified(name, within, scope)
        if not self._services.is_known(service, within):
            raise NotFound(
                f"no service {name!r} sent spans in this range{scope.words}; try a longer range, or see "
                "`holdfast service ls`",
                value=name,
            )
        places = self._store.places(service, within)
        instances = self._store.instances(service, within, places.kinds)
        seen = self._store.seen(service, within, places.kinds)
        parts = {
            by: [replace(one, seen=_seen(by, one.value, seen)) for one in _of_places(by, places)]
            for by in _PLACE
        }
        parts[By.INSTANCE] = _parts(((one.value[0], one) for one in instances.counted), named_by=1)
        judgements = {each: self._judged(service, each, found) for each, found in parts.items()}
        others = (each for each in By if each is not by)
        return Spread(
            service.name,
            by,
            _shown(parts[by], judgements[by]),
            len(parts[by]),
            sum(one.requests for one in parts[by]),
            sum(one.errors for one in parts[by]),
            (judgements[by], *(judgements[each] for each in others)),
            instances,
            self._own_trouble(service, within) if are_even(judgements.values()) else "",
            places.calls_others,
        )

    def _judged(self, service: ServiceId, by: By, parts: list[SpreadPart]) -> SpreadJudgement:
        """Judge parts; those that did not all send all the time over the time in which they did."""
        shared = common(parts)
        if shared is None:
            return judge(by, parts)
        first, until = (datetime.fromtimestamp(at, UTC) for at in (shared.first_epoch, shared.until_epoch))
        together = TimeRange(first, until)
        return over_common(by, parts, _of_places(by, self._store.places(service, together)), together.seconds)


_PLACE = {By.ZONE: 0, By.VERSION: 1}


def _of_places(by: By, places: CountedPlaces) -> list[SpreadPart]:
    return _parts((one.value[_PLACE[by]], one) for one in places.counted)


def _seen(by: By, value: str, seen: Mapping[tuple[str, str], SentInterval]) -> SentInterval | None:
    mine = [one for place, one in seen.items() if place[_PLACE[by]] == value]
    return whole_of(mine) if mine else None


def _parts(counted: Iterable[tuple[str, CountedRequests]], named_by: int | None = None) -> list[SpreadPart]:
    """Return the parts by value; `named_by` is the place of the attribute that names each."""
    of_value: dict[str, list[CountedRequests]] = {}
    for value, one in counted:
        of_value.setdefault(value, []).append(one)
    return [
        SpreadPart(
            value,
            sum(one.requests for one in every),
            sum(one.errors for one in every),
            percentiles(one.latency for one in every),
            "" if named_by is None else every[0].value[named_by],
        )
        for value, every in of_value.items()
    ]


def _shown(parts: Iterable[SpreadPart], judgement: SpreadJudgement) -> tuple[SpreadPart, ...]:
    """Return the rows: those that stand out first, the others by name, so that they keep their places."""
    out = judgement.values if judgement.reason in HAS_PLACE else ()
    ranked = sorted(parts, key=lambda one: (one.value not in out, -one.errors, -one.requests, one.value))
    shown = ranked[:ROWS_MOST]
    return tuple(sorted(shown, key=lambda one: (one.value not in out, not one.value, one.value)))
