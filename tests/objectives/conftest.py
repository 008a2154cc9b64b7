"""A small world for evaluations: a clock, counts in memory, a database, and a way to let time pass."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from tests.objectives.cases import a_catalog, an_objective

from holdfast.catalog.model import Catalog
from holdfast.objectives.alerting.events import Subscriber
from holdfast.objectives.snapshots import SnapshotCache
from holdfast.objectives.tick import Tick
from holdfast.runtime import journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.counting.source import MemoryCounts

# Tests share two cores with other work: how long an example takes says nothing here.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")

TICK = timedelta(seconds=10)


@dataclass
class World:
    """One service with one objective, whose traffic the test steers."""

    database: Database
    clock: ManualClock
    counts: MemoryCounts = field(default_factory=MemoryCounts)
    catalog: Catalog = field(default_factory=lambda: a_catalog(an_objective()))
    subscribers: list[Subscriber] = field(default_factory=list)
    per_tick: int = 100
    bad: int = 0
    is_silent: bool = False

    def __post_init__(self) -> None:
        """Start the evaluation."""
        self.restart()

    def restart(self) -> None:
        """Begin anew on the same database and counts, as a process does after a crash."""
        self.evaluation = Tick(self.database, SnapshotCache(self.counts), self.clock, self.subscribers)

    def past(self, duration: timedelta, *, bad: int = 0, every: timedelta = TICK) -> None:
        """Fill the time before now with traffic, without evaluating it."""
        when = self.clock.now() - duration
        while when < self.clock.now():
            self.counts.record(1, when, good=self.per_tick - bad, bad=bad)
            for minute in range(int(every.total_seconds()) // 60 + 1):
                self.counts.see("checkout", when + timedelta(minutes=minute))
            when += every

    def run(self, duration: timedelta) -> None:
        """Let time pass: every 10 s traffic comes in, and all objectives are evaluated."""
        for _ in range(duration // TICK):
            if not self.is_silent:
                good = self.per_tick - self.bad
                self.counts.record(1, self.clock.now(), good=good, bad=self.bad, service="checkout")
            self.clock.advance(TICK)
            self.counts.watermark_at = self.clock.now()
            self.evaluation.run(self.catalog)

    def happened(self) -> list[str]:
        """Return the kinds of all journal entries, oldest first, and forget nothing."""
        return [entry.kind for entry in reversed(self.entries())]

    def entries(self) -> list[journal.Entry]:
        """Return all journal entries, newest first."""
        with self.database.read() as tx:
            return journal.entries(tx, limit=1000)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands within a slice, as clocks do: 3.141592 s after one began."""
    return ManualClock(datetime(2026, 3, 1, 12, 0, 3, 141_592, tzinfo=UTC))


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    """A world on each database engine in turn."""
    return World(database, clock)
