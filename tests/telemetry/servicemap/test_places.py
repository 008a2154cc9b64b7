"""The map of services whose names repeat in several environments and namespaces, against plain Python."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.otlp_builders import T0, of_service, span

from holdfast.catalog.model import Catalog
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.servicemap.api import router
from holdfast.telemetry.servicemap.joiner import Joiner
from holdfast.telemetry.servicemap.service import MapService
from holdfast.telemetry.services.service import ObjectiveState
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

Store = Callable[..., None]
ENVIRONMENTS, NAMESPACES, REGIONS = ("", "prod", "stage"), ("", "billing"), ("", "eu")


def _place(environment: str, namespace: str, region: str) -> dict[str, str]:
    every = {"environment": environment, "namespace": namespace, "region": region}
    return {key: value for key, value in every.items() if value}


@pytest.fixture
def api(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    store_spans: Store,
    make_api: Callable[..., TestClient],
) -> TestClient:
    """The map of `web` calling `api` and a database, a different number of times in each place."""
    resources = []
    for number, (environment, namespace, region) in enumerate(product(ENVIRONMENTS, NAMESPACES, REGIONS), 1):
        where = _place(environment, namespace, region)
        calls = range(number)
        ids = [bytes([number, call]) for call in calls]
        resources += [
            of_service(
                "web",
                [
                    one
                    for own in ids
                    for one in (
                        span("GET", kind="client", trace_id=own * 8, span_id=own * 4, at=T0,
                             attributes={"server.address": "api"}),
                        span("SELECT", kind="client", trace_id=own * 8, span_id=own[::-1] * 4, at=T0,
                             attributes={"db.system.name": "postgresql", "db.namespace": "orders"}),
                        span("GET", kind="client", trace_id=own * 8, at=T0,
                             attributes={"server.address": "api"}),
                    )
                ],
                **where,
            ),
            of_service(
                "api",
                [span("GET", trace_id=own * 8, parent=own * 4, at=T0) for own in ids],
                **where,
            ),
        ]  # fmt: skip
    store_spans(*resources)
    clock.advance(timedelta(minutes=3))
    joiner = Joiner(warehouse, clock, complete_until=lambda: clock.now() - timedelta(seconds=20))
    joiner.turn()
    service = MapService(
        warehouse,
        clock,
        catalog=Catalog,
        objectives=lambda: {"api": (ObjectiveState("prod", "", "ok", PlaceFilter("prod")),)},
        settled_until=lambda: joiner.settled_until,
    )
    return make_api(sqlite_database, router(service))


def _calls(api: TestClient, **parameters: Any) -> dict[tuple[str, str, str, str, str, str], int]:
    answer = api.get("/api/v1/map", params=parameters)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    ends = {one["id"]: (one["name"], one["namespace"], one["environment"]) for one in found["nodes"]}
    assert len(set(ends.values())) == len(ends) == len({one["label"] for one in found["nodes"]})
    return {(*ends[edge["source"]], *ends[edge["target"]]): edge["calls"] for edge in found["edges"]}


def _expected(**limits: str) -> dict[tuple[str, str, str, str, str, str], int]:
    """Each call by its ends; a call without a span of `api` is one of the `api` beside its caller."""
    sums: Counter[tuple[str, str, str, str, str, str]] = Counter()
    for number, place in enumerate(product(ENVIRONMENTS, NAMESPACES, REGIONS), 1):
        where = dict(zip(("environment", "namespace", "region"), place, strict=True))
        if any(where[key] != ("" if value == "default" else value) for key, value in limits.items()):
            continue
        environment, namespace, _ = place
        web, called = ("web", namespace, environment), ("api", namespace, environment)
        sums[*web, *called] += 2 * number
        sums[*web, "postgresql/orders", "", environment] += number
    return dict(sums)


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"environment": "prod"},
        {"environment": "default"},
        {"namespace": "billing"},
        {"namespace": "default"},
        {"region": "eu", "environment": "stage"},
    ],
)
def test_calls_stay_in_their_environment(api: TestClient, limits: dict[str, str]) -> None:
    """Each pair of services has its own edge with its own calls, and what sends no spans is its caller's."""
    assert _calls(api, **limits) == _expected(**limits)


def test_a_neighbourhood_is_that_of_the_named_service(api: TestClient) -> None:
    """Around `api` in one environment there is only who calls it there."""
    found = _calls(api, around="api", environment="prod", namespace="billing")
    assert set(found) == {("web", "billing", "prod", "api", "billing", "prod")}


def test_a_node_has_the_objectives_of_its_environment(api: TestClient) -> None:
    """An objective on production is none of staging's service of that name."""
    nodes = api.get("/api/v1/map").json()["nodes"]
    having = {(one["name"], one["environment"]) for one in nodes if one["objectives"]}
    assert having == {("api", "prod")}


def test_the_places_of_a_map_are_listed(api: TestClient) -> None:
    """What the map can be limited to is in the answer."""
    found = api.get("/api/v1/map").json()
    assert (found["environments"], found["namespaces"], found["regions"]) == (
        ["prod", "stage"],
        ["billing"],
        ["eu"],
    )
    ids = {one["id"] for one in found["nodes"]}
    assert {"service/api", "service/api?environment=prod&namespace=billing"} <= ids
