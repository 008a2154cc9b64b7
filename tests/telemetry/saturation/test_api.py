"""Saturation over HTTP, from points stored as the intake stores them."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from tests.telemetry.metrics.points import (
    DELTA,
    counter,
    gauge,
    histogram,
    histogram_point,
    of_service,
    point,
)
from tests.telemetry.otlp_builders import T0, span
from tests.telemetry.otlp_builders import of_service as spans_of
from tests.telemetry.saturation.conftest import StoreMetrics

from holdfast.catalog.model import Catalog, Service
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.saturation.api import router
from holdfast.telemetry.saturation.service import SaturationService
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

USED, MOST = "db.client.connection.count", "db.client.connection.max"
POOL = {"db.client.connection.pool.name": "orders"}
IN_USE = {**POOL, "db.client.connection.state": "used"}
TIMES = range(0, 600, 10)
CATALOG = Catalog(services=(Service("cart", "Cart"),))


@pytest.fixture
def api(
    warehouse: ChdbWarehouse,
    database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
) -> TestClient:
    """The API at 12:10 over an empty warehouse; the catalog knows `cart`."""
    clock.advance(timedelta(minutes=10))
    listed = TelemetryService(warehouse, database, clock, catalog=lambda: CATALOG, objectives=dict)
    client: TestClient = make_api(database, router(SaturationService(warehouse, listed)))
    return client


def ask(api: TestClient, name: str = "cart", **parameters: object) -> Any:
    """The saturation of a service, which must be answered."""
    answer = api.get(f"/api/v1/services/{name}/saturation", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def shown(found: Any) -> list[tuple[str, str, str]]:
    """Title, amount and instance of each row."""
    items = found["resources"]
    return [
        (", ".join(filter(None, (one["title"], one["part"]))), one["text"], one["instance"]) for one in items
    ]


def level(name: str, amounts: Iterable[tuple[float, float]], **attributes: Any) -> Metric:
    """A sum that goes up and down."""
    points = [point(at, amount, start=-9, **attributes) for at, amount in amounts]
    return counter(name, points, monotonic=False, unit="")


def pool(used: float, most: float) -> list[Metric]:
    """A pool that was full five minutes ago."""
    return [
        level(USED, [(300, most), (590, used)], **IN_USE),
        level(USED, [(590, 5)], **POOL, **{"db.client.connection.state": "idle"}),
        level(MOST, [(590, most)], **POOL),
    ]


def test_a_pool_is_shown_with_its_limit(api: TestClient, store_metrics: StoreMetrics) -> None:
    """The fullest instance, in units, and how full it was before."""
    store_metrics(
        of_service("cart", pool(9, 10), service_instance_id="cart-a"),
        of_service("cart", pool(1, 10), service_instance_id="cart-b"),
    )
    found = ask(api)
    (row,) = found["resources"]
    assert (row["text"], row["highest_text"]) == ("9 of 10 connections", "10 of 10 connections")
    assert (row["instance"], row["instances"], row["level"], row["ratio"]) == (
        "cart-a",
        2,
        "nearly_full",
        0.9,
    )
    assert (row["signal"], row["part"], row["metric"], row["limit_metric"]) == (
        "connection_pool",
        "orders",
        USED,
        MOST,
    )
    assert found["sentence"].startswith("Connection pool, orders is nearly full on cart-a")


@pytest.mark.parametrize("temporality", [DELTA, 2])
def test_what_only_grows_is_read_as_a_rate(
    api: TestClient, store_metrics: StoreMetrics, temporality: int
) -> None:
    """A quarter of a second each second is a quarter of a processor, in either temporality."""
    each = [2.5 if temporality == DELTA else at / 4 for at in TIMES]
    points = [
        point(at, amount, start=at - 10 if temporality == DELTA else -60)
        for at, amount in zip(TIMES, each, strict=True)
    ]
    store_metrics(
        of_service(
            "cart",
            [
                counter("process.cpu.time", points, temporality=temporality, unit="s"),
                level("go.processor.limit", [(590, 2)]),
            ],
            service_instance_id="one",
        )
    )
    assert shown(ask(api)) == [("CPU", "0.25 of 2 CPUs", "one")]


def test_a_restart_is_no_negative_rate(api: TestClient, store_metrics: StoreMetrics) -> None:
    """A count that begins again counts from nothing."""
    points = [point(at, at / 4 if at < 450 else (at - 450) / 4, start=None) for at in TIMES]
    store_metrics(of_service("cart", [counter("process.cpu.time", points, unit="s")]))
    ((_, text, _),) = shown(ask(api))
    assert text in ("0.24 CPUs", "0.25 CPUs")


def test_collections_are_a_share_of_time(api: TestClient, store_metrics: StoreMetrics) -> None:
    """The sum of a histogram, per second."""
    points = [histogram_point(at, [at], [], total=at * 0.012, start=-60) for at in TIMES]
    store_metrics(of_service("cart", [histogram("jvm.gc.duration", points)], service_instance_id="one"))
    assert shown(ask(api)) == [("Garbage collection", "12 ms of each 1 s", "one")]


def test_old_and_ended_values_are_not_shown(api: TestClient, store_metrics: StoreMetrics) -> None:
    """A value is valid for five minutes, or until its sender says that there is none."""
    old = level("http.server.active_requests", [(200, 7)])
    ended = gauge("nodejs.eventloop.delay.p99", [point(500, 0.1), point(590, 0.0, stale=True)], unit="s")
    store_metrics(of_service("cart", [old, ended]))
    assert ask(api) == {"name": "cart", "resources": [], "sentence": ""}
    assert shown(ask(api, to="2026-03-01T12:08:20Z"))[0] == ("Requests in flight", "7 requests", "")


def test_a_service_nobody_knows_is_not_found(api: TestClient, store_metrics: StoreMetrics) -> None:
    """One of the catalog has no resources yet; one that only sends metrics has some; of others it is said."""
    store_metrics(of_service("batch", pool(9, 10)))
    assert ask(api)["resources"] == []
    assert ask(api, "batch")["resources"] != []
    answer = api.get("/api/v1/services/nobody/saturation")
    assert (answer.status_code, answer.json()["value"]) == (404, "nobody")


def test_agents_know_limits_of_pods_and_hosts(api: TestClient, store_metrics: StoreMetrics) -> None:
    """What the cluster and the host send is joined by their names; that of other pods is not."""
    process = [gauge("process.memory.usage", [point(590, 200 * 2**20)])]
    cluster = [
        gauge(
            "kube_pod_container_resource_limits",
            [point(590, size * 2**20, pod=pod, resource="memory", container="app")],
        )
        for pod, size in (("cart-1", 256), ("other", 1))
    ]
    times = [counter("process.cpu.time", [point(at, at / 2, start=-60) for at in TIMES], unit="s")]
    store_metrics(
        of_service("cart", process, k8s_pod_name="cart-1"),
        of_service("kube-state-metrics", cluster),
        of_service("batch", times, host_name="web-1", service_instance_id="batch-a"),
        of_service("host-agent", [level("system.cpu.logical.count", [(590, 4)])], host_name="web-1"),
    )
    assert shown(ask(api)) == [("Memory", "200 of 256 MiB", "cart-1")]
    assert shown(ask(api, "batch")) == [("CPU", "0.5 of 4 CPUs", "batch-a")]


def test_pods_of_a_service_without_metrics_are_those_of_its_spans(
    api: TestClient, store_metrics: StoreMetrics, store_spans: Callable[..., None]
) -> None:
    """cAdvisor measures what sends nothing but spans."""
    store_spans(spans_of("cart", [span(at=T0 + 590)], k8s_pod_name="cart-1"))
    names: dict[str, Any] = {"pod": "cart-1", "container": "app"}
    used = gauge("container_memory_working_set_bytes", [point(590, 50 * 2**20, **names)])
    limit = gauge("container_spec_memory_limit_bytes", [point(590, 100 * 2**20, **names)])
    store_metrics(of_service("kubelet", [used, limit]))
    assert shown(ask(api)) == [("Memory, app", "50 of 100 MiB", "cart-1")]


def test_services_of_one_name_are_not_mixed(
    api: TestClient, store_metrics: StoreMetrics, store_spans: Callable[..., None]
) -> None:
    """A name in two environments must be asked for with one of them."""
    for environment, used in (("production", 9), ("staging", 1)):
        store_metrics(of_service("cart", pool(used, 10), deployment_environment_name=environment))
        store_spans(spans_of("cart", [span(at=T0 + 590)], environment=environment))
    assert api.get("/api/v1/services/cart/saturation").status_code == 400
    assert shown(ask(api, environment="staging"))[0][1] == "1 of 10 connections"


@pytest.mark.parametrize("parameters", [{"by": "zone"}, {"region": "a"}, {"from": "x"}])
def test_what_is_not_known_is_refused(api: TestClient, parameters: dict[str, str]) -> None:
    """A parameter or a moment that there is not."""
    assert api.get("/api/v1/services/cart/saturation", params=parameters).status_code == 400
