"""A whole server at noon that is sent the telemetry of others, in OTLP/JSON as they send it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.foreign.sent import batch_of
from tests.commands import Run, in_zone, listening, runner
from tests.telemetry.otlp_builders import segment

from holdfast.app import compose
from holdfast.app.engines import Engines
from holdfast.catalog.reading import SourceFile
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.settings import load
from holdfast.telemetry.counting.store import WarehouseCounts
from holdfast.telemetry.intake.otlp.rules import REQUESTS
from holdfast.telemetry.model import Signal
from holdfast.telemetry.traces.by_sli import WarehouseSpans
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout


@dataclass
class Server:
    """A server's parts, a client on its machine, and a way to send to it."""

    made: compose.Services
    client: TestClient
    clock: ManualClock
    warehouse: ChdbWarehouse
    directory: Path

    def send(self, name: str, signal: Signal = Signal.TRACES) -> None:
        """Take a file of `tests/data/otlp` as the intake does, all of it, and put it where it belongs."""
        batch = batch_of(name, signal, self.clock.now())
        assert (batch.rejections, batch.accepted > 0) == ((), True)
        path = segment(self.directory, REQUESTS[signal].FromString(batch.record))
        self.warehouse.insert_segment(signal, path, name)
        self.clock.advance(timedelta(minutes=1))
        self.made.joiner.turn()

    def promise(self, service: str, name: str = "answers") -> None:
        """Promise that 99% of what a service handles goes well."""
        text = OBJECTIVE.format(name=name, service=service, catalogued=service.partition(".")[0])
        source = SourceFile(f"{name}.yaml", text)
        applied = self.made.catalog.apply([source], actor="test")
        assert not applied.proposal.problems, applied.proposal.problems
        self.made.selectors.step()

    def get(self, path: str, **parameters: object) -> Any:
        """The answer to a GET that must succeed; `start` stands for `from`."""
        named = {{"start": "from", "end": "to"}.get(name, name): value for name, value in parameters.items()}
        answer = self.client.get(f"/api/v1{path}", params=named)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def services(self) -> dict[str, tuple[int, int]]:
        """Requests and errors in the last hour, by service."""
        return {one["name"]: (one["requests"], one["errors"]) for one in self.get("/services")["items"]}

    def edges(self) -> dict[str, tuple[int, int, int, int]]:
        """Calls, errors, errors made by the mesh and retries, by edge of the map."""
        return {
            edge["id"]: (edge["calls"], edge["errors"], edge["proxy_errors"], edge["retries"])
            for edge in self.get("/map")["edges"]
        }

    def blamed(self, name: str = "answers") -> dict[str, int]:
        """Bad events of an objective by the service in which they began."""
        shares = self.get(f"/objectives/{name}/contributors")["items"]
        return {one["service"]: one["bad"] for one in shares}

    def shown(self, trace_id: str) -> list[tuple[str, str, bool]]:
        """Service, kind and whether it failed, of the spans of a trace that are no mere hops of a mesh."""
        spans = self.get(f"/traces/{trace_id}")["spans"]
        return [(one["service"], one["kind"], one["is_error"]) for one in spans if not one["is_proxy"]]


OBJECTIVE = """\
apiVersion: openslo/v1
kind: Service
metadata: {{name: {catalogued}, labels: {{team: shop}}}}
spec: {{description: Told by others.}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}}}
spec:
  description: It answers.
  service: {catalogued}
  indicator:
    metadata: {{name: {name}}}
    spec:
      ratioMetric:
        counter: true
        good: {{metricSource: {{type: traces, spec: {{service: "{service}", kind: server, status: ok}}}}}}
        total: {{metricSource: {{type: traces, spec: {{service: "{service}", kind: server}}}}}}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{target: 0.99}}]
"""


@pytest.fixture
def warehouse(emptied_warehouse: ChdbWarehouse) -> ChdbWarehouse:
    """The file's warehouse, emptied."""
    return emptied_warehouse


@pytest.fixture
def server(
    tmp_path: Path,
    layout: Layout,
    warehouse: ChdbWarehouse,
    sqlite_database: Database,
    clock: ManualClock,
    make_api: Callable[..., TestClient],
) -> Server:
    """A server with every service over real engines; its intake has no threads, so the test is its sender."""
    settings = load(data=tmp_path / "data", port=0, otlp_grpc_port=0, otlp_http_port=0)
    (settings.data / "spool").mkdir(parents=True)
    engines = Engines(
        database=sqlite_database,
        warehouse=warehouse,
        layout=layout,
        counts=lambda watermark: WarehouseCounts(warehouse, watermark),
        spans=WarehouseSpans(warehouse),
        is_embedded=True,
        prepared=threading.Event(),
    )
    made = compose.services(settings, clock, engines)
    client = make_api(sqlite_database, *compose.api_routers(made, settings, clock))
    return Server(made, client, clock, warehouse, tmp_path)


@pytest.fixture
def run(server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run commands against the server, in UTC."""
    with listening(server.client.app) as url, in_zone("UTC"):
        yield runner(url, monkeypatch, capsys)
