"""Traces over HTTP, from spans stored as the intake stores them."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.telemetry.otlp_builders import T0, of_service, span

from holdfast.runtime.database import Database
from holdfast.telemetry.traces.api import router
from holdfast.telemetry.traces.service import TracesService
from holdfast.telemetry.warehouse_chdb import ChdbWarehouse

Store = Callable[..., None]
TRACE = bytes(range(16))


@pytest.fixture
def api(
    warehouse: ChdbWarehouse, sqlite_database: Database, make_api: Callable[..., TestClient]
) -> TestClient:
    """The API over an empty warehouse."""
    return make_api(sqlite_database, router(TracesService(warehouse)))


def get(api: TestClient, path: str, **parameters: object) -> Any:
    """The answer to a GET that must succeed."""
    answer = api.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_trace_is_shown_in_order_of_start(api: TestClient, store_spans: Store) -> None:
    """The spans of a trace over several services stand in order, with offsets from its start."""
    root = span("checkout", trace_id=TRACE, span_id=b"r" * 8, milliseconds=80, at=T0)
    child = span(
        "pay", trace_id=TRACE, parent=b"r" * 8, at=T0 + 0.01, milliseconds=50, status="error", message="no"
    )
    store_spans(of_service("pay", [child], zone="b", version="7"), of_service("cart", [root]))
    for written in (TRACE.hex(), TRACE.hex().upper()):
        found = get(api, f"/traces/{written}")
        assert (found["trace_id"], found["started_at"]) == (TRACE.hex(), "2026-03-01T12:00:00Z")
        assert found["duration_seconds"] == pytest.approx(0.08)
        first, second = found["spans"]
        assert (first["service"], first["parent_span_id"], first["kind"]) == ("cart", None, "server")
        assert second["offset_seconds"] == pytest.approx(0.01)
        assert (second["zone"], second["version"], second["status"], second["message"]) == (
            "b",
            "7",
            "error",
            "no",
        )


@pytest.mark.parametrize("trace_id", ["00" * 16, "x", "it's", "%00", "a" * 3000])
def test_an_unknown_trace_is_not_found(api: TestClient, trace_id: str) -> None:
    """Whatever is asked for as a trace is found or not found, never an error of the server."""
    answer = api.get(f"/api/v1/traces/{trace_id}")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not found")
