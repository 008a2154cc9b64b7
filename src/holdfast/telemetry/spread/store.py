"""Reads a service's requests by zone and version from RED, and by instance from stored spans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.instances import INSTANCE, NAMED_BY
from holdfast.telemetry.identity.model import PlaceFilter, ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.names.store import BOUNDED_VALUES
from holdfast.telemetry.services.store import (
    _CALLED,
    HANDLED,
    KINDS,
    OPERATIONS,
    _buckets,
    _in,
    _range,
    _rows,
    _scoped,
)
from holdfast.telemetry.spans.latency_buckets import BUCKET, Buckets
from holdfast.telemetry.spans.slices import grain_seconds
from holdfast.telemetry.spread.model import SentInterval
from holdfast.telemetry.warehouse.instants import between, nanoseconds_within
from holdfast.telemetry.warehouse.protocol import Warehouse

SPANS_MOST = 50_000
"""Spans whose instances are read for one answer: their resources' attributes are wide."""
PLACES_MOST = 2_000
INSTANCES_MOST = 2_000
TIMEOUT_SECONDS = 5.0
_SAMPLED_SECONDS = 10
SLICE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class CountedRequests:
    """Requests alike: their number, the failed ones, and their durations.

    `value` is their zone and version, or their instance and the attribute that names it.
    """

    value: tuple[str, ...]
    requests: int
    errors: int
    latency: Buckets


@dataclass(frozen=True, slots=True)
class CountedPlaces:
    """Requests by zone and version, the kinds of spans that count, and whether the service calls others."""

    counted: tuple[CountedRequests, ...]
    kinds: Sequence[str]
    calls_others: bool


@dataclass(frozen=True, slots=True)
class Instances:
    """Requests by instance, counted in 1 of `share` intervals of ten seconds."""

    counted: tuple[CountedRequests, ...]
    spans: int
    share: int


class SpreadStore:
    """Reads how a service's requests are spread."""

    def __init__(self, warehouse: Warehouse, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._names = names

    def places(self, service: ServiceId, within: TimeRange) -> CountedPlaces:
        """Return requests by zone and version.

        A service that handles none is measured by all its spans, as everywhere.
        """
        where = f"{_CALLED} {_in(PlaceFilter(service.environment, service.namespace))}"
        columns = "Zone, Version, Kind, Requests, Errors, Latency"
        rows = self._warehouse.query(
            "SELECT Kind IN ('Server', 'Consumer') AS handled, toString(Zone) AS zone, toString(Version) AS "
            "version, sum(Requests) AS requests, sum(Errors), sumMap(Latency), "
            "sumIf(Requests, Kind IN ('Client', 'Producer')) FROM "
            f"{_rows(OPERATIONS, within, columns, where)} GROUP BY handled, zone, version "
            f"ORDER BY handled DESC, requests DESC, zone, version LIMIT {PLACES_MOST}",
            {**_range(within), **self._of(service)},
        )
        is_handling = bool(rows and rows[0][0])
        counted = tuple(
            CountedRequests((zone, version), requests, errors, _buckets(latency))
            for handled, zone, version, requests, errors, latency, _ in rows
            if handled or not is_handling
        )
        return CountedPlaces(counted, HANDLED if is_handling else KINDS, any(calls for *_, calls in rows))

    def seen(
        self, service: ServiceId, within: TimeRange, kinds: Sequence[str]
    ) -> Mapping[tuple[str, str], SentInterval]:
        """Return when requests of each zone and version came; of ranges with coarse slices nothing."""
        if grain_seconds(within) != SLICE_SECONDS:
            return {}
        where = f"{_CALLED} {_in(PlaceFilter(service.environment, service.namespace))}"
        rows = self._warehouse.query(
            "SELECT toString(Zone) AS zone, toString(Version) AS version, toUInt32(min(Slice)), "
            f"toUInt32(max(Slice)) FROM {OPERATIONS} WHERE {between('Slice', 'from', 'to')} {where} "
            f"AND Kind IN {{kinds:Array(String)}} GROUP BY zone, version LIMIT {PLACES_MOST}",
            {**_range(within), **self._of(service), "kinds": list(kinds)},
        )
        return {
            (zone, version): SentInterval(first, last + SLICE_SECONDS) for zone, version, first, last in rows
        }

    def instances(
        self, service: ServiceId, within: TimeRange, kinds: Sequence[str], *, most: int = SPANS_MOST
    ) -> Instances:
        """Return requests by instance, from about `most` spans at most.

        Whole intervals are sampled, evenly over the range: the rows of one lie together on disk.
        """
        where = (
            f"{between('Timestamp', 'from_ns', 'to_ns')} AND ServiceName IN {{called:Array(String)}} "
            "AND SpanKind IN {kinds:Array(String)} AND (SpanKind != 'Internal' OR IsRoot) "
            f"{_in(PlaceFilter(service.environment, service.namespace))}"
        )
        parameters = {**nanoseconds_within(within), **self._of(service), "kinds": list(kinds)}
        counted = self._warehouse.query(
            f"SELECT count() FROM otel_traces WHERE {where}", parameters, timeout_seconds=TIMEOUT_SECONDS
        )
        spans = int(counted[0][0])
        share = max(1, -(-spans // most))
        interval = f"cityHash64(intDiv(toUnixTimestamp(Timestamp), {_SAMPLED_SECONDS}))"
        rows = self._warehouse.query(
            "SELECT instance, any(named_by), sum(weight) AS requests, sumIf(weight, error) AS errors, "
            f"sumMap([bucket], [weight]) FROM (SELECT {INSTANCE} AS instance, {NAMED_BY} AS named_by, "
            "toUInt64(Weight) AS weight, IsError AS error, "
            f"{BUCKET} AS bucket FROM otel_traces WHERE {where} "
            f"AND {interval} % {{share:UInt64}} = 0 LIMIT {2 * most}) GROUP BY instance "
            f"ORDER BY errors DESC, requests DESC, instance LIMIT {INSTANCES_MOST}{BOUNDED_VALUES}",
            parameters | {"share": share},
            timeout_seconds=TIMEOUT_SECONDS,
        )
        found = (
            CountedRequests((name, key), n, errors, _buckets(latency))
            for name, key, n, errors, latency in rows
        )
        return Instances(tuple(found), spans, share)

    def _of(self, service: ServiceId) -> dict[str, object]:
        scope = PlaceFilter(service.environment, service.namespace)
        return {"called": list(self._names.sent_as(service.name)), **_scoped(scope)}
