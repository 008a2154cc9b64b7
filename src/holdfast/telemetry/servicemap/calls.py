"""The calls of one edge or node: now against usual, by zone and version, and as a series.

Usual is the same length of time a day earlier, or an hour earlier where the map does not reach back a day,
or just before: a day earlier has the same traffic, and an incident of today is not in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from holdfast.runtime.errors import Invalid, NotFound
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.servicemap.model import SERVICE, EdgeRow, Filters, NodeKey, resolved
from holdfast.telemetry.servicemap.schedule import COARSE_SECONDS, SLICE_SECONDS
from holdfast.telemetry.servicemap.store import EDGES_OF_RANGE, OF_NODE, MapStore, in_force
from holdfast.telemetry.spans.latency_buckets import percentiles
from holdfast.telemetry.warehouse.instants import slices_within
from holdfast.telemetry.warehouse.protocol import Warehouse

EARLIER_SECONDS = (86_400, 3_600)
CHARTED = timedelta(hours=1)
POINTS = 60
PARTS_MOST = 50

_ENDS = tuple(f"{end}{column}" for end in ("Caller", "Callee") for column in OF_NODE)
_ARRAYS = ", ".join(f"{{end{number}:Array(String)}}" for number in range(len(_ENDS)))
_OF_PAIRS = (
    f"tuple({', '.join(f'toString(e.{one})' for one in _ENDS)}) IN (SELECT arrayJoin(arrayZip({_ARRAYS})))"
)
_SUMS = "sum(e.Calls), sum(e.Errors), sum(e.ProxyErrors), sum(e.Retries), sumMap(e.Latency)"

Pair = tuple[NodeKey, NodeKey]


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

    `usual` is None where the map does not reach back; the series covers `charted`.
    """

    within: TimeRange
    now: Counted
    usual_within: TimeRange | None
    usual: Counted | None
    parts_are_of: str
    zones: tuple[CountedPart, ...]
    versions: tuple[CountedPart, ...]
    charted: TimeRange
    step_seconds: int
    points: tuple[CountedPoint, ...]


class CallsReader:
    """Reads the calls between two nodes of the map; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, names: ServiceNames) -> None:
        self._warehouse = warehouse
        self._store = MapStore(warehouse)
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
        usual = self._usual(within)
        step = charted.step_seconds(points=POINTS, at_least=60)
        return CallsBetween(
            within,
            self._summed(within, pairs),
            usual,
            self._summed(usual, pairs) if usual else None,
            "target" if end == "Callee" else "source",
            self._parts(within, pairs, f"{end}Zone"),
            self._parts(within, pairs, f"{end}Version"),
            charted,
            step,
            self._points(charted, pairs, step),
        )

    def _usual(self, within: TimeRange) -> TimeRange | None:
        shifts = [shift for shift in EARLIER_SECONDS if shift >= within.seconds] + [within.seconds]
        earlier = (
            TimeRange(within.start - timedelta(seconds=shift), within.end - timedelta(seconds=shift))
            for shift in shifts
        )
        return next((one for one in earlier if self._store.newest_slice(one) is not None), None)

    def _summed(self, within: TimeRange, pairs: Sequence[Pair]) -> Counted:
        (row,) = self._asked(within, pairs, f"SELECT {_SUMS} FROM {EDGES_OF_RANGE} AS e WHERE {_OF_PAIRS}")
        return _counted(row)

    def _parts(self, within: TimeRange, pairs: Sequence[Pair], column: str) -> tuple[CountedPart, ...]:
        rows = self._asked(
            within,
            pairs,
            f"SELECT toString({column}) AS part, {_SUMS} FROM {EDGES_OF_RANGE} AS e WHERE {_OF_PAIRS} "
            f"AND {column} != '' GROUP BY part ORDER BY part LIMIT {PARTS_MOST}",
        )
        return tuple(CountedPart(part, _counted(row)) for part, *row in rows)

    def _points(
        self, within: TimeRange, pairs: Sequence[Pair], step_seconds: int
    ) -> tuple[CountedPoint, ...]:
        # Blocks of five minutes would come out as spikes in narrower steps.
        edges = EDGES_OF_RANGE if step_seconds % COARSE_SECONDS == 0 else in_force(SLICE_SECONDS)
        rows = self._asked(
            within,
            pairs,
            f"SELECT toUInt32(intDiv(toUInt32(e.Slice), {step_seconds}) * {step_seconds}) AS epoch, {_SUMS} "
            f"FROM {edges} AS e WHERE {_OF_PAIRS} GROUP BY epoch ORDER BY epoch",
        )
        return tuple(CountedPoint(epoch, _counted(row)) for epoch, *row in rows)

    def _asked(self, within: TimeRange, pairs: Sequence[Pair], statement: str) -> list[tuple[Any, ...]]:
        ends = [
            (
                one.kind,
                one.name,
                one.namespace,
                one.environment,
                of.kind,
                of.name,
                of.namespace,
                of.environment,
            )
            for one, of in pairs
        ]
        arrays = {f"end{number}": list(column) for number, column in enumerate(zip(*ends, strict=True))}
        return list(self._warehouse.query(statement, {**slices_within(within), **arrays}))


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
