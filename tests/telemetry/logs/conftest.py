"""What tests of logs share: storing lines as the intake would, and the API over them."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs
from tests.telemetry.logs.log_builders import logs
from tests.telemetry.otlp_builders import segment

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.logs.api import router
from holdfast.telemetry.logs.service import LogsService
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

StoreLogs = Callable[..., None]
_tokens = itertools.count(1)


@pytest.fixture
def warehouse(emptied_warehouse: ChdbWarehouse) -> ChdbWarehouse:
    """The file's warehouse, emptied."""
    return emptied_warehouse


@pytest.fixture
def store_logs(warehouse: ChdbWarehouse, tmp_path: Path) -> StoreLogs:
    """Store lines as one segment: `store_logs(written_by("cart", [line()]), …)`."""

    def store(*resources: ResourceLogs) -> None:
        path = segment(tmp_path, logs(*resources))
        warehouse.insert_segment(Signal.LOGS, path, f"logs-{next(_tokens)}")
        path.unlink()

    return store


@pytest.fixture
def service(warehouse: ChdbWarehouse, clock: ManualClock) -> LogsService:
    """Logs at 13:00 over an empty warehouse."""
    clock.advance(timedelta(hours=1))
    return LogsService(warehouse, clock)


@pytest.fixture
def api(service: LogsService, sqlite_database: Database, make_api: Callable[..., TestClient]) -> TestClient:
    """The API over them."""
    return make_api(sqlite_database, router(service))
