"""Every edge on the map is what working the spans out one by one gives, however and whenever they come."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.telemetry.otlp_builders import T0, TraceRequest, segment
from tests.telemetry.servicemap import map_twin
from tests.telemetry.servicemap.map_world import FLAVOURS, WITHOUT_PROXIES, Flavours, worlds

from holdfast.runtime.clock import ManualClock
from holdfast.telemetry.model import Signal
from holdfast.telemetry.servicemap.joiner import Joiner
from holdfast.telemetry.servicemap.store import in_force
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

FEW_LARGE = settings(
    max_examples=4,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
BOTH_STATEMENTS = pytest.mark.parametrize(
    "flavours", [FLAVOURS, WITHOUT_PROXIES], ids=["with proxies", "without proxies"]
)
NOON = datetime.fromtimestamp(T0, UTC)
DIMENSIONS = (
    "toString(CallerKind), Caller, CallerZone, CallerVersion, "
    "toString(CalleeKind), Callee, CalleeZone, CalleeVersion, Origin, "
    "CallerEnvironment, CallerNamespace, CallerRegion, CalleeEnvironment, CalleeNamespace, CalleeRegion"
)
_tokens = itertools.count(1)


class World:
    """A warehouse whose map is joined by hand, at the test's own time."""

    def __init__(self, warehouse: ChdbWarehouse, directory: Path) -> None:
        self.warehouse = warehouse
        self._directory = directory
        self.clock = ManualClock(NOON + timedelta(seconds=30))
        self.joiner = self.restarted()

    def restarted(self) -> Joiner:
        """A joiner that knows nothing but what is in the warehouse."""
        self.joiner = Joiner(
            self.warehouse, self.clock, complete_until=lambda: self.clock.now() - timedelta(seconds=20)
        )
        return self.joiner

    def forget(self) -> None:
        """Empty all tables, for the next example."""
        for table in ("otel_traces", "holdfast_map_halves", "holdfast_map_edges", "holdfast_map_edges_5m",
                      "holdfast_map_joined"):  # fmt: skip
            self.warehouse.command(f"TRUNCATE TABLE {table}")
        self.clock = ManualClock(NOON + timedelta(seconds=30))
        self.restarted()

    def store(self, request: TraceRequest) -> None:
        """Store spans as the intake does."""
        path = segment(self._directory, request)
        self.warehouse.insert_segment(Signal.TRACES, path, f"map-{next(_tokens)}")
        path.unlink()

    def settle(self) -> None:
        """Let so much time pass that everything stored is on the map."""
        for minutes in (2, 5, 15):
            self.clock.advance(timedelta(minutes=minutes))
            self.restarted().turn()

    def edges(self, width: int = 10) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """What is on the map: sums by slice and dimensions."""
        rows = self.warehouse.query(
            f"SELECT toUInt32(Slice), {DIMENSIONS}, sum(Calls), sum(Errors), sum(ProxyErrors), sum(Retries), "
            f"sumMap(Latency) FROM {in_force(width)} GROUP BY ALL",
            {"from": T0 - 3600, "to": T0 + 3600},
        )
        return {row[:16]: (*row[16:20], dict(zip(row[20]["1"], row[20]["2"], strict=True))) for row in rows}


@pytest.fixture
def world(warehouse: ChdbWarehouse, tmp_path: Path) -> World:
    """An empty world at 12:00:30."""
    return World(warehouse, tmp_path)


def by_hand(requests: list[TraceRequest]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The same from the twin."""
    return {
        key: (one.calls, one.errors, one.proxy_errors, one.retries, dict(+one.latency))
        for key, one in map_twin.edges(requests).items()
    }


@BOTH_STATEMENTS
@FEW_LARGE
@given(
    data=st.data(),
    pauses=st.lists(st.integers(0, 300), min_size=3, max_size=3),
    restarts=st.sets(st.integers(0, 2), max_size=1),
)
def test_edges_equal_those_worked_out_by_hand(
    world: World, flavours: Flavours, data: st.DataObject, pauses: list[int], restarts: set[int]
) -> None:
    """Batches come in any order with joins between them; in the end every edge is exact, at both widths."""
    world.forget()
    requests = data.draw(worlds(flavours))
    for number, (request, pause) in enumerate(zip(requests, pauses, strict=False)):
        world.store(request)
        world.clock.advance(timedelta(seconds=pause))
        if number in restarts:
            world.restarted()
        world.joiner.turn()
    world.settle()
    expected = by_hand(requests)
    assert world.edges() == expected
    coarse: Counter[tuple[Any, ...]] = Counter()
    for key, sums in expected.items():
        coarse[(key[0] // 300 * 300, *key[1:])] += sums[0]
    assert {key: sums[0] for key, sums in world.edges(300).items()} == coarse
