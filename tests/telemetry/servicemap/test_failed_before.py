"""Calls that fail before they reach a service: it is failing as its callers see it, and says where."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.otlp_builders import T0, of_service
from tests.telemetry.servicemap.test_api import joined, joiner, of_trace, shop

from holdfast.catalog.model import Catalog
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.servicemap.failed_before import FailedBeforeReader
from holdfast.telemetry.services.api import router
from holdfast.telemetry.services.call_graph import CallGraph
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

__all__ = ["joined", "joiner"]
Join = Callable[..., None]


def refused(number: int, *, zone: str = "a", flags: str = "FI", retries: int = 0) -> list[Any]:
    """A request whose call to `cart` the proxy answers itself, on its attempts, with an error."""
    one = of_trace(number)
    proxy = {"component": "proxy", "upstream_cluster": "cart", "response_flags": flags}
    failed = {"kind": "client", "status": "error"}
    attempts = [
        one(
            "egress",
            chr(ord("k") + attempt),
            parent="b",
            at=T0,
            attributes=proxy | ({"http.request.resend_count": attempt} if attempt else {}),
            **failed,
        )
        for attempt in range(retries + 1)
    ]
    return [
        of_service(
            "web", [one("GET /", "a", at=T0), one("GET", "b", parent="a", at=T0, **failed)], zone=zone
        ),
        of_service("envoy", attempts),
    ]


def unanswered(number: int) -> list[Any]:
    """A request whose call to `cart` nothing answers, without a proxy between."""
    one = of_trace(number)
    call = {"kind": "client", "status": "error", "attributes": {"server.address": "cart"}}
    return [of_service("web", [one("GET /", "a", at=T0), one("GET", "b", parent="a", at=T0, **call)])]


def _well(count: int, *, first: int = 1) -> list[Any]:
    return [part for number in range(count) for part in shop(first + number)]


@pytest.fixture
def reader(warehouse: ChdbWarehouse, clock: ManualClock) -> FailedBeforeReader:
    """Reads the map's edges of the last five minutes."""
    return FailedBeforeReader(warehouse, clock)


def test_calls_that_the_mesh_fails_are_found_with_who_makes_them(
    reader: FailedBeforeReader, joined: Join, clock: ManualClock
) -> None:
    """The service sent no span of them."""
    joined(*_well(20), *(part for number in range(50, 62) for part in refused(number)))
    found = reader(clock.now())
    assert set(found) == {ServiceId("cart")}
    (cart,) = found.values()
    assert (cart.where, cart.callers) == ("mesh", ("web",))
    assert cart.sentence == "12 of 32 calls fail in the mesh before it"


def test_calls_that_nothing_answers_are_found(
    reader: FailedBeforeReader, joined: Join, clock: ManualClock
) -> None:
    """Without a proxy the caller's own span is all that is known of them."""
    joined(*_well(20), *(part for number in range(50, 62) for part in unanswered(number)))
    (cart,) = reader(clock.now()).values()
    assert cart.where == "connection"
    assert cart.sentence == "12 of 32 calls fail at the connection: nothing answers"


def test_failures_of_the_service_itself_and_few_of_the_mesh_are_not(
    reader: FailedBeforeReader, joined: Join, clock: ManualClock
) -> None:
    """What it answered with an error its own spans say; four calls in five minutes are no outage."""
    own = [part for number in range(30) for part in shop(number + 1, status="error")]
    joined(*own, *(part for number in range(50, 54) for part in refused(number)))
    assert reader(clock.now()) == {}


def test_the_zone_whose_callers_fail_is_named(
    reader: FailedBeforeReader, joined: Join, clock: ManualClock
) -> None:
    """Where the proxies of one zone fail calls and others do not, that is the place to look."""
    joined(*_well(20), *(part for number in range(50, 80) for part in refused(number, zone="b")))
    (cart,) = reader(clock.now()).values()
    assert cart.zone == "b"
    assert cart.sentence.endswith("before it, from b")


def test_a_service_says_that_it_is_failing_as_its_callers_see_it(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    joined: Join,
    make_api: Callable[..., TestClient],
) -> None:
    """Its row and its page have the state, the sentence and the counts; by its own requests it is well."""
    graph = CallGraph(failed_before=FailedBeforeReader(warehouse, clock))
    service = TelemetryService(
        warehouse, sqlite_database, clock, catalog=Catalog, objectives=dict, graph=graph
    )
    joined(*_well(20), *(part for number in range(50, 62) for part in refused(number)))
    api = make_api(sqlite_database, router(service))
    listed = api.get("/api/v1/services", params={"from": "now-5m"}).json()["items"]
    for one in (
        api.get("/api/v1/services/cart").json(),
        *(each for each in listed if each["name"] == "cart"),
    ):
        assert (one["errors"], one["now"]["reason"], one["now"]["needs_attention"]) == (0, "failing", True)
        assert one["now"]["sentence"] == "12 of 32 calls fail in the mesh before it"
        before = one["now"]["failed_before"]
        assert (before["calls"], before["failed"], before["ratio"]) == (32, 12, 0.375)
    (web,) = (each for each in listed if each["name"] == "web")
    assert web["now"]["failed_before"] is None
