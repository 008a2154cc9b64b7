"""What people ask of the map: who calls whom over a range, how that goes, and how each node stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Invalid
from holdfast.runtime.timerange import TimeRange, parse_range
from holdfast.telemetry.name_caps import NAME_CAPS
from holdfast.telemetry.service import DEFAULT_RANGE, Promises, PromiseState
from holdfast.telemetry.servicemap.model import (
    SERVICE,
    EdgeRow,
    Filters,
    Handled,
    NodeKey,
    around,
    drawn,
    graph,
    handled,
)
from holdfast.telemetry.servicemap.schedule import SETTLES_SECONDS, SLICE_SECONDS
from holdfast.telemetry.servicemap.store import MapStore
from holdfast.telemetry.warehouse import Warehouse

STEPS_MOST = 5


@dataclass(frozen=True, slots=True)
class Node:
    """One node: what came in at it, and for a service what the catalog and its objectives say."""

    key: NodeKey
    handled: Handled
    described: Service | None
    promises: tuple[PromiseState, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """The map over a range.

    Calls after `settled_until` are not on it yet. Those after `settling_since` are, but spans that are still
    under way may add to them.
    """

    within: TimeRange
    settled_until: datetime | None
    settling_since: datetime | None
    zones: tuple[str, ...]
    versions: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[EdgeRow, ...]


class MapService:
    """Answers questions about the map; lives as long as the process."""

    def __init__(
        self,
        warehouse: Warehouse,
        clock: Clock,
        *,
        catalog: Callable[[], Catalog],
        promises: Promises,
        settled_until: Callable[[], datetime | None],
    ) -> None:
        self._store = MapStore(warehouse)
        self._clock = clock
        self._catalog = catalog
        self._promises = promises
        self._settled_until = settled_until

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the range asked for, by default the last hour."""
        return parse_range(start, end, now=self._clock.now(), default=DEFAULT_RANGE)

    def map(self, within: TimeRange, filters: Filters) -> Map:
        """Return nodes and edges over a range.

        Raises:
            Invalid: the neighbourhood is to be wider than `STEPS_MOST`.
        """
        if not 1 <= filters.steps <= STEPS_MOST:
            raise Invalid(
                f"steps={filters.steps} is no neighbourhood; write 1 to {STEPS_MOST}",
                value=str(filters.steps),
                rule=f"1 to {STEPS_MOST} steps",
            )
        edges = graph(self._store.edges(within, filters))
        if filters.service:
            edges = self._around(edges, filters)
        named = {sli.total.service for sli in self._catalog().slis}
        edges = drawn(edges, named, nodes_most=NAME_CAPS.map_nodes, bytes_most=NAME_CAPS.map_bytes)
        choices = self._store.choices(within)
        settled = self._settled_until() or self._newest(within)
        return Map(
            within,
            settled,
            settled - timedelta(seconds=SETTLES_SECONDS) if settled else None,
            choices.zones,
            choices.versions,
            self._nodes(edges),
            tuple(edges),
        )

    def _around(self, edges: list[EdgeRow], filters: Filters) -> list[EdgeRow]:
        name = filters.service
        is_on_map = any(NodeKey(SERVICE, name) in (edge.caller, edge.callee) for edge in edges)
        return around(edges, name if is_on_map else self._catalog().measured_as(name), filters.steps)

    def _nodes(self, edges: list[EdgeRow]) -> tuple[Node, ...]:
        catalog, promises = self._catalog(), self._promises()
        nodes = []
        for key, measured in sorted(handled(edges).items()):
            described = catalog.described(key.name) if key.kind == SERVICE else None
            name = described.name if described else key.name
            promised = promises.get(name, ()) if key.kind == SERVICE else ()
            nodes.append(Node(key, measured, described, promised))
        return tuple(nodes)

    def _newest(self, within: TimeRange) -> datetime | None:
        newest = self._store.newest_slice(within)
        return None if newest is None else datetime.fromtimestamp(newest + SLICE_SECONDS, UTC)
