"""Who calls whom at a moment, as is usual and now, between services and by queues: whole maps of few hours.

Usual is read from the hour before the last ten minutes and the same hour a day and a week earlier, whichever
has most calls: an outage of some hours has emptied the first. The cost is that of four maps, once in some
minutes, and only while a service has less to do than is usual.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.parties import without_port
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.servicemap.model import EXTERNAL, SERVICE, EdgeRow, Filters, NodeKey, graph
from holdfast.telemetry.servicemap.service import joined_part
from holdfast.telemetry.servicemap.store import MapStore
from holdfast.telemetry.services.idle import CallsNow
from holdfast.telemetry.services.past_slices import SLICE_SECONDS, moment_key
from holdfast.telemetry.services.trouble import NOW_SECONDS
from holdfast.telemetry.warehouse.protocol import Warehouse

_EARLIER = (timedelta(), timedelta(days=1), timedelta(weeks=1))
_HOUR, _RECENT = timedelta(hours=1), timedelta(minutes=10)

_Pair = tuple[ServiceId, ServiceId]
_ByName = Mapping[tuple[str, str], ServiceId]
"""Services by name and environment."""

_Rates = Mapping[_Pair, tuple[float, float]]
"""Calls per second of each pair, and those of them that failed."""


class CallsNowReader:
    """Reads the map at a moment and at earlier ones; lives as long as the process.

    Rates of now are of the time that is joined: what is not on the map yet was not left untried.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        clock: Clock,
        names: ServiceNames = AS_SENT,
        settled_until: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self._settled_until = settled_until
        self._store = MapStore(warehouse)
        self._names = names
        self._kept = Remembered(clock, seconds=SLICE_SECONDS, most=8)

    def __call__(self, moment: datetime) -> tuple[CallsNow, ...]:
        """Return the calls between services at a moment; none if nothing of it is joined yet."""
        within = TimeRange(moment - timedelta(seconds=NOW_SECONDS), moment)
        settled = self._settled_until()
        if settled is not None and settled <= within.start:
            return ()
        usual = self._kept.recall(f"{moment_key(moment)}", lambda: self._usual(moment))
        now = self._rates(joined_part(within, settled), _by_name(usual))
        return tuple(
            CallsNow(*pair, usual.get(pair, 0.0), *now.get(pair, (0.0, 0.0)))
            for pair in sorted(usual.keys() | now.keys())
        )

    def _usual(self, moment: datetime) -> Mapping[_Pair, float]:
        found: dict[_Pair, float] = {}
        for back in _EARLIER:
            end = moment - _RECENT - back
            for pair, (rate, _) in self._rates(TimeRange(end - _HOUR, end)).items():
                found[pair] = max(rate, found.get(pair, 0.0))
        return found

    def _rates(self, within: TimeRange, known: _ByName = MappingProxyType({})) -> _Rates:
        calls: dict[_Pair, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for pair, edge in _pairs(graph(self._store.edges(within, Filters()), self._names.called), known):
            calls[pair][0] += edge.calls / within.seconds
            calls[pair][1] += (edge.errors + edge.proxy_errors) / within.seconds
        return {pair: (made, failed) for pair, (made, failed) in calls.items()}


def _by_name(usual: Mapping[_Pair, float]) -> _ByName:
    """Return the services that are usually called, by what a caller may write for them."""
    called = sorted(callee for _, callee in usual)
    short = {(one.name.partition(".")[0], one.environment): one for one in called}
    return short | {(one.name, one.environment): one for one in called}


def _pairs(edges: Iterable[EdgeRow], known: _ByName) -> Iterable[tuple[_Pair, EdgeRow]]:
    """Return every edge between services; one from a queue as if its origins had called.

    A service that answers nobody now sends no span: it is found by the name its callers write.
    """
    every = list(edges)
    services = {key for edge in every for key in (edge.caller, edge.callee) if key.kind == SERVICE}
    for edge in every:
        if callee := _callee(edge.callee, known):
            for caller in _callers(edge, services):
                yield (caller.service, callee), edge


def _callee(key: NodeKey, known: _ByName) -> ServiceId | None:
    if key.kind == SERVICE:
        return key.service
    return known.get((without_port(key.name), key.environment)) if key.kind == EXTERNAL else None


def _callers(edge: EdgeRow, services: Iterable[NodeKey]) -> list[NodeKey]:
    if edge.caller.kind == SERVICE:
        return [edge.caller]
    where = edge.callee.environment
    return [one for one in services if one.name in edge.origins and one.environment == where]
