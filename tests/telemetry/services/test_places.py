"""Services of one name in several environments, namespaces and regions, against plain Python."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.otlp_builders import T0, of_service, span

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime import journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import PlaceFilter, ServiceId
from holdfast.telemetry.services.api import router
from holdfast.telemetry.services.service import ObjectiveState, TelemetryService
from holdfast.telemetry.services.store import RedStore
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]
Place = tuple[str, str, str, str]
"""Name, namespace, environment and region."""

PLACES = list(product(("api", "cart"), ("", "billing", "orders"), ("", "prod", "stage"), ("eu", "us")))


@pytest.fixture
def api(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
) -> TestClient:
    """The API at 13:00; the catalog knows `api`, and `fraud`, which sends nothing."""
    clock.advance(timedelta(hours=1))
    catalog = Catalog(services=(Service("api", "API"), Service("fraud", "Fraud")))
    service = TelemetryService(
        warehouse, sqlite_database, clock, catalog=lambda: catalog, objectives=lambda: {}
    )
    return make_api(sqlite_database, router(service))


def test_a_row_has_the_objectives_that_count_its_spans(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
    store_spans: Store,
) -> None:
    """One of production is not staging's; of a service that sends nothing all are shown."""
    clock.advance(timedelta(hours=1))
    everywhere = ObjectiveState("all", "All", "ok")
    live = ObjectiveState("live", "Live", "burning", PlaceFilter("prod"))
    catalog = Catalog(services=(Service("cart", "Cart"), Service("fraud", "Fraud")))
    service = TelemetryService(
        warehouse,
        sqlite_database,
        clock,
        catalog=lambda: catalog,
        objectives=lambda: {"cart": (live, everywhere), "fraud": (live,)},
    )
    api = make_api(sqlite_database, router(service))
    store_spans(*(of_service("cart", [span()], environment=of) for of in ("Prod", "stage")))
    rows = {
        (one["name"], one["environment"]): (one["objectives"], one["worst_state"])
        for one in api.get("/api/v1/services").json()["items"]
    }
    assert rows == {
        ("cart", "prod"): (2, "burning"),
        ("cart", "stage"): (1, "ok"),
        ("fraud", ""): (1, "burning"),
    }
    detail = api.get("/api/v1/services/cart", params={"environment": "prod"}).json()
    states = [(one["name"], one["environment"], one["namespace"]) for one in detail["objectives_list"]]
    assert states == [("live", "prod", None), ("all", None, None)]


def test_charts_have_the_changes_of_where_a_service_runs(
    api: TestClient, sqlite_database: Database, clock: ManualClock, store_spans: Store
) -> None:
    """A change without an environment marks all, one with an environment only those charts."""
    store_spans(*(of_service("api", [span()], environment=of) for of in ("prod", "stage")))
    with sqlite_database.write() as tx:
        for word, data in (("every", {}), ("there", {"environment": "stage", "namespace": ""})):
            at = clock.now() - timedelta(minutes=1)
            journal.append(tx, journal.Entry(at, "change.deploy", "ci", "service/api", word, data=data))

    def marked(environment: str) -> list[str]:
        path = "/api/v1/services/api/series"
        return [one["label"] for one in api.get(path, params={"environment": environment}).json()["marks"]]

    assert marked("prod") == ["api: every"]
    assert sorted(marked("stage")) == ["api: every", "api: there"]


def test_senders_are_the_services_of_these_names(warehouse: ChdbWarehouse, store_spans: Store) -> None:
    """Each environment and namespace that sent in the range is one, and no other name is found."""
    store_spans(
        of_service("api", [span()], environment="Prod", namespace="shop"),
        of_service("api", [span(), span(at=T0 + 60)]),
        of_service("cart", [span()]),
    )
    at = datetime.fromtimestamp(T0, UTC)
    within = TimeRange(at, at + timedelta(minutes=1))
    found = RedStore(warehouse).senders({"api", "gone"}, within)
    assert sorted(found) == [ServiceId("api"), ServiceId("api", "shop", "prod")]
    assert RedStore(warehouse).senders({"api"}, TimeRange(at - timedelta(days=1), at)) == []


@pytest.fixture
def sent(store_spans: Store) -> dict[Place, tuple[int, int]]:
    """Stored spans: requests and errors by place, some places sending none."""
    random = Random(7)
    counts = {place: (random.randrange(6), random.randrange(3)) for place in PLACES}
    resources = [
        of_service(
            name,
            [span(at=T0 + n, status="error" if n < errors else "ok") for n in range(good + errors)],
            **{
                key: value
                for key, value in zip(("namespace", "environment", "region"), where, strict=True)
                if value
            },
        )
        for (name, *where), (good, errors) in counts.items()
    ]
    store_spans(*resources)
    return {place: (good + errors, errors) for place, (good, errors) in counts.items() if good + errors}


def listed(api: TestClient, **parameters: Any) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Requests and errors by name, namespace and environment, read in pages of three."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    cursor: dict[str, str] = {}
    while True:
        answer = api.get("/api/v1/services", params={**parameters, "limit": 3, **cursor}).json()
        for one in answer["items"]:
            identity = (one["name"], one["namespace"], one["environment"])
            assert identity not in found
            found[identity] = (one["requests"], one["errors"])
        if answer["next"] is None:
            return found
        cursor = {"cursor": answer["next"]}


def summed(sent: dict[Place, tuple[int, int]], **limits: str) -> dict[tuple[str, str, str], tuple[int, int]]:
    """The same by plain Python."""
    requests: Counter[tuple[str, str, str]] = Counter()
    errors: Counter[tuple[str, str, str]] = Counter()
    for (name, namespace, environment, region), (of_all, failed) in sent.items():
        where = {"namespace": namespace, "environment": environment, "region": region}
        if all(where[key] == ("" if value == "default" else value) for key, value in limits.items()):
            requests[name, namespace, environment] += of_all
            errors[name, namespace, environment] += failed
    return {one: (requests[one], errors[one]) for one in requests}


FRAUD = ("fraud", "", "")


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"environment": "prod"},
        {"environment": "default"},
        {"namespace": "billing"},
        {"namespace": "default", "region": "us"},
        {"environment": "stage", "namespace": "orders", "region": "eu"},
    ],
)
def test_each_service_has_its_own_figures(
    api: TestClient, sent: dict[Place, tuple[int, int]], limits: dict[str, str]
) -> None:
    """A list holds each name once per environment and namespace, with the figures of that one alone."""
    found = {one: counts for one, counts in listed(api, **limits).items() if one[0] != "fraud"}
    assert found == summed(sent, **limits)


@pytest.mark.parametrize("limits", [{}, {"environment": "prod"}])
def test_a_service_of_the_catalog_that_sends_nothing_is_listed_once(
    api: TestClient, sent: dict[Place, tuple[int, int]], limits: dict[str, str]
) -> None:
    """The silent one is listed in any environment; one that sends from another environment is not silent."""
    zeros = [one for one, counts in listed(api, **limits).items() if counts == (0, 0)]
    assert zeros == [("fraud", "", limits.get("environment", ""))]


def test_a_name_of_several_services_needs_its_place(
    api: TestClient, sent: dict[Place, tuple[int, int]]
) -> None:
    """Nothing is ever averaged over environments: the refusal names the services, and a place picks one."""
    refused = api.get("/api/v1/services/api")
    assert refused.status_code == 400
    assert "services are called 'api': default/api (default)" in refused.json()["detail"]
    which = {"environment": "prod", "namespace": "billing"}
    expected = summed(sent, **which)["api", "billing", "prod"]
    one = api.get("/api/v1/services/api", params=which).json()
    assert (one["requests"], one["errors"], one["label"]) == (*expected, "billing/api (prod)")
    (operation,) = one["operations"]
    assert (operation["requests"], operation["errors"]) == expected
    series = api.get("/api/v1/services/api/series", params=which).json()
    assert (sum(series["requests"]), sum(series["errors"])) == expected
    assert api.get("/api/v1/services/api/series").status_code == 400


def test_a_unique_name_needs_no_place(api: TestClient, store_spans: Store) -> None:
    """One service of a name is found by it alone, and its label is the name, wherever it runs."""
    store_spans(of_service("pay", [span()], environment="Prod", namespace="billing", region="eu"))
    one = api.get("/api/v1/services/pay").json()
    assert (one["label"], one["environment"], one["namespace"], one["regions"]) == (
        "pay",
        "prod",
        "billing",
        ["eu"],
    )
    assert api.get("/api/v1/services/pay", params={"environment": "stage"}).status_code == 404


def test_an_environment_is_read_under_both_of_its_keys_without_case(
    api: TestClient, store_spans: Store
) -> None:
    """The old key, capitals and outer spaces make no second service; half of the spans without one do."""
    store_spans(
        of_service("pay", [span()], environment="prod"),
        of_service("pay", [span()], deployment_environment=" PROD "),
        of_service("pay", [span()]),
    )
    assert {one: counts for one, counts in listed(api).items() if one[0] == "pay"} == {
        ("pay", "", "prod"): (2, 0),
        ("pay", "", ""): (1, 0),
    }


def test_ten_thousand_environments_are_capped(
    api: TestClient, warehouse: ChdbWarehouse, store_spans: Store
) -> None:
    """A sender with an id in its environment fills the list to the cap, and no request is lost."""
    store_spans(*(of_service("pay", [span()], environment=f"preview-{n}") for n in range(10_000)))
    found = warehouse.query("SELECT uniq(Environment), sum(Requests) FROM holdfast_red_services")
    assert found == [(201, 10_000)]
    items = api.get("/api/v1/services", params={"q": "pay", "limit": 1_000}).json()["items"]
    assert (len(items), sum(one["requests"] for one in items)) == (201, 10_000)
    assert api.get("/api/v1/services/pay").json()["detail"].startswith("201 services are called 'pay'")
