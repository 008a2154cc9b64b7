"""The calls of one edge or node: now against usual, by zone and version, and as a series.

Usual is what it is for a service (`services.usual`): the same hour of earlier weeks or days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.servicemap.ends import Pair, StoredEnds, of_node, of_pairs
from holdfast.telemetry.servicemap.model import SERVICE, EdgeRow, Filters, resolved
from holdfast.telemetry.servicemap.schedule import COARSE_SECONDS, SLICE_SECONDS
from holdfast.telemetry.servicemap.store import EDGES_OF_RANGE, MapStore, in_force
from holdfast.telemetry.servicemap.usual import UsualCalls
from holdfast.telemetry.servicemap.usual_band import UsualCallsBand
from holdfast.telemetry.services.trouble import Now, ServiceTrouble, judge
from holdfast.telemetry.services.usual import Usual
from holdfast.telemetry.services.usual_band import UsualBand
from holdfast.telemetry.spans.latency_buckets import percentiles
from holdfast.telemetry.warehouse.instants import slices_within
from holdfast.telemetry.warehouse.protocol import Warehouse

CHARTED = timedelta(hours=1)
POINTS = 60
PARTS_MOST = 50

_SUMS = "sum(e.Calls), sum(e.Errors), sum(e.ProxyErrors), sum(e.Retries), sumMap(e.Latency)"


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls over a range: of them failed, in the application or the mesh, and how many were retries."""

    calls: int
    errors: int
    proxy_errors: int
    retries: int
    latency: Percentiles


@dataclass(frozen=True, slots=True)
class CountedPart:
    """The calls of one zone or version."""

    name: str
    counted: Counted


@dataclass(frozen=True, slots=True)
class CountedPoint:
    """The calls of one step of a series."""

    epoch: int
    counted: Counted


@dataclass(frozen=True, slots=True)
class CallsBetween:
    """Calls from `source` to `target`, either of which may be any; `parts_are_of` is the end that is split.

    `usual` is None where too little is stored; `trouble` is what is unusual. The series covers `charted`, and
    `band` is what is usual at each of its times.
    """

    within: TimeRange
    now: Counted
    usual: Usual | None
    trouble: ServiceTrouble
    parts_are_of: str
    zones: tuple[CountedPart, ...]
    versions: tuple[CountedPart, ...]
    charted: TimeRange
    step_seconds: int
    points: tuple[CountedPoint, ...]
    band: UsualBand


class CallsReader:
    """Reads the calls between two nodes of the map; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, clock: Clock, names: ServiceNames) -> None:
        self._warehouse = warehouse
        self._store = MapStore(warehouse)
        self._usual = UsualCalls(warehouse, clock)
        self._band = UsualCallsBand(warehouse, clock)
        self._names = names

    def calls(self, within: TimeRange, source: str, target: str) -> CallsBetween:
        """Return the calls between two nodes, by their ids; an empty one is any.

        Raises:
            Invalid: neither is named.
            NotFound: the range and the hour before its end have no such call.
        """
        charted = TimeRange(min(within.start, within.end - CHARTED), within.end)
        edges = meant(self._store, self._names, charted, source, target)
        pairs = [pair for pair, _ in edges]
        end = "Callee" if any(edge.callee.kind == SERVICE for _, edge in edges) else "Caller"
        ends = of_pairs(pairs)
        past = ends if source and target else of_node(pairs, is_called=bool(target))
        now = self._summed(within, ends)
        usual = self._usual.usual(within.end, past, of=f"{source}>{target}")
        step = charted.step_seconds(points=POINTS, at_least=60)
        return CallsBetween(
            within,
            now,
            usual,
            judge(_now(now, within), usual),
            "target" if end == "Callee" else "source",
            self._parts(within, ends, f"{end}Zone"),
            self._parts(within, ends, f"{end}Version"),
            charted,
            step,
            self._points(charted, ends, step),
            self._band.band(charted, past, of=f"{source}>{target}"),
        )

    def _summed(self, within: TimeRange, ends: StoredEnds) -> Counted:
        (row,) = self._asked(
            within, ends, f"SELECT {_SUMS} FROM {EDGES_OF_RANGE} AS e WHERE {ends.condition}"
        )
        return _counted(row)

    def _parts(self, within: TimeRange, ends: StoredEnds, column: str) -> tuple[CountedPart, ...]:
        rows = self._asked(
            within,
            ends,
            f"SELECT toString({column}) AS part, {_SUMS} FROM {EDGES_OF_RANGE} AS e WHERE {ends.condition} "
            f"AND {column} != '' GROUP BY part ORDER BY part LIMIT {PARTS_MOST}",
        )
        return tuple(CountedPart(part, _counted(row)) for part, *row in rows)

    def _points(self, within: TimeRange, ends: StoredEnds, step_seconds: int) -> tuple[CountedPoint, ...]:
        # Blocks of five minutes would come out as spikes in narrower steps.
        edges = EDGES_OF_RANGE if step_seconds % COARSE_SECONDS == 0 else in_force(SLICE_SECONDS)
        rows = self._asked(
            within,
            ends,
            f"SELECT toUInt32(intDiv(toUInt32(e.Slice), {step_seconds}) * {step_seconds}) AS epoch, {_SUMS} "
            f"FROM {edges} AS e WHERE {ends.condition} GROUP BY epoch ORDER BY epoch",
        )
        return tuple(CountedPoint(epoch, _counted(row)) for epoch, *row in rows)

    def _asked(self, within: TimeRange, ends: StoredEnds, statement: str) -> list[tuple[Any, ...]]:
        return list(self._warehouse.query(statement, {**slices_within(within), **ends.parameters}))


def _now(found: Counted, within: TimeRange) -> Now:
    failed = found.errors + found.proxy_errors
    return Now(found.calls, failed, found.latency.p99_seconds, within.seconds)


def meant(
    store: MapStore, names: ServiceNames, within: TimeRange, source: str, target: str
) -> list[tuple[Pair, EdgeRow]]:
    """Return the stored ends of the edges that are meant, each with the edge it is drawn as.

    Raises:
        Invalid: neither end is named.
        NotFound: the range has no such call.
    """
    if not (source or target):
        raise Invalid("name the source or the target of the calls", value="", rule="an edge or a node")
    rows = store.edges(within, Filters())
    found = [
        ((row.caller, row.callee), edge)
        for row, edge in zip(rows, resolved(rows, names.called), strict=True)
        if source in ("", edge.caller.id) and target in ("", edge.callee.id)
    ]
    if not found:
        called = " to ".join(filter(None, (f"from {source}" if source else "", target)))
        raise NotFound(f"the map has no calls {called} in this range", value=target or source)
    return found


def _counted(row: Sequence[Any]) -> Counted:
    calls, errors, proxy_errors, retries, latency = row
    return Counted(calls, errors, proxy_errors, retries, percentiles([(latency["1"], latency["2"])]))
