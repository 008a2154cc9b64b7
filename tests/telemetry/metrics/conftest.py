"""What tests of metrics share: points stored as the intake stores them, and plots of them at 12:10."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, ResourceMetrics
from tests.telemetry.metrics.points import of_service, request
from tests.telemetry.otlp_builders import T0, segment

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.metrics.service import Ask, MetricsService, Plot
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.protocol import Warehouse

StoreMetrics = Callable[..., None]
PlotMetric = Callable[..., Plot]
_tokens = itertools.count(1)


@pytest.fixture
def warehouse(emptied_warehouse: ChdbWarehouse) -> ChdbWarehouse:
    """The file's warehouse, emptied."""
    return emptied_warehouse


@pytest.fixture
def store_metrics(warehouse: Warehouse, tmp_path: Path) -> StoreMetrics:
    """Store metrics as one segment: `store_metrics(gauge(…), …)` of `cart`, or resources."""

    def store(*given: Metric | ResourceMetrics) -> None:
        made = [one if isinstance(one, ResourceMetrics) else of_service("cart", [one]) for one in given]
        path = segment(tmp_path, request(*made))
        warehouse.insert_segment(Signal.METRICS, path, f"metrics-{next(_tokens)}")
        path.unlink()

    return store


@pytest.fixture
def metrics(warehouse: Warehouse, clock: ManualClock) -> MetricsService:
    """The service over the warehouse."""
    return MetricsService(warehouse, clock)


@pytest.fixture
def plot(warehouse: Warehouse, clock: ManualClock) -> PlotMetric:
    """Plot a metric at 12:10 in steps of a minute over ten minutes: `plot("calls", function="rate")`."""
    metrics = MetricsService(warehouse, clock, lambda: datetime.fromtimestamp(T0 + 600, UTC))

    def made(name: str, *, start: float = 0, end: float = 600, step: int = 60, **ask: Any) -> Plot:
        return metrics.plot(name, between(start, end), Ask(step_seconds=step, **ask))

    return made


def between(start: float, end: float) -> TimeRange:
    """The range between two instants, in seconds after T0."""
    return TimeRange(datetime.fromtimestamp(T0 + start, UTC), datetime.fromtimestamp(T0 + end, UTC))
