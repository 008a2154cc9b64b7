"""Reads which services and zones fell silent, from the roll-up."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.remembered import Remembered
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.services.instances import StoppedReader
from holdfast.telemetry.services.silence import (
    PACE_SECONDS,
    QUIET_SECONDS,
    SLICE_SECONDS,
    Place,
    Silence,
    ZoneSender,
    quiet_zones,
    silences,
)
from holdfast.telemetry.warehouse.instants import between
from holdfast.telemetry.warehouse.name_caps import OTHER
from holdfast.telemetry.warehouse.protocol import Warehouse

LOOKED_BACK = timedelta(days=1)
"""How long a silent zone stays known; what is gone for longer is no news."""

FINE_SECONDS = 600
KEPT_SECONDS = 10
QUIET_MOST = 500
"""Most zones that are looked at closely: those that stopped last."""

SCALES_MOST = 1_000
_BLOCK_SECONDS = 300
_ID = "Service, Namespace, Environment"
_ZONE = "arrayJoin(if(empty(Zones), [''], Zones)) AS Zone"

Silences = Callable[[], Mapping[ServiceId, Silence]]
"""Returns what is silent now, by service; a service without silence is not in it."""


def none_silent() -> Mapping[ServiceId, Silence]:
    """Return that nothing is silent."""
    return {}


@dataclass(frozen=True, slots=True)
class _Seen:
    first: int
    last: int

    def with_earlier(self, other: "_Seen") -> "_Seen":
        """Return when either first and last sent."""
        return _Seen(min(self.first, other.first), max(self.last, other.last))


_Zone = tuple[ServiceId, str]


class SilenceReader:
    """Finds silent services and zones; lives as long as the process, and keeps answers for some seconds."""

    def __init__(
        self,
        warehouse: Warehouse,
        database: Database,
        clock: Clock,
        *,
        complete_until: Callable[[], datetime],
        names: ServiceNames = AS_SENT,
    ) -> None:
        self._stopped = StoppedReader(warehouse, clock, names)
        self._warehouse = warehouse
        self._database = database
        self._complete_until = complete_until
        self._names = names
        self._kept = Remembered(clock, seconds=KEPT_SECONDS, most=2)
        self._days = Remembered(clock, seconds=_BLOCK_SECONDS, most=1)

    def __call__(self) -> Mapping[ServiceId, Silence]:
        """Return what is silent now, by service."""
        complete = self._complete_until()
        return self._kept.recall(complete.isoformat(), lambda: self._all(complete))

    def _all(self, complete: datetime) -> Mapping[ServiceId, Silence]:
        """Return what is silent, and the instances that stopped where no zone did."""
        scaled = self._scaled(complete)
        found = dict(self._found(complete, scaled))
        for service, fact in self._stopped(complete, scaled).items():
            found.setdefault(service, Silence(instances=fact))
        return found

    def _found(
        self, complete: datetime, scaled: Mapping[str, Collection[int]]
    ) -> Mapping[ServiceId, Silence]:
        until = int(complete.timestamp())
        seen = self._seen(until)
        lost = quiet_zones(_ends(seen), until)
        quiet = sorted(
            (key for key, one in seen.items() if one.last + QUIET_SECONDS < until or _place(key) in lost),
            key=lambda key: -seen[key].last,
        )[:QUIET_MOST]
        if not quiet:
            return {}
        closely = self._closely({one.name for one, _ in quiet}, min(seen[key].last for key in quiet), until)
        senders = {one: list(_senders(one, seen, closely)) for one in {service for service, _ in quiet}}
        return silences(senders, until, quiet=lost, scaled=scaled)

    def _seen(self, until: int) -> dict[_Zone, _Seen]:
        """Return every zone of the last day; when it last sent is exact within the last ten minutes.

        What lies further back is read once in five minutes.
        """
        fine = (until - FINE_SECONDS) // _BLOCK_SECONDS * _BLOCK_SECONDS
        since = until - int(LOOKED_BACK.total_seconds())
        day = self._days.recall(
            str(fine), lambda: self._zones("holdfast_red_services_5m", fine - (until - since), fine)
        )
        seen = {key: one for key, one in day.items() if one.last >= since}
        for key, one in self._zones("holdfast_red_services", fine, until).items():
            seen[key] = one.with_earlier(seen.get(key, one))
        return _without_unnamed(seen)

    def _zones(self, table: str, start: int, end: int) -> dict[_Zone, _Seen]:
        """Return when each zone first and last sent in a range, by the slices of a roll-up."""
        rows = self._warehouse.query(
            f"SELECT {_ID}, {_ZONE}, toUInt32(min(Slice)), toUInt32(max(Slice)) FROM {table} "
            f"WHERE {between('Slice', 'start', 'end')} GROUP BY {_ID}, Zone",
            {"start": start, "end": end},
        )
        found: dict[_Zone, _Seen] = {}
        for name, namespace, environment, zone, first, last in rows:
            key, one = (ServiceId(self._names.called(name), namespace, environment), zone), _Seen(first, last)
            if name != OTHER:
                found[key] = one.with_earlier(found.get(key, one))
        return found

    def _closely(self, services: Collection[str], first: int, until: int) -> dict[_Zone, ZoneSender]:
        """Return the pace of the zones of some services in the hour before each last sent."""
        rows = self._warehouse.query(
            f"WITH arraySort(groupUniqArray(toUInt32(Slice))) AS every, "
            f"arrayFilter(at -> at > every[-1] - {PACE_SECONDS}, every) AS slices "
            f"SELECT {_ID}, Zone, toUInt32(every[-1]), toUInt32(length(slices)), "
            f"toUInt32(arrayMax(arrayDifference(slices))), "
            f"toUInt32(arrayReverseSort(arrayDifference(slices))[3]) FROM ("
            f"SELECT {_ID}, {_ZONE}, Slice FROM holdfast_red_services "
            f"WHERE {between('Slice', 'since', 'until')} AND Service IN {{names:Array(String)}}) "
            f"GROUP BY {_ID}, Zone",
            {
                "since": max(0, first - PACE_SECONDS),
                "until": until,
                "names": sorted({sent for name in services for sent in self._names.sent_as(name)}),
            },
        )
        found: dict[_Zone, ZoneSender] = {}
        for name, namespace, environment, zone, last, slices, *apart in rows:
            one = ServiceId(self._names.called(name), namespace, environment)
            end, pauses = last + SLICE_SECONDS, [max(0, each - SLICE_SECONDS) for each in apart]
            known = found.get((one, zone))
            if known is None or known.until_epoch < end:
                found[one, zone] = ZoneSender(one, zone, last, end, slices, *pauses)
        return found

    def _scaled(self, complete: datetime) -> Mapping[str, Collection[int]]:
        """Return when services were scaled within the last day and an hour, by name."""
        with self._database.read() as tx:
            entries = journal.entries(
                tx,
                kinds=("change.scale",),
                since=complete - LOOKED_BACK - timedelta(hours=1),
                limit=SCALES_MOST,
            )
        found: dict[str, list[int]] = defaultdict(list)
        for one in entries:
            found[one.subject.partition("/")[2]].append(int(one.at.timestamp()))
        return found


def _place(key: _Zone) -> Place:
    service, zone = key
    return service.environment, zone


def _ends(seen: Mapping[_Zone, _Seen]) -> Mapping[Place, int]:
    """Return when each zone last sent, from any service; spans without a zone are of none."""
    ends: dict[Place, int] = {}
    for key, one in seen.items():
        if key[1]:
            ends[_place(key)] = max(one.last + SLICE_SECONDS, ends.get(_place(key), 0))
    return ends


def _without_unnamed(seen: dict[_Zone, _Seen]) -> dict[_Zone, _Seen]:
    """Drop spans without a zone from services that name one in others: they say nothing of where."""
    named = {service for service, zone in seen if zone}
    return {key: one for key, one in seen.items() if key[1] or key[0] not in named}


def _senders(
    service: ServiceId, seen: Mapping[_Zone, _Seen], closely: Mapping[_Zone, ZoneSender]
) -> Iterable[ZoneSender]:
    for (one, zone), known in seen.items():
        if one == service and (found := closely.get((one, zone))):
            yield replace(found, first_epoch=known.first)
