"""Reads the newest values of a service's signals: what it sent itself, and what agents sent about it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.instances import HOST_KEY, POD_KEY
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.metrics.latest import LatestStore
from holdfast.telemetry.metrics.model import Latest
from holdfast.telemetry.saturation.host_users import PROCESSES, HostUser, users
from holdfast.telemetry.saturation.model import HOST_KEYS, POD_KEYS
from holdfast.telemetry.saturation.signals import OF_HOSTS, OF_PODS, OWN
from holdfast.telemetry.warehouse.instants import between, nanoseconds
from holdfast.telemetry.warehouse.protocol import Warehouse

PLACES_MOST = 500
"""Most pods and hosts of a service that agents are asked about."""
SPANS_MOST = 5_000
_SPANS_FROM = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RunsOn:
    """The pods and hosts a service runs on."""

    pods: tuple[str, ...]
    hosts: tuple[str, ...]


class SaturationStore:
    """Reads the values that show how full a service's resources are."""

    def __init__(self, warehouse: Warehouse, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._names = names
        self._latest = LatestStore(warehouse, names)

    def values(self, service: ServiceId, within: TimeRange) -> list[Latest]:
        """Return the newest value of every series of the table of signals that is about a service."""
        own = self._latest.of_service(service, OWN, within)
        places = _places((one.attributes.get(POD_KEY, ""), one.attributes.get(HOST_KEY, "")) for one in own)
        if not own:
            places = self._of_spans(service, within)
        found = {one.series: one for one in own}
        if places.pods:
            every = self._latest.about(OF_PODS, within, {POD_KEYS: places.pods})
            found |= {one.series: one for one in every}
        if places.hosts:
            every = self._latest.about(OF_HOSTS, within, {HOST_KEYS: places.hosts})
            found |= {one.series: one for one in every}
        return list(found.values())

    def host_users(self, host: str, within: TimeRange) -> tuple[HostUser, ...]:
        """Return the processes that use most of a host's CPU, of any service."""
        return users(self._latest.about(PROCESSES, within, {HOST_KEYS: (host,)}))

    def _of_spans(self, service: ServiceId, within: TimeRange) -> RunsOn:
        """Return where spans of the last minute came from: a service may send no metrics itself."""
        since = max(within.start, within.end - _SPANS_FROM)
        rows = self._warehouse.query(
            f"SELECT DISTINCT pod, host FROM (SELECT ResourceAttributes['{POD_KEY}'] AS pod, "
            f"ResourceAttributes['{HOST_KEY}'] AS host FROM otel_traces WHERE "
            f"{between('Timestamp', 'since', 'until')} AND ServiceName IN {{services:Array(String)}} "
            "AND Environment = {environment:String} AND Namespace = {namespace:String} "
            f"LIMIT {SPANS_MOST}) LIMIT {PLACES_MOST}",
            {
                "since": nanoseconds(since),
                "until": nanoseconds(within.end),
                "services": list(self._names.sent_as(service.name)),
                "environment": service.environment,
                "namespace": service.namespace,
            },
        )
        return _places(rows)


def _places(pairs: Iterable[Collection[str]]) -> RunsOn:
    pods, hosts = zip(*pairs, strict=True) if (pairs := list(pairs)) else ((), ())
    return RunsOn(*(tuple(sorted({one for one in every if one})[:PLACES_MOST]) for every in (pods, hosts)))
