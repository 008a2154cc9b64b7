"""`holdfast service show`: how full a service's resources are, and where its failures are."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from tests.commands import Run, listening, runner
from tests.telemetry.metrics.points import gauge, of_service, point
from tests.telemetry.otlp_builders import T0, span
from tests.telemetry.otlp_builders import of_service as spans_of
from tests.telemetry.saturation.conftest import StoreMetrics

from holdfast.catalog.model import Catalog
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.metrics.service import MetricsService
from holdfast.telemetry.sampling.api import router as sampling_router
from holdfast.telemetry.sampling.service import SamplingService
from holdfast.telemetry.saturation.api import router
from holdfast.telemetry.saturation.service import SaturationService
from holdfast.telemetry.services.api import router as services_router
from holdfast.telemetry.services.service import TelemetryService
from holdfast.telemetry.spread.api import router as spread_router
from holdfast.telemetry.spread.service import SpreadService
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse


@pytest.fixture
def run(
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Commands against the API at 12:10."""
    clock.advance(timedelta(minutes=10))
    listed = TelemetryService(warehouse, sqlite_database, clock, catalog=Catalog, objectives=dict)
    measured = MetricsService(warehouse, clock)
    api = make_api(
        sqlite_database,
        services_router(listed),
        router(SaturationService(warehouse, listed)),
        spread_router(SpreadService(warehouse, listed)),
        sampling_router(SamplingService(warehouse, measured, clock)),
    )
    with listening(api.app) as url:
        yield runner(url, monkeypatch, capsys)


def test_one_service_is_shown_with_its_resources_and_failures(
    run: Run, store_metrics: StoreMetrics, store_spans: Callable[..., None]
) -> None:
    """A sentence on the failures, and a row for each resource; the documents have both in full."""
    for zone, failed in (("a", 0), ("b", 50)):
        statuses = ["error"] * failed + ["unset"] * (100 - failed)
        store_spans(spans_of("cart", [span(at=T0 + 590, status=one) for one in statuses], zone=zone))
    sizes = {"go.memory.used": 276, "go.memory.limit": 512}
    metrics = [gauge(name, [point(590, size * 2**20)]) for name, size in sizes.items()]
    store_metrics(of_service("cart", metrics, service_instance_id="cart-a"))
    shown = " ".join(run("service", "show", "cart").out.split())
    assert "Only b fails: 50 of 100 requests, none of 100 elsewhere." in shown
    assert "Go memory – 276 of 512 MiB 54% cart-a" in shown
    document = json.loads(run("service", "show", "cart", "-o", "json").out)
    assert document["saturation"]["resources"][0]["text"] == "276 of 512 MiB"
    assert document["spread"]["judgements"][0]["values"] == ["b"]
