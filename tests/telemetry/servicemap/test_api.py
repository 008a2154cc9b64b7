"""The map over HTTP and on the command line, from spans stored as the intake stores them."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.commands import Run, listening, runner
from tests.telemetry.otlp_builders import T0, of_service, span

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.servicemap.api import router
from holdfast.telemetry.servicemap.joiner import Joiner
from holdfast.telemetry.servicemap.service import MapService
from holdfast.telemetry.services.service import ObjectiveState
from holdfast.telemetry.services.silence import Silence
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]
OBJECTIVES: Mapping[str, tuple[ObjectiveState, ...]] = {
    "cart": (ObjectiveState("cart-errors", "Cart answers", "burning"), ObjectiveState("b", "B", "ok"))
}
SILENCES = {ServiceId("cart"): Silence((("lost", T0 + 60),))}
CATALOG = Catalog(services=(Service("cart", "The cart", team="shop", tier="1"),))


@pytest.fixture
def joiner(warehouse: ChdbWarehouse, clock: ManualClock) -> Joiner:
    """Joins what is older than twenty seconds, on request."""
    return Joiner(warehouse, clock, complete_until=lambda: clock.now() - timedelta(seconds=20))


@pytest.fixture
def api(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    joiner: Joiner,
    make_api: Callable[..., TestClient],
) -> TestClient:
    """The API over an empty warehouse; the catalog knows `cart`, which burns."""
    service = MapService(
        warehouse,
        clock,
        catalog=lambda: CATALOG,
        objectives=lambda: OBJECTIVES,
        settled_until=lambda: joiner.settled_until,
        silences=lambda: SILENCES,
    )
    client: TestClient = make_api(sqlite_database, router(service))
    return client


def of_trace(number: int) -> Callable[..., Span]:
    """A builder of one trace's spans: `one("GET /", "a", parent="b", …)`."""

    def one(name: str, span_id: str, *, parent: str = "", **options: Any) -> Span:
        ids = {"trace_id": bytes([number]) * 16, "span_id": span_id.encode() * 8}
        return span(name, parent=parent.encode() * 8, **ids, **options)

    return one


def shop(number: int, *, at: float = T0, zone: str = "a", version: str = "1", **of_call: Any) -> list[Any]:
    """One request: from outside to `web`, over a proxy to `cart`, from there to a database and a queue."""
    one = of_trace(number)
    proxy = {"component": "proxy", "upstream_cluster": "cart", "response_flags": "-"}
    return [
        of_service(
            "web",
            [
                one("GET /", "a", at=at),
                one("GET", "b", parent="a", at=at, kind="client", milliseconds=40, **of_call),
            ],
            zone="a",
        ),
        of_service("envoy", [one("egress", "c", parent="b", at=at, kind="client", attributes=proxy)]),
        of_service(
            "cart",
            [
                one("GET /cart", "d", parent="c", at=at, milliseconds=30),
                one(
                    "SELECT",
                    "e",
                    parent="d",
                    at=at,
                    kind="client",
                    attributes={"db.system": "postgresql", "db.name": "carts"},
                ),
                one(
                    "send",
                    "f",
                    parent="d",
                    at=at,
                    kind="producer",
                    attributes={"messaging.system": "nats", "messaging.destination.name": "mail"},
                ),
            ],
            zone=zone,
            version=version,
        ),
    ]


@pytest.fixture
def joined(store_spans: Store, clock: ManualClock, joiner: Joiner) -> Callable[..., None]:
    """Store spans and let them be joined: `joined(*resources)`."""

    def join(*resources: Any) -> None:
        store_spans(*resources)
        clock.advance(timedelta(seconds=60))
        joiner.turn()

    return join


def get(api: TestClient, **parameters: object) -> Any:
    """The map, which must be answered."""
    answer = api.get("/api/v1/map", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def edges(found: Any) -> dict[str, int]:
    """Calls by edge."""
    return {edge["id"]: edge["calls"] for edge in found["edges"]}


def test_an_empty_map_says_so(api: TestClient) -> None:
    """Without spans there are no nodes, no edges, and nothing is settled."""
    found = get(api)
    assert (found["nodes"], found["edges"], found["zones"], found["settled_until"]) == ([], [], [], None)


def test_a_request_is_drawn_from_service_to_service(api: TestClient, joined: Callable[..., None]) -> None:
    """Ingress, services, database and queue are nodes; the proxy between two services is none."""
    joined(*shop(1), *shop(2))
    assert edges(get(api)) == {
        "ingress>service/web": 2,
        "service/web>service/cart": 2,
        "service/cart>database/postgresql/carts": 2,
        "service/cart>queue/nats/mail": 2,
    }


def test_an_edge_shows_rate_errors_and_latency(api: TestClient, joined: Callable[..., None]) -> None:
    """The caller's time counts; errors are a share of calls, and none is made up where there are none."""
    joined(*shop(1), *shop(2, status="error"))
    (edge,) = (one for one in get(api)["edges"] if one["id"] == "service/web>service/cart")
    assert (edge["calls"], edge["errors"], edge["error_ratio"], edge["proxy_errors"]) == (2, 1, 0.5, 0)
    assert edge["rate_per_second"] == pytest.approx(2 / 3580)
    assert edge["p50_seconds"] == pytest.approx(0.04, rel=0.045)


def test_a_node_shows_its_catalog_entry_and_its_worst_objective(
    api: TestClient, joined: Callable[..., None]
) -> None:
    """What the catalog says of a service, and how its objectives stand, is beside what came in at it."""
    joined(*shop(1))
    nodes = {node["id"]: node for node in get(api)["nodes"]}
    cart, database = nodes["service/cart"], nodes["database/postgresql/carts"]
    assert (cart["display_name"], cart["team"], cart["objectives"], cart["worst_state"], cart["calls"]) == (
        "The cart", "shop", 2, "burning", 1,
    )  # fmt: skip
    assert (database["kind"], database["name"], database["worst_state"]) == (
        "database", "postgresql/carts", None,
    )  # fmt: skip
    assert (nodes["ingress"]["calls"], nodes["ingress"]["error_ratio"]) == (0, None)


def test_a_call_that_never_arrived_stays_on_its_edge(api: TestClient, joined: Callable[..., None]) -> None:
    """A call to a known service with only the caller's span is a call to that service."""
    one = of_trace(9)
    refused = one("GET", "b", kind="client", status="error", attributes={"server.address": "cart:80"})
    joined(*shop(1), of_service("web", [refused]))
    found = get(api)
    assert edges(found)["service/web>service/cart"] == 2
    assert {node["kind"] for node in found["nodes"]} == {"ingress", "service", "database", "queue"}


def test_callers_may_leave_out_a_workloads_namespace(api: TestClient, joined: Callable[..., None]) -> None:
    """A call to `pay` that never arrived is one to `pay.shop`, unless there is another `pay` on the map."""
    one = of_trace(9)
    refused = one("GET", "b", kind="client", status="error", attributes={"server.address": "pay"})
    joined(of_service("web", [refused]), of_service("pay.shop", [one("POST /pay", "c")]))
    assert edges(get(api)) == {"service/web>service/pay.shop": 1, "ingress>service/pay.shop": 1}
    joined(of_service("pay.test", [of_trace(8)("POST /pay", "c", at=T0 + 30)]))
    assert edges(get(api))["service/web>external/pay"] == 1


def test_what_the_mesh_refused_is_kept_apart(api: TestClient, joined: Callable[..., None]) -> None:
    """A call a proxy ended, with no healthy host to give it to, is no error of the application."""
    one = of_trace(9)
    flags = {
        "component": "proxy",
        "upstream_cluster": "cart",
        "response_flags": "UH",
        "http.status_code": "503",
    }
    joined(
        *shop(1),
        of_service("web", [one("GET", "b", kind="client", status="error")]),
        of_service("envoy", [one("egress", "c", parent="b", kind="client", attributes=flags)]),
    )
    (edge,) = (one for one in get(api)["edges"] if one["id"] == "service/web>service/cart")
    assert (edge["calls"], edge["errors"], edge["proxy_errors"]) == (2, 0, 1)


def test_filters_keep_calls_of_a_zone_or_a_version(api: TestClient, joined: Callable[..., None]) -> None:
    """Either end may match; the choices are all that occur, for any filter."""
    joined(*shop(1), *shop(2, zone="b", version="2"))
    assert edges(get(api, zone="b"))["service/web>service/cart"] == 1
    assert edges(get(api, version="2")) == {
        "service/web>service/cart": 1,
        "service/cart>database/postgresql/carts": 1,
        "service/cart>queue/nats/mail": 1,
    }
    found = get(api, zone="nowhere")
    assert (found["edges"], found["zones"], found["versions"]) == ([], ["a", "b"], ["1", "2"])


def test_a_neighbourhood_is_what_calls_and_is_called(api: TestClient, joined: Callable[..., None]) -> None:
    """`around` and `steps` keep the calls within so many steps up and down."""
    joined(*shop(1))
    assert set(edges(get(api, around="web"))) == {"ingress>service/web", "service/web>service/cart"}
    assert len(edges(get(api, around="web", steps=2))) == 4
    assert edges(get(api, around="nobody")) == {}


def test_a_store_has_a_neighbourhood_too(api: TestClient, joined: Callable[..., None]) -> None:
    """What sends no spans is found by its name: those who call it are around it."""
    joined(*shop(1))
    assert set(edges(get(api, around="postgresql/carts"))) == {"service/cart>database/postgresql/carts"}


def test_the_newest_calls_are_marked(
    api: TestClient, clock: ManualClock, joined: Callable[..., None]
) -> None:
    """An edge all of whose calls are of the last two minutes may still grow, and says so."""
    joined(*shop(1))
    found = get(api)
    assert (found["settled_until"], found["settling_since"]) == (
        "2026-03-01T12:00:40Z",
        "2026-03-01T11:58:40Z",
    )
    assert all(edge["is_settling"] for edge in found["edges"])
    clock.advance(timedelta(minutes=10))
    joined()
    assert not any(edge["is_settling"] for edge in get(api)["edges"])


def test_the_range_picks_the_time(api: TestClient, clock: ManualClock, joined: Callable[..., None]) -> None:
    """The map is that of the range asked for, in slices of ten seconds, also where whole blocks are read."""
    joined(*shop(1, at=T0), *shop(2, at=T0 + 15))
    clock.advance(timedelta(minutes=20))
    joined()
    whole, first = (
        edges(get(api)),
        edges(get(api, **{"from": "2026-03-01T12:00:00Z", "to": "2026-03-01T12:00:10Z"})),
    )
    assert (whole["ingress>service/web"], first["ingress>service/web"]) == (2, 1)
    assert get(api, **{"from": "2026-03-01T12:05:00Z"})["edges"] == []


@pytest.mark.parametrize("parameters", [{"steps": 0}, {"steps": 6}, {"from": "yesterday"}])
def test_what_cannot_be_asked_is_told(api: TestClient, parameters: dict[str, object]) -> None:
    """A neighbourhood out of bounds or a range nobody can read is a problem document that names the value."""
    answer = api.get("/api/v1/map", params=parameters)
    assert answer.status_code == 400
    assert str(next(iter(parameters.values()))) in answer.json()["detail"]


@pytest.fixture
def run(api: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs commands against the API."""
    with listening(api.app) as url:
        yield runner(url, monkeypatch, capsys)


def test_the_command_line_shows_the_same(run: Run, joined: Callable[..., None]) -> None:
    """`map ls`, `map nodes` and `map show` print edges, nodes and a neighbourhood as tables and as JSON."""
    joined(*shop(1))
    listed = run("map", "ls")
    assert (listed.status, listed.out.split()[:3]) == (0, ["SOURCE", "TARGET", "RATE"])
    assert len(listed.out.splitlines()) == 5
    assert "The cart" not in listed.out
    assert "postgresql/carts" in run("map", "nodes", "--zone", "a").out
    assert set(edges(json.loads(run("map", "show", "web", "-o", "json").out))) == {
        "ingress>service/web", "service/web>service/cart",
    }  # fmt: skip


def test_an_empty_listing_says_why(run: Run) -> None:
    """Where no call is on the map, words say when the first will be."""
    assert "The map has no calls in this range" in run("map", "ls").err


def test_a_service_shows_its_zones_and_versions(api: TestClient, joined: Callable[..., None]) -> None:
    """Calls are counted where they arrive, by zone and version; a silent zone stays."""
    joined(*shop(1), *shop(2, zone="b", version="2"), *shop(3, zone="b"))
    nodes = {node["id"]: node for node in get(api)["nodes"]}
    cart = nodes["service/cart"]
    zones = [(one["name"], one["calls"], one["silent_since"]) for one in cart["zones"]]
    assert zones == [("a", 1, None), ("b", 2, None), ("lost", 0, "2026-03-01T12:01:00Z")]
    assert [(one["name"], one["calls"]) for one in cart["versions"]] == [("1", 2), ("2", 1)]
    assert cart["silent_since"] is None
    assert (nodes["database/postgresql/carts"]["zones"], nodes["ingress"]["versions"]) == ([], [])


def test_a_rate_is_of_the_time_that_is_on_the_map(
    api: TestClient, clock: ManualClock, joined: Callable[..., None]
) -> None:
    """Twenty seconds that are not joined yet are no seconds without calls."""
    joined(*shop(1))
    found = get(api, **{"from": "now-1m"})
    (edge,) = (one for one in found["edges"] if one["id"] == "service/web>service/cart")
    assert edge["rate_per_second"] == pytest.approx(1 / 40)
