"""Which instances stopped while others of their service go on: the rule, and what is read for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.otlp_builders import T0, of_service, span

from holdfast.catalog.model import Catalog
from holdfast.runtime import journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.api import router
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.services.silence import Silence
from holdfast.telemetry.services.silences import SilenceReader
from holdfast.telemetry.services.stopped import Instance, StoppedInstances, fact_of, stopped
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]
NOW = 100_000
MINUTE = 60


def ended(*, ago: int = 30, minutes: int = 60, per_minute: int = 10, name: str = "a") -> Instance:
    """An instance with the number of its minutes with requests, and of the minutes since its end."""
    until = NOW - ago * MINUTE
    return Instance(name, until - minutes * MINUTE, until, minutes, minutes * per_minute)


@pytest.mark.parametrize(
    ("one", "starts_ago", "scaled_ago", "is_stopped"),
    [
        (ended(), (), (), True),
        (ended(ago=3), (), (), True),
        (ended(ago=2), (), (), False),
        (ended(minutes=3), (), (), True),
        (ended(minutes=2), (), (), False),
        (ended(ago=20, per_minute=1), (), (), True),
        (ended(ago=19, per_minute=1), (), (), False),
        (ended(), (45,), (), False),
        (ended(), (46,), (), True),
        (ended(), (25,), (), False),
        (ended(), (24,), (), True),
        (ended(), (), (40,), False),
        (ended(), (), (29,), False),
        (ended(), (), (41,), True),
        (ended(), (), (28,), True),
    ],
)
def test_an_instance_that_nothing_explains_has_stopped(
    one: Instance, starts_ago: tuple[int, ...], scaled_ago: tuple[int, ...], *, is_stopped: bool
) -> None:
    """Short silences, moments, chance, successors and scale changes are no news."""
    starts, scaled = ([NOW - ago * MINUTE for ago in some] for some in (starts_ago, scaled_ago))
    found = stopped([one], starts, going_on=2, complete_epoch=NOW, scaled=scaled)
    assert found == ((one,) if is_stopped else ())


def test_each_successor_replaces_one_instance() -> None:
    """Where three ended and two began, one is missing; in a rolling restart none is."""
    gone = [ended(ago=30 - number, name=str(number)) for number in range(3)]
    starts = [NOW - 29 * MINUTE, NOW - 28 * MINUTE]
    assert stopped(gone, starts, going_on=2, complete_epoch=NOW) == (gone[2],)
    assert stopped(gone, [*starts, NOW - 27 * MINUTE], going_on=3, complete_epoch=NOW) == ()


def test_a_service_of_which_nothing_goes_on_is_silent_itself() -> None:
    """That is said of the service, and not of each of its instances."""
    assert stopped([ended()], (), going_on=0, complete_epoch=NOW) == ()


@pytest.mark.parametrize(("after", "goes_on"), [(80.0, True), (79.0, False)])
def test_the_fact_says_whether_the_others_have_its_traffic(after: float, *, goes_on: bool) -> None:
    """Four fifths of the requests of before are all of them, within the noise of five minutes."""
    found = fact_of([ended()], going_on=5, before=100.0, after=after)
    assert found == StoppedInstances(1, 6, NOW - 30 * MINUTE, ("a",), goes_on)
    assert fact_of([], going_on=5, before=0, after=0) is None


@pytest.fixture
def silences(warehouse: ChdbWarehouse, sqlite_database: Database, clock: ManualClock) -> SilenceReader:
    """The reader at 13:00, with everything complete."""
    clock.advance(timedelta(hours=1))
    return SilenceReader(warehouse, sqlite_database, clock, complete_until=clock.now)


@pytest.fixture
def send(store_spans: Store) -> Callable[..., None]:
    """Have an instance handle a request every ten seconds: `send("cart-1", 0, 60)`, in minutes after noon."""

    def one(instance: str, start: float, end: float, **more: str) -> None:
        times = range(int(T0 + start * 60), int(T0 + end * 60), 10)
        store_spans(of_service("cart", [span(at=at) for at in times], service_instance_id=instance, **more))

    return one


def test_an_instance_that_stopped_is_found(silences: SilenceReader, send: Callable[..., None]) -> None:
    """One of three stopped at 12:31, and the service handles a third less since."""
    for instance, end in (("cart-1", 60), ("cart-2", 60), ("cart-3", 31)):
        send(instance, 0, end)
    fact = StoppedInstances(1, 3, int(T0) + 31 * 60, ("cart-3",), traffic_goes_on=False)
    assert silences() == {ServiceId("cart"): Silence(instances=fact)}


def test_a_rolling_restart_is_no_news(silences: SilenceReader, send: Callable[..., None]) -> None:
    """Each instance that ends has a successor, of this version or another."""
    for number in range(2):
        send(f"old-{number}", 0, 30 + number)
        send(f"new-{number}", 30 + number, 60, version="2")
    assert silences() == {}


def test_a_zone_that_fell_silent_says_it_for_its_instances(
    silences: SilenceReader, send: Callable[..., None]
) -> None:
    """One fact is said once: the zone is."""
    send("cart-1", 0, 60, zone="a")
    send("cart-2", 0, 31, zone="b")
    assert silences() == {ServiceId("cart"): Silence((("b", int(T0) + 31 * 60),))}


def test_a_recorded_scale_change_explains_it(
    silences: SilenceReader, send: Callable[..., None], sqlite_database: Database
) -> None:
    """Who scaled a service in knows why instances ended."""
    send("cart-1", 0, 60)
    send("cart-2", 0, 31)
    with sqlite_database.write() as tx:
        journal.append(
            tx,
            journal.Entry(
                datetime.fromtimestamp(T0 + 30 * 60, UTC), "change.scale", "platform", "service/cart", "to 1"
            ),
        )
    assert silences() == {}


def test_what_stopped_is_answered_in_numbers(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    silences: SilenceReader,
    make_api: Callable[..., TestClient],
    send: Callable[..., None],
) -> None:
    """The service and the list of silences have it, and the service needs no attention for it."""
    send("cart-1", 0, 60)
    send("cart-2", 0, 31)
    service = TelemetryService(
        warehouse, sqlite_database, clock, catalog=Catalog, objectives=lambda: {}, silences=silences
    )
    api = make_api(sqlite_database, router(service))
    found = api.get("/api/v1/services/cart").json()
    (listed,) = api.get("/api/v1/silences").json()["items"]
    assert found["stopped_instances"] == listed["stopped_instances"]
    assert (found["stopped_instances"]["count"], found["stopped_instances"]["names"]) == (1, ["cart-2"])
    assert (found["now"]["needs_attention"], found["silent_zones"]) == (False, [])
