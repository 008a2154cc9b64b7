"""The use cases of the map: who calls whom over a range, and the state of each node."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Invalid
from holdfast.runtime.timerange import TimeRange, parse_range
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.servicemap.answers import AnswersReader, PartyAnswers
from holdfast.telemetry.servicemap.calls import CallsBetween, CallsReader
from holdfast.telemetry.servicemap.model import (
    SERVICE,
    EdgeRow,
    Filters,
    Handled,
    NodeKey,
    Part,
    PartRow,
    around,
    called,
    drawn,
    graph,
    handled,
    labelled,
    parted,
)
from holdfast.telemetry.servicemap.schedule import SETTLES_SECONDS, SLICE_SECONDS
from holdfast.telemetry.servicemap.store import MapStore, Seen
from holdfast.telemetry.services.service import ObjectiveState, ObjectiveStates
from holdfast.telemetry.services.silence import NOTHING_SILENT, Silence
from holdfast.telemetry.services.silences import Silences, none_silent
from holdfast.telemetry.warehouse.name_caps import NAME_CAPS
from holdfast.telemetry.warehouse.protocol import Warehouse

STEPS_MOST = 5
NOW = timedelta(minutes=5)
"""What "now" is: long enough to count by, short enough to be now."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node: the calls it received, and for a service its entry in the catalog and its objectives.

    `label` is its name, with what distinguishes it if several nodes of the map have that name. `silence` is
    of now, for any range.
    """

    key: NodeKey
    label: str
    handled: Handled
    described: Service | None
    objectives: tuple[ObjectiveState, ...]
    zones: tuple[Part, ...] = ()
    versions: tuple[Part, ...] = ()
    silence: Silence = NOTHING_SILENT


@dataclass(frozen=True, slots=True)
class Map:
    """The map over a range.

    Calls after `settled_until` are not on it yet. Those after `settling_since` are, but spans that have not
    arrived yet may add to them.
    """

    within: TimeRange
    settled_until: datetime | None
    settling_since: datetime | None
    seen: Seen
    nodes: tuple[Node, ...]
    edges: tuple[EdgeRow, ...]

    @property
    def counted(self) -> TimeRange:
        """The part of the range that is on the map: rates are of it, not of time that is not joined yet."""
        return joined_part(self.within, self.settled_until)


def joined_part(within: TimeRange, settled_until: datetime | None) -> TimeRange:
    """Return a range up to the instant until which calls are joined; all of it if that leaves nothing."""
    if settled_until is None or not within.start < settled_until < within.end:
        return within
    return TimeRange(within.start, settled_until)


class MapService:
    """Answers questions about the map; lives as long as the process."""

    def __init__(
        self,
        warehouse: Warehouse,
        clock: Clock,
        *,
        catalog: Callable[[], Catalog],
        objectives: ObjectiveStates,
        settled_until: Callable[[], datetime | None],
        names: ServiceNames = AS_SENT,
        silences: Silences = none_silent,
    ) -> None:
        self._silences = silences
        self._store = MapStore(warehouse)
        self._calls = CallsReader(warehouse, clock, names)
        self._answers = AnswersReader(warehouse, names)
        self._clock = clock
        self._catalog = catalog
        self._objectives = objectives
        self._settled_until = settled_until
        self._names = names

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the range asked for, by default the last hour."""
        return parse_range(start, end, now=self._clock.now())

    def calls(self, start: str | None, end: str | None, source: str, target: str) -> CallsBetween:
        """Return the calls of an edge or a node, by default of the last five minutes that are on the map.

        Raises:
            Invalid: neither end is named, or the range is not possible.
            NotFound: there is no such call.
        """
        now = self._clock.now()
        asked = parse_range(start or f"now-{int(NOW.total_seconds())}s", end, now=now)
        return self._calls.calls(joined_part(asked, self._settled_until()), source, target)

    def answers(self, start: str | None, end: str | None, target: str) -> PartyAnswers:
        """Return what was asked of a party and what it answered, by default in the last five minutes.

        Raises:
            Invalid: it sends spans of its own, or the range is not possible.
            NotFound: the range has no call of it.
        """
        now = self._clock.now()
        asked = parse_range(start or f"now-{int(NOW.total_seconds())}s", end, now=now)
        return self._answers.answers(asked, target)

    def map(self, within: TimeRange, filters: Filters) -> Map:
        """Return nodes and edges over a range.

        Raises:
            Invalid: `steps` is not within 1 and `STEPS_MOST`.
        """
        if not 1 <= filters.steps <= STEPS_MOST:
            raise Invalid(
                f"steps={filters.steps} is not possible; write 1 to {STEPS_MOST}",
                value=str(filters.steps),
                rule=f"1 to {STEPS_MOST} steps",
            )
        edges = graph(self._store.edges(within, filters), self._names.called)
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
            choices,
            self._nodes(edges, self._store.parts(within, filters) if edges else []),
            tuple(edges),
        )

    def _around(self, edges: list[EdgeRow], filters: Filters) -> list[EdgeRow]:
        service = self._names.called(filters.service)
        centres = called(edges, service, filters.scope) or called(
            edges, self._catalog().measured_as(service), filters.scope
        )
        return around(edges, centres, filters.steps)

    def _nodes(self, edges: list[EdgeRow], parts: list[PartRow]) -> tuple[Node, ...]:
        catalog, objectives, silences = self._catalog(), self._objectives(), self._silences()
        zones = parted(parts, lambda row: row.zone, self._names.called)
        versions = parted(parts, lambda row: row.version, self._names.called)
        found, nodes = sorted(handled(edges).items()), []
        labels = labelled([key for key, _ in found])
        for key, measured in found:
            # A database or provider may be in the catalog too, under the name its aliases give it.
            described = catalog.described(key.name) if key.kind == SERVICE else catalog.service(key.name)
            name = described.name if described else key.name
            of_name = objectives.get(name, ()) if key.kind == SERVICE else ()
            its_objectives = tuple(one for one in of_name if one.within.covers(key.service))
            nodes.append(
                Node(
                    key,
                    labels[key],
                    measured,
                    described,
                    its_objectives,
                    zones.get(key, ()),
                    versions.get(key, ()),
                    silences.get(key.service, NOTHING_SILENT) if key.kind == SERVICE else NOTHING_SILENT,
                )
            )
        return tuple(nodes)

    def _newest(self, within: TimeRange) -> datetime | None:
        newest = self._store.newest_slice(within)
        return None if newest is None else datetime.fromtimestamp(newest + SLICE_SECONDS, UTC)
