"""What tests of saturation share: one warehouse for each file, points stored as by the intake."""

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

StoreMetrics = Callable[..., None]
_tokens = itertools.count(1)


@pytest.fixture
def warehouse(emptied_warehouse: ChdbWarehouse) -> ChdbWarehouse:
    """The file's warehouse, emptied."""
    return emptied_warehouse


@pytest.fixture
def store_metrics(warehouse: Warehouse, tmp_path: Path) -> StoreMetrics:
    """Store the metrics of some resources as one segment."""

    def store(*resources: ResourceMetrics) -> None:
        path = segment(tmp_path, request(*resources))
        warehouse.insert_segment(Signal.METRICS, path, f"saturation-{next(_tokens)}")
        path.unlink()

    return store
