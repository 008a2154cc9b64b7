"""Reads which services fail as their callers see it: calls that fail in the mesh or at the connection.

The cost is that of one map of five minutes in some seconds, and of two queries for each service that fails.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.servicemap.ends import Pair, StoredEnds, of_pairs
from holdfast.telemetry.servicemap.model import EXTERNAL, SERVICE, EdgeRow, Filters, resolved
from holdfast.telemetry.servicemap.store import EDGES_OF_RANGE, MapStore
from holdfast.telemetry.servicemap.usual import UsualCalls
from holdfast.telemetry.services.failed_before import (
    CallsToIt,
    FailedBefore,
    busiest,
    is_seen_failing,
    zone_that_fails,
)
from holdfast.telemetry.services.trouble import NOW_SECONDS
from holdfast.telemetry.warehouse.instants import slices_within
from holdfast.telemetry.warehouse.protocol import Warehouse

KEPT_SECONDS = 10
FAILING_MOST = 50
"""Most services whose usual and zones are read: those with most calls that fail."""

ZONES_MOST = 50

_Drawn = Sequence[tuple[EdgeRow, EdgeRow]]
"""Edges as they are stored, each with the edge it is drawn as."""


class FailedBeforeReader:
    """Reads calls that failed before their service; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, clock: Clock, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._store = MapStore(warehouse)
        self._usual = UsualCalls(warehouse, clock)
        self._names = names
        self._kept = Remembered(clock, seconds=KEPT_SECONDS)

    def __call__(self, moment: datetime) -> Mapping[ServiceId, FailedBefore]:
        """Return the services that are failing at a moment as their callers see it."""
        key = f"{int(moment.timestamp()) // KEPT_SECONDS}"
        return self._kept.recall(key, lambda: self._found(moment))

    def _found(self, moment: datetime) -> Mapping[ServiceId, FailedBefore]:
        within = TimeRange(moment - timedelta(seconds=NOW_SECONDS), moment)
        counted = {one: (_counted(edges), edges) for one, edges in self._edges(within).items()}
        failing = [one for one, (calls, _) in counted.items() if is_seen_failing(calls, None, within.seconds)]
        failing.sort(key=lambda one: (-counted[one][0].failed, one))
        found = {one: self._judged(one, within, *counted[one]) for one in failing[:FAILING_MOST]}
        return {one: before for one, before in found.items() if before is not None}

    def _edges(self, within: TimeRange) -> Mapping[ServiceId, _Drawn]:
        rows = self._store.edges(within, Filters())
        found: dict[ServiceId, list[tuple[EdgeRow, EdgeRow]]] = defaultdict(list)
        for row, edge in zip(rows, resolved(rows, self._names.called), strict=True):
            if edge.callee.kind == SERVICE and edge.callee.name:
                found[edge.callee.service].append((row, edge))
        return found

    def _judged(
        self, one: ServiceId, within: TimeRange, calls: CallsToIt, edges: _Drawn
    ) -> FailedBefore | None:
        pairs: list[Pair] = [(row.caller, row.callee) for row, _ in edges]
        ends = of_pairs(pairs)
        usual = self._usual.usual(within.end, ends, of=f"{one.environment}/{one.namespace}/{one.name}")
        if not is_seen_failing(calls, usual, within.seconds):
            return None
        failed: dict[str, int] = defaultdict(int)
        for row, edge in edges:
            failed[edge.caller.name] += _failed(row).failed
        return FailedBefore(calls, busiest(failed), zone_that_fails(self._zones(within, ends)))

    def _zones(self, within: TimeRange, ends: StoredEnds) -> Mapping[str, CallsToIt]:
        """Return the calls by the zone of their callers."""
        rows = self._warehouse.query(
            "SELECT toString(CallerZone) AS zone, sum(e.Calls), sum(e.ProxyErrors), "
            f"sumIf(e.Errors, CalleeKind = '{EXTERNAL}') FROM {EDGES_OF_RANGE} AS e "
            f"WHERE {ends.condition} GROUP BY zone ORDER BY zone LIMIT {ZONES_MOST}",
            {**slices_within(within), **ends.parameters},
        )
        return {zone: CallsToIt(*counts) for zone, *counts in rows}


def _failed(row: EdgeRow) -> CallsToIt:
    """Return the calls of a stored edge; what reached no service is stored with the name callers use."""
    return CallsToIt(row.calls, row.proxy_errors, row.errors if row.callee.kind == EXTERNAL else 0)


def _counted(edges: _Drawn) -> CallsToIt:
    """Return the calls of all edges; a failed attempt that was repeated is not what the caller saw."""
    every = sum((_failed(row) for row, _ in edges), CallsToIt())
    repeated = sum(row.retries for row, _ in edges)
    mesh = max(0, every.mesh - repeated)
    connection = max(0, every.connection - max(0, repeated - every.mesh))
    return CallsToIt(every.calls - repeated, mesh, connection)
