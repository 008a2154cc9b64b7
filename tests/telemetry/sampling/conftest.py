"""What tests of sampling share: one warehouse for each file, and metrics stored as the intake stores them."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import ResourceMetrics
from tests.telemetry.metrics.points import request
from tests.telemetry.otlp_builders import segment

from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.protocol import Warehouse

_tokens = itertools.count(1)


@pytest.fixture
def warehouse(emptied_warehouse: ChdbWarehouse) -> ChdbWarehouse:
    """The file's warehouse, emptied."""
    return emptied_warehouse


@pytest.fixture
def store_metrics(warehouse: Warehouse, tmp_path: Path) -> Callable[..., None]:
    """Store the metrics of services as one segment."""

    def store(*resources: ResourceMetrics) -> None:
        path = segment(tmp_path, request(*resources))
        warehouse.insert_segment(Signal.METRICS, path, f"metrics-{next(_tokens)}")
        path.unlink()

    return store
