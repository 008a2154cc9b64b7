"""The spread of a service's failures over HTTP, from spans stored as the intake stores them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.telemetry.otlp_builders import T0, of_service, span

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.instances import INSTANCE, instance_of
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.spread.api import router
from holdfast.telemetry.spread.service import SpreadService
from holdfast.telemetry.spread.store import SpreadStore
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.sql_text import quoted

Store = Callable[..., None]
UUID = "627cc493-f310-47de-96bd-71410b7dec09"


@pytest.fixture
def api(
    warehouse: ChdbWarehouse,
    database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
) -> TestClient:
    """The API at 13:00 over an empty warehouse; the catalog knows `fraud`."""
    clock.advance(timedelta(hours=1))
    catalog = Catalog(services=(Service("fraud", "Fraud"),))
    listed = TelemetryService(warehouse, database, clock, catalog=lambda: catalog, objectives=dict)
    client: TestClient = make_api(database, router(SpreadService(warehouse, listed)))
    return client


def ask(api: TestClient, name: str = "cart", **parameters: object) -> Any:
    """The spread of a service, which must be answered."""
    answer = api.get(f"/api/v1/services/{name}/spread", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def handled(failed: int, requests: int, **more: Any) -> list[Span]:
    """So many requests, evenly in the first five minutes, the first ones failed."""
    return [
        span(at=T0 + n * 300 // requests, status="error" if n < failed else "unset", **more)
        for n in range(requests)
    ]


def rows(found: Any) -> list[tuple[str, int, int]]:
    """Value, failures and requests of each row."""
    return [(one["value"], one["errors"], one["requests"]) for one in found["parts"]]


def test_a_bad_zone_is_named(api: TestClient, store_spans: Store) -> None:
    """It stands first, the others by name, with the times that it fails as often as they."""
    for zone, failed in (("zone-a", 5), ("zone-b", 5), ("zone-c", 60)):
        store_spans(of_service("cart", handled(failed, 1000, milliseconds=20), zone=zone, version="1"))
    found = ask(api)
    assert rows(found) == [("zone-c", 60, 1000), ("zone-a", 5, 1000), ("zone-b", 5, 1000)]
    assert [one["stands_out"] for one in found["parts"]] == [True, False, False]
    assert found["parts"][0]["error_ratio"] == 0.06
    assert found["parts"][0]["attribute"] == "cloud.availability_zone"
    assert found["parts"][0]["p99_seconds"] == pytest.approx(0.02, rel=0.045)
    assert (found["requests"], found["errors"], found["values"]) == (3000, 70, 3)
    assert found["summary"] == "zone-c fails 12 times as often as the others."
    assert [(one["by"], one["reason"]) for one in found["judgements"]] == [
        ("zone", "stands_out"),
        ("version", "one_value"),
        ("instance", "unnamed"),
    ]


def test_a_bad_version_is_named_when_zones_are_shown(api: TestClient, store_spans: Store) -> None:
    """The sentence is about all divisions, whichever has its rows shown."""
    store_spans(
        of_service("cart", handled(90, 100), zone="a", version="2"),
        of_service("cart", handled(90, 100), zone="b", version="2"),
        of_service("cart", handled(9, 200), zone="a", version="1"),
        of_service("cart", handled(9, 200), zone="b", version="1"),
    )
    assert ask(api, by="zone")["summary"] == "Version 2 fails 20 times as often as the others."
    assert rows(ask(api, by="version")) == [("2", 180, 200), ("1", 18, 400)]


def test_a_bad_instance_is_named(api: TestClient, store_spans: Store) -> None:
    """Instances are those of the stored spans."""
    for number, failed in ((1, 2), (2, 40), (3, 2)):
        of = {"service_instance_id": f"cart-{number}"}
        resource = of_service("cart", handled(failed, 100))
        resource.resource.attributes.extend(of_service(None, [], **of).resource.attributes)
        store_spans(resource)
    found = ask(api, by="instance")
    assert rows(found) == [("cart-2", 40, 100), ("cart-1", 2, 100), ("cart-3", 2, 100)]
    assert found["summary"] == "cart-2 fails 20 times as often as the others."
    assert found["sampled_share"] == 1
    assert {one["attribute"] for one in found["parts"]} == {"service.instance.id"}


def test_nothing_stands_out_if_all_fail_alike(api: TestClient, store_spans: Store) -> None:
    """Then the cause is behind the service."""
    for zone in ("zone-a", "zone-b"):
        store_spans(of_service("cart", handled(28, 47), zone=zone, version="4.8.1"))
    assert ask(api)["summary"] == "No zone stands out, and it calls nobody: look into it."
    store_spans(of_service("cart", [span("GET /stock", at=T0, kind="client")], zone="zone-a"))
    assert ask(api)["summary"] == "No zone stands out: look downstream."


def test_a_zone_that_fell_silent_is_not_compared_over_unlike_minutes(
    api: TestClient, store_spans: Store
) -> None:
    """Failures after its end are no difference between the zones; its row says until when it sent."""
    late = [span(at=T0 + 200 + n % 100, status="error") for n in range(60)]
    early = [span(at=T0 + n % 200) for n in range(400)]
    store_spans(
        of_service("cart", [*early, *late], zone="zone-a"),
        of_service("cart", early, zone="zone-b"),
    )
    found = ask(api)
    assert found["summary"] == (
        "60 of 860 requests failed, none of them in the 3 min 20 s in which all zones sent."
    )
    ends = {one["value"]: one["sent_until"] for one in found["parts"]}
    assert ends == {"zone-a": None, "zone-b": "2026-03-01T12:03:20Z"}


def test_calls_of_a_service_are_not_its_requests(api: TestClient, store_spans: Store) -> None:
    """A service that handles requests is judged by them, one that only calls by its calls."""
    store_spans(
        of_service("cart", [*handled(0, 5), span(kind="client", status="error")], zone="a"),
        of_service("batch", [span(kind="client", status="error")], zone="a"),
    )
    assert rows(ask(api)) == [("a", 0, 5)]
    assert rows(ask(api, "batch")) == [("a", 1, 1)]
    assert rows(ask(api, by="instance")) == [("", 0, 5)]


def test_many_instances_are_cut_to_the_worst(api: TestClient, store_spans: Store) -> None:
    """Twenty rows at most, and the number of all."""
    store_spans(
        *(of_service("cart", handled(int(n == 33), 4), service_instance_id=f"{n:02d}") for n in range(50))
    )
    found = ask(api, by="instance")
    assert (len(found["parts"]), found["values"], found["requests"]) == (20, 50, 200)
    assert "33" in [one["value"] for one in found["parts"]]


def test_instances_of_many_spans_are_sampled(
    warehouse: ChdbWarehouse, store_spans: Store, clock: ManualClock
) -> None:
    """Whole intervals are left out, so that about as many spans are read as allowed; the share is said."""
    store_spans(of_service("cart", [span(at=T0 + n) for n in range(0, 3600, 2)], service_instance_id="one"))
    store, of = SpreadStore(warehouse), ServiceId("cart")
    within = TimeRange(clock.now(), clock.now() + timedelta(hours=1))
    whole, sampled = (
        store.instances(of, within, ("Server",)),
        store.instances(of, within, ("Server",), most=300),
    )
    assert (whole.share, whole.spans, whole.counted[0].requests) == (1, 1800, 1800)
    assert (sampled.share, sampled.spans) == (6, 1800)
    assert 0 < sampled.counted[0].requests <= 600


def test_sampled_spans_count_by_their_weight(api: TestClient, store_spans: Store) -> None:
    """A span kept as one of four stands for four, by zone as by instance."""
    kept = [span(at=T0 + 1, trace_state="ot=th:c", status="error")]
    store_spans(of_service("cart", kept, zone="a", service_instance_id="one"))
    assert rows(ask(api)) == [("a", 4, 4)]
    assert rows(ask(api, by="instance")) == [("one", 4, 4)]


def test_services_of_one_name_are_not_mixed(api: TestClient, store_spans: Store) -> None:
    """A name in two environments must be asked for with one of them."""
    store_spans(
        of_service("cart", handled(1, 2), zone="a", environment="production"),
        of_service("cart", handled(0, 3), zone="b", environment="staging"),
    )
    assert api.get("/api/v1/services/cart/spread").status_code == 400
    assert rows(ask(api, environment="staging")) == [("b", 0, 3)]
    assert rows(ask(api, environment="staging", by="instance")) == [("", 0, 3)]


def test_a_service_that_sends_nothing_has_no_rows(api: TestClient) -> None:
    """One of the catalog is empty, one that nobody knows is not found."""
    found = ask(api, "fraud")
    assert (found["parts"], found["summary"]) == ([], "No requests in this range.")
    answer = api.get("/api/v1/services/nobody/spread")
    assert (answer.status_code, answer.json()["value"]) == (404, "nobody")


@pytest.mark.parametrize("parameters", [{"by": "operation"}, {"zone": "a"}, {"from": "x"}])
def test_what_is_not_known_is_refused(api: TestClient, parameters: dict[str, str]) -> None:
    """A division, a parameter or a moment that there is not."""
    assert api.get("/api/v1/services/cart/spread", params=parameters).status_code == 400


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ({}, ""),
        ({"host.name": "web-1"}, "web-1"),
        ({"host.name": "web-1", "service.instance.id": "cart-1"}, "cart-1"),
        ({"host.name": "web-1", "service.instance.id": UUID}, UUID),
        ({"k8s.pod.name": "cart-7d9f", "service.instance.id": UUID}, "cart-7d9f"),
        ({"k8s.pod.name": "cart-7d9f", "service.instance.id": "shop.cart-7d9f.app"}, "shop.cart-7d9f.app"),
        ({"k8s.pod.name": "cart-7d9f", "host.name": "node-1"}, "cart-7d9f"),
    ],
)
def test_an_instance_is_called_as_people_find_it(
    warehouse: ChdbWarehouse, resource: dict[str, str], name: str
) -> None:
    """Its own name, but the pod's where that is a random number; the engine agrees."""
    assert instance_of(resource) == name
    pairs = ", ".join(f"{quoted(key)}, {quoted(value)}" for key, value in resource.items())
    made = f"map({pairs})" if pairs else "CAST(map(), 'Map(String, String)')"
    assert warehouse.query(f"SELECT {INSTANCE} FROM (SELECT {made} AS ResourceAttributes)") == [(name,)]
