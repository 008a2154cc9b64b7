"""What tests of telemetry share: storing spans as the intake would, under tokens of their own."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
from tests.telemetry.otlp_builders import segment, traces

from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.protocol import Warehouse

Store = Callable[..., None]
_tokens = itertools.count(1)


@pytest.fixture
def store_spans(warehouse: Warehouse, tmp_path: Path) -> Store:
    """Store spans as one segment: `store_spans(of_service("cart", [span()]), …)`."""

    def store(*resources: ResourceSpans) -> None:
        path = segment(tmp_path, traces(*resources))
        warehouse.insert_segment(Signal.TRACES, path, f"segment-{next(_tokens)}")
        path.unlink()

    return store
