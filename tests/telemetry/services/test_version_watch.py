"""Versions detected from stored spans, on both state databases: each change once, whoever looks and when."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.telemetry.otlp_builders import T0, of_service, span

from holdfast.changes.model import Change
from holdfast.changes.service import Changes
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.places import Placement
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services import version_store
from holdfast.telemetry.services.silence import Silence
from holdfast.telemetry.services.silences import Silences, none_silent
from holdfast.telemetry.services.version_watch import FIRST_LOOK_MINUTES, VersionWatch
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.protocol import Parameters, Row

Store = Callable[..., None]
MINUTE = timedelta(minutes=1)


class Counting:
    """The file's warehouse, which remembers what it was asked."""

    def __init__(self, inner: ChdbWarehouse) -> None:
        self.inner = inner
        self.asked: list[str] = []

    def query(self, sql: str, parameters: Parameters, **more: float) -> list[Row]:
        """Remember the table and ask."""
        found = re.search(r"FROM (holdfast_\w+)", sql)
        self.asked.append(found[1] if found else sql)
        return self.inner.query(sql, parameters, **more)


class Shop:
    """A service in some versions, its clock, and a detector that can be started again."""

    def __init__(
        self, warehouse: ChdbWarehouse, database: Database, clock: ManualClock, store: Store
    ) -> None:
        self.warehouse, self.database, self.clock, self.store = Counting(warehouse), database, clock, store
        self.changes = Changes(database, clock)
        self.watch = self.started()

    def started(self, silences: Silences = none_silent) -> VersionWatch:
        """Start a detector on this state."""
        return VersionWatch(
            self.warehouse,  # type: ignore[arg-type]  # it only asks
            self.database,
            self.clock,
            complete_until=self.clock.now,
            announce=self.changes.observe,
            silences=silences,
        )

    def serve(self, *versions: str, minutes: int = 1, requests: int = 30, **resource: str) -> None:
        """Let minutes pass in which these versions handle requests; nobody looks."""
        for _ in range(minutes):
            at = self.clock.now().timestamp()
            spans = [span(at=at + 60 * n / requests) for n in range(requests)]
            self.store(*(of_service("cart", spans, version=one, **resource) for one in versions))
            self.clock.advance(MINUTE)

    def run(self, *versions: str, minutes: int, **more: str) -> None:
        """Let minutes pass and look after each."""
        for _ in range(minutes):
            self.serve(*versions, **more)
            self.watch.turn()

    def found(self) -> list[Change]:
        """Every change of the last day, oldest first."""
        now = self.clock.now()
        page = self.changes.list(TimeRange(now - timedelta(days=1), now + MINUTE))
        return page.items[::-1]


@pytest.fixture
def shop(
    warehouse: ChdbWarehouse, database: Database, clock: ManualClock, store_spans: Store
) -> Iterator[Shop]:
    """A shop at noon, nothing stored."""
    return Shop(warehouse, database, clock, store_spans)


def test_a_new_version_and_the_one_before_again(shop: Shop) -> None:
    """The first version is how the service was found; a new one is a change, and so is the roll-back."""
    shop.run("1.9.3", minutes=3, zone="zone-a")
    assert shop.found() == []
    shop.run("1.9.3", "2.0.0", minutes=3, zone="zone-b")
    (change,) = shop.found()
    assert (change.kind, change.source, change.actor) == ("deploy", "detected", "telemetry")
    assert (change.service, change.version) == ("cart", "2.0.0")
    assert change.at == datetime.fromtimestamp(T0, UTC) + 3 * MINUTE
    assert change.summary == ("cart 2.0.0 takes traffic in zone-b, 50% of requests (60 of 120); 1.9.3 before")
    (seen,) = change.observed
    assert (seen.since, seen.seconds, seen.arrival, seen.before) == (change.at, 120, "new", ("1.9.3",))
    shop.run("2.0.0", minutes=6)
    shop.run("1.9.3", minutes=3)
    assert [(one.version, one.observed[0].arrival) for one in shop.found()] == [
        ("2.0.0", "new"),
        ("1.9.3", "gone"),
        ("1.9.3", "returned"),
    ]
    gone = shop.found()[1]
    assert (gone.kind, gone.summary) == ("other", "cart 1.9.3 takes no traffic any more; 2.0.0 serves")
    assert gone.at == datetime.fromtimestamp(T0, UTC) + 6 * MINUTE
    assert shop.found()[2].summary.startswith("cart 1.9.3 takes traffic again, 100% of requests")


def test_a_service_is_its_environment_and_namespace(shop: Shop) -> None:
    """A version new in staging is no change of production, and the change says where."""
    for versions in (("1",), ("1", "2")):
        for _ in range(3):
            at = shop.clock.now().timestamp()
            spans = [span(at=at + n) for n in range(30)]
            place = {"service.namespace": "shop", "deployment.environment.name": "Staging"}
            shop.store(of_service("cart", spans, version="1"))
            shop.store(*(of_service("cart", spans, version=one, **place) for one in versions))
            shop.clock.advance(MINUTE)
            shop.watch.turn()
    (change,) = shop.found()
    assert change.place == Placement("staging", "shop", None)


def test_a_restart_and_a_second_server_double_nothing(shop: Shop) -> None:
    """A process that starts on the state continues; two that look at once store a minute once."""
    shop.run("1", minutes=3)
    shop.serve("1", "2", minutes=4)
    assert shop.started().turn() == 1
    assert shop.watch.turn() == 0
    shop.watch = shop.started()
    shop.run("1", "2", minutes=3)
    assert [one.version for one in shop.found()] == ["2"]


def test_of_two_servers_that_judged_the_same_minute_one_stores_it(shop: Shop) -> None:
    """Who comes second finds the end of what is judged moved, and stores nothing."""
    shop.run("1", minutes=3)
    with shop.database.read() as tx:
        was = version_store.judged_until(tx)
    assert was is not None
    with shop.database.write() as tx:
        assert version_store.advance(tx, was + 1, was=was)
        assert not version_store.advance(tx, was + 1, was=was)
        assert not version_store.advance(tx, was + 1, was=None)


def test_what_happened_while_nobody_looked_is_found_later(shop: Shop) -> None:
    """After a stop of half an hour each change has the minute in which it happened."""
    shop.run("1", minutes=3)
    shop.serve("1", "2", minutes=20)
    shop.serve("3", minutes=10)
    assert shop.watch.turn() == 4
    start = datetime.fromtimestamp(T0, UTC)
    assert [(one.version, one.at) for one in shop.found()] == [
        ("2", start + 3 * MINUTE),
        ("3", start + 23 * MINUTE),
        ("1", start + 23 * MINUTE),
        ("2", start + 23 * MINUTE),
    ]


def test_the_first_look_reaches_back_an_hour(shop: Shop) -> None:
    """On a warehouse with telemetry, what served an hour ago is known, and a deploy since is found."""
    shop.serve("1", minutes=FIRST_LOOK_MINUTES, requests=2)
    shop.serve("2", minutes=5)
    assert shop.watch.turn() == 2
    assert [one.version for one in shop.found()] == ["2", "1"]


def test_a_version_is_not_gone_with_its_zone(shop: Shop) -> None:
    """A lost zone takes its versions along; when the zone sends again without one, that is gone."""
    lost = {ServiceId("cart"): Silence((("b", 0),), lost_zones=("b",))}
    shop.run("1", minutes=3, zone="a")
    for _ in range(5):
        spans = [span(at=shop.clock.now().timestamp() + n) for n in range(30)]
        shop.store(of_service("cart", spans, version="2", zone="b"))
        shop.run("1", minutes=1, zone="a")
    shop.watch = shop.started(lambda: lost)
    shop.run("1", minutes=8, zone="a")
    assert [one.version for one in shop.found()] == ["2"]
    lost.clear()
    shop.run("1", minutes=1, zone="a")
    assert [one.summary for one in shop.found()][1:] == ["cart 2 takes no traffic any more; 1 serves"]


def test_a_calm_minute_costs_one_small_query(shop: Shop) -> None:
    """Where every service serves its one version, the table by operation is not read, and nothing is said."""
    shop.run("1", minutes=3)
    shop.warehouse.asked.clear()
    shop.run("1", minutes=1)
    assert shop.warehouse.asked == ["holdfast_red_services"]
    assert shop.watch.turn() == 0
    assert shop.warehouse.asked == ["holdfast_red_services"]


def test_names_that_no_database_takes_are_passed_over(shop: Shop) -> None:
    """A version longer than a change may name counts as traffic only, and stops no other."""
    shop.run("1", minutes=3)
    shop.run("1", "2", "3" * 250, minutes=3)
    assert [one.version for one in shop.found()] == ["2"]
    assert shop.found()[0].observed[0].total_requests == 180


def test_a_clock_that_was_far_ahead_stops_nothing(shop: Shop) -> None:
    """A day judged too early is judged again once the clock is right."""
    shop.run("1", minutes=3)
    shop.clock.advance(timedelta(days=1))
    shop.watch.turn()
    shop.clock.step_back(timedelta(days=1))
    shop.run("1", "2", minutes=4)
    assert [one.version for one in shop.found()] == ["2"]


def test_gone_versions_are_forgotten_after_the_roll_ups(shop: Shop) -> None:
    """What has been gone for longer than roll-ups are kept is deleted; what serves stays."""
    shop.run("1", minutes=3)
    shop.run("2", minutes=9)
    shop.clock.advance(timedelta(days=401))
    with shop.database.write() as tx:
        version_store.forget_gone(tx, shop.clock.now())
        cart = ServiceId("cart")
        assert set(version_store.known(tx, [cart])[cart]) == {"2"}
