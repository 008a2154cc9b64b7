"""Silent services and zones, from spans stored as the intake stores them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.otlp_builders import T0, of_service, span

from holdfast.catalog.model import Catalog
from holdfast.runtime import journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.api import router
from holdfast.telemetry.services.call_graph import CallGraph
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.services.silence import ZONE_QUIET_SECONDS, Silence, lost_zones
from holdfast.telemetry.services.silences import SilenceReader
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]
Send = Callable[..., None]


@pytest.fixture
def silences(warehouse: ChdbWarehouse, sqlite_database: Database, clock: ManualClock) -> SilenceReader:
    """The reader at 13:00, with everything complete."""
    clock.advance(timedelta(hours=1))
    return SilenceReader(warehouse, sqlite_database, clock, complete_until=clock.now)


@pytest.fixture
def send(store_spans: Store) -> Send:
    """Send a span every ten seconds from minute to minute after noon: `send("cart", "a", 0, 60)`."""

    def one(service: str, zone: str, start: float, end: float, *, every: int = 10) -> None:
        times = range(int(T0 + start * 60), int(T0 + end * 60), every)
        store_spans(of_service(service, [span(at=at) for at in times], zone=zone))

    return one


def _found(silences: SilenceReader, name: str) -> Silence:
    return silences()[ServiceId(name)]


def test_a_zone_that_stopped_is_found_with_its_last_ten_seconds(silences: SilenceReader, send: Send) -> None:
    """The service sends on elsewhere; the zone is silent since the end of its last slice."""
    send("cart", "a", 0, 60)
    send("cart", "c", 0, 31)
    assert _found(silences, "cart") == Silence((("c", T0 + 31 * 60),), None)


def test_a_zone_that_stopped_two_minutes_ago_is_found_and_one_a_minute_ago_is_not(
    silences: SilenceReader, send: Send
) -> None:
    """Within the last ten minutes the ten-second slices are read."""
    send("cart", "a", 0, 60)
    send("cart", "b", 0, 59)
    send("cart", "c", 0, 57.5)
    assert _found(silences, "cart").zones == (("c", T0 + 3450),)


def test_a_service_that_stopped_altogether_is_silent(silences: SilenceReader, send: Send) -> None:
    """A service without zones has only itself to be silent; one that sends is not in the answer."""
    send("cart", "", 0, 60)
    send("mail", "", 0, 20)
    assert set(silences()) == {ServiceId("mail")}
    assert _found(silences, "mail").since_epoch == T0 + 1200


def test_a_slow_sender_keeps_its_pace(silences: SilenceReader, send: Send) -> None:
    """A job that sends every five minutes is not silent four minutes after its last span."""
    send("report", "a", 0, 57, every=300)
    assert silences() == {}


def test_a_recorded_scale_change_is_read_from_the_journal(
    silences: SilenceReader, send: Send, sqlite_database: Database
) -> None:
    """The zone of a service that was scaled down as it stopped is not silent; of another service it is."""
    for name in ("cart", "mail"):
        send(name, "a", 0, 60)
        send(name, "c", 0, 31)
    at = datetime.fromtimestamp(T0 + 30 * 60, UTC)
    with sqlite_database.write() as tx:
        journal.append(
            tx, journal.Entry(at, "change.scale", "platform", "service/cart", "cart to 2 replicas")
        )
    assert set(silences()) == {ServiceId("mail")}


def test_the_answer_is_kept_for_ten_seconds(silences: SilenceReader, send: Send, clock: ManualClock) -> None:
    """A page that asks every few seconds does not read the roll-up each time; a later one sees the return."""
    send("cart", "a", 0, 60)
    send("cart", "c", 0, 31)
    assert _found(silences, "cart").zones
    send("cart", "c", 58, 60)
    assert _found(silences, "cart").zones
    clock.advance(timedelta(seconds=10))
    assert silences() == {}


def test_services_say_what_is_silent(
    silences: SilenceReader,
    send: Send,
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
) -> None:
    """The list and the service name the zone with since when, for any range; `/silences` lists it alone."""
    send("cart", "a", 0, 60)
    send("cart", "c", 0, 31)
    service = TelemetryService(
        warehouse, sqlite_database, clock, catalog=Catalog, objectives=dict, silences=silences
    )
    api = make_api(sqlite_database, router(service))
    (listed,) = api.get("/api/v1/services", params={"from": "now-5m"}).json()["items"]
    detail = api.get("/api/v1/services/cart").json()
    for one in (listed, detail):
        assert one["silent_zones"] == [{"zone": "c", "since": "2026-03-01T12:31:00Z"}]
        assert one["silent_since"] is None
    asked = {"environment": "staging"}
    assert api.get("/api/v1/silences", params=asked).json() == {"items": [], "lost_zones": []}
    (silent,) = api.get("/api/v1/silences").json()["items"]
    assert (silent["service"], silent["silent_zones"]) == ("cart", listed["silent_zones"])
    assert api.get("/api/v1/silences", params={"zone": "c"}).status_code == 400


def test_a_lost_zone_is_found_within_a_minute_of_its_last_span(
    warehouse: ChdbWarehouse, sqlite_database: Database, clock: ManualClock, send: Send
) -> None:
    """Nobody sends from it, which two missed exports of all its services prove; one that sends keeps it."""
    for service in ("cart", "mail", "pay"):
        send(service, "a", 0, 60)
        send(service, "b", 0, 30)
    send("report", "b", 0, 30, every=120)
    complete = [datetime.fromtimestamp(T0 + 30 * 60 + ZONE_QUIET_SECONDS - 10, UTC)]
    clock.advance(timedelta(hours=1))
    reader = SilenceReader(warehouse, sqlite_database, clock, complete_until=lambda: complete[0])
    assert reader() == {}
    complete[0] += timedelta(seconds=10)
    (lost,) = lost_zones(reader())
    assert (lost.zone, lost.since_epoch) == ("b", T0 + 30 * 60)
    assert [one.name for one in lost.services] == ["cart", "mail", "pay", "report"]
    send("ping", "b", 30, 31)
    complete[0] += timedelta(seconds=10)
    assert reader() == {}


def test_a_lost_zone_is_one_fact_over_http(
    silences: SilenceReader,
    send: Send,
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
) -> None:
    """It counts its services, without the proxies among them; each of them needs a look."""
    for service in ("cart", "mail", "proxy"):
        send(service, "a", 0, 60)
        send(service, "b", 0, 59)
    graph = CallGraph(hops=lambda: {ServiceId("proxy")})
    service = TelemetryService(
        warehouse, sqlite_database, clock, catalog=Catalog, objectives=dict, silences=silences, graph=graph
    )
    api = make_api(sqlite_database, router(service))
    (lost,) = api.get("/api/v1/silences").json()["lost_zones"]
    assert lost == {
        "zone": "b",
        "environment": "",
        "since": "2026-03-01T12:59:00Z",
        "services": 2,
        "names": ["cart", "mail"],
    }
    items = {one["name"]: one["now"] for one in api.get("/api/v1/services").json()["items"]}
    assert {name: now["reason"] for name, now in items.items()} == dict.fromkeys(items, "zone_silent")
    assert items["cart"]["needs_attention"]
    assert items["cart"]["sentence"].startswith("b silent")


class _Counting:
    """A warehouse that keeps what it was asked."""

    def __init__(self, warehouse: ChdbWarehouse) -> None:
        self._warehouse = warehouse
        self.asked: list[str] = []

    def query(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Answer as the warehouse does."""
        self.asked.append(sql)
        return self._warehouse.query(sql, parameters)


def test_the_day_before_is_read_once_in_five_minutes(
    warehouse: ChdbWarehouse, sqlite_database: Database, clock: ManualClock, send: Send
) -> None:
    """Between two slices of five minutes only the last minutes are read; silence is found as before."""
    send("cart", "a", 0, 68)
    send("cart", "c", 0, 31)
    clock.advance(timedelta(hours=1))
    counting = _Counting(warehouse)
    reader = SilenceReader(counting, sqlite_database, clock, complete_until=clock.now)  # type: ignore[arg-type]
    days = []
    for _ in range(4):
        assert _found(reader, "cart").zones == (("c", T0 + 31 * 60),)
        days.append(sum("holdfast_red_services_5m" in sql for sql in counting.asked))
        clock.advance(timedelta(seconds=100))
    assert days == [1, 1, 1, 2]
