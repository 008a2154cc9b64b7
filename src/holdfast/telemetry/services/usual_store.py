"""Reads what is usual for every service, once in five minutes: it changes slowly, and pages ask often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.services.usual import PastInterval, Sample, Usual, past_intervals, usual_of
from holdfast.telemetry.spans.latency_buckets import Buckets, percentiles
from holdfast.telemetry.warehouse.instants import between, second_from
from holdfast.telemetry.warehouse.protocol import Warehouse

SEEN_BACK = timedelta(hours=24)
"""A service that was not seen for longer is gone, and not silent."""

_KEPT_MOST = 8
"""Moments and regions that are remembered; a page that looks at last Friday asks for that one."""

_SLICE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class KnownService:
    """What is usual for a service, and whether it was seen in the day before."""

    usual: Usual | None
    is_recent: bool


class UsualStore:
    """Reads intervals of the roll-up of services; remembers the answers."""

    def __init__(self, warehouse: Warehouse, clock: Clock, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._names = names
        self._lock = Lock()
        self._kept = Remembered(clock, seconds=_SLICE_SECONDS, most=_KEPT_MOST)

    def known(self, moment: datetime, region: str | None = None) -> Mapping[ServiceId, KnownService]:
        """Return what is usual at a moment for every service, in one region or in all."""
        key = f"{second_from(moment) // _SLICE_SECONDS} {region}"
        with self._lock:  # One reader computes it for all who wait.
            return self._kept.recall(key, lambda: self._read(moment, region))

    def _read(self, moment: datetime, region: str | None) -> Mapping[ServiceId, KnownService]:
        compared = past_intervals(moment)
        samples = self._samples(compared, region)
        recent = self._recent(moment, region)
        return {
            one: KnownService(usual_of(samples.get(one, [])), one in recent) for one in {*samples, *recent}
        }

    def _samples(
        self, compared: tuple[PastInterval, ...], region: str | None
    ) -> dict[ServiceId, list[tuple[PastInterval, Sample]]]:
        ranges = [_seconds(interval.range) for interval in compared]
        bounds = {f"from_{n}": start for n, (start, _) in enumerate(ranges)}
        bounds |= {f"to_{n}": end for n, (_, end) in enumerate(ranges)}
        is_in = [between("Slice", f"from_{n}", f"to_{n}") for n in range(len(compared))]
        which = ", ".join(f"{condition}, {n}" for n, condition in enumerate(is_in))
        rows = self._warehouse.query(
            "SELECT Service, Namespace, Environment, Kind IN ('Server', 'Consumer') AS handled, "
            f"multiIf({which}, {len(compared)}) AS interval, sum(Requests), sum(Errors), sumMap(Latency), "
            f"uniqExact(Slice) FROM holdfast_red_services_5m WHERE ({' OR '.join(is_in)}) {_in(region)} "
            "GROUP BY Service, Namespace, Environment, handled, interval",
            {**bounds, "region": region or ""},
        )
        found: dict[tuple[ServiceId, int], list[_Row]] = {}
        for name, namespace, environment, handled, interval, *sums in rows:
            one = ServiceId(self._names.called(name), namespace, environment)
            found.setdefault((one, interval), []).append(_Row(bool(handled), *sums))
        samples: dict[ServiceId, list[tuple[PastInterval, Sample]]] = {}
        for (one, interval), sides in found.items():
            samples.setdefault(one, []).append((compared[interval], _sample(sides)))
        return samples

    def _recent(self, moment: datetime, region: str | None) -> set[ServiceId]:
        start, end = _seconds(TimeRange(moment - SEEN_BACK, moment))
        rows = self._warehouse.query(
            "SELECT DISTINCT Service, Namespace, Environment FROM holdfast_red_services_5m "
            f"WHERE {between('Slice', 'from', 'to')} {_in(region)}",
            {"from": start, "to": end, "region": region or ""},
        )
        return {ServiceId(self._names.called(name), *place) for name, *place in rows}


@dataclass(frozen=True, slots=True)
class _Row:
    """What a service handled, or sent, in an interval, by one of its names."""

    handled: bool
    requests: int
    errors: int
    latency: Any
    slices: int


def _sample(rows: list[_Row]) -> Sample:
    handled = [one for one in rows if one.handled] or rows
    return Sample(
        sum(one.requests for one in handled),
        sum(one.errors for one in handled),
        percentiles(_buckets(one.latency) for one in handled).p99_seconds,
        max(one.slices for one in handled) * _SLICE_SECONDS,
    )


def _buckets(latency: Any) -> Buckets:
    return (latency["1"], latency["2"])


def _in(region: str | None) -> str:
    return "" if region is None else "AND Region = {region:String}"


def _seconds(within: TimeRange) -> tuple[int, int]:
    return second_from(within.start), second_from(within.end)
