"""A whole Holdfast without engines, on a clock moved by hand: traffic in, agenda running, API out."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient
from tests.objectives.cases import a_catalog, an_objective
from tests.objectives.test_blame import a_call, a_payment, a_span

from holdfast.catalog.model import Catalog
from holdfast.incidents import api as incidents_api
from holdfast.incidents.findings import Findings
from holdfast.incidents.service import IncidentsService
from holdfast.objectives import api as objectives_api
from holdfast.objectives.board import Board
from holdfast.objectives.counts import MemoryCounts
from holdfast.objectives.evidence import Evidence
from holdfast.objectives.service import ObjectivesService
from holdfast.objectives.spans import MemorySpans
from holdfast.objectives.windows import epoch
from holdfast.runtime import journal
from holdfast.runtime.agenda import Agenda
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database

TICK = timedelta(seconds=10)
PER_TICK = 50


@dataclass
class Stage:
    """A shop's checkout, whose payment the test can break, and everything that watches it."""

    database: Database
    clock: ManualClock
    make_api: Callable[..., TestClient]
    catalog: Catalog = field(default_factory=lambda: a_catalog(an_objective()))
    bad: int = 0
    is_silent: bool = False

    def __post_init__(self) -> None:
        """Start with an hour of healthy traffic."""
        self.counts, self.spans = MemoryCounts(), MemorySpans()
        start = self.clock.now() - timedelta(hours=1)
        for n in range(360):
            self.counts.record(1, start + n * TICK, good=PER_TICK, service="checkout")
        self.told = 0
        self.start()

    def start(self) -> None:
        """Start the process anew on the same state, as after a crash."""
        evidence = Evidence(self.counts, self.spans)
        board, catalog = Board(self.counts), lambda: self.catalog
        self.objectives = ObjectivesService(self.database, self.clock, board, evidence, catalog=catalog)
        self.incidents = IncidentsService(self.database, self.clock, Findings(self.objectives))
        self.objectives.on_transition(self.incidents.on_alert)
        with self.database.write() as tx:
            self.objectives.ensure_tasks(tx)
        handlers = {**self.objectives.handlers, **self.incidents.handlers}
        self.agenda = Agenda(self.database, self.clock, handlers)
        routers = objectives_api.router(self.objectives), incidents_api.router(self.incidents)
        self.api = self.make_api(self.database, *routers)

    def run(self, duration: timedelta) -> None:
        """Let time pass: traffic every 10 s, and the agenda runs what is due."""
        for _ in range(duration // TICK):
            if not self.is_silent:
                self._shop()
            self.clock.advance(TICK)
            self.counts.watermark_at = self.clock.now()
            self.agenda.run_due()

    def get(self, path: str, **params: Any) -> Any:
        """Return what the API answers."""
        answer = self.api.get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, str] | None = None, *, key: str = "1") -> Any:
        """Carry out a write over the API."""
        headers = {"Idempotency-Key": f"{path}-{key}"}
        answer = self.api.post(f"/api/v1{path}", json=body or {}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def happened(self) -> list[str]:
        """Return the kinds of what was journalled since the last call, oldest first."""
        with self.database.read() as tx:
            entries = journal.entries(tx, limit=1000)
        new = sorted(entry.id for entry in entries if entry.id > self.told)
        by_id = {entry.id: entry.kind for entry in entries}
        self.told = max(new, default=self.told)
        return [by_id[number] for number in new]

    def _shop(self) -> None:
        self.counts.record(1, self.clock.now(), good=PER_TICK - self.bad, bad=self.bad, service="checkout")
        at = epoch(self.clock.now()) * 10**9
        for n in range(min(self.bad, 2)):
            trace = f"trace-{at}-{n}"
            root = a_span("a", status="Error", attributes={"http.response.status_code": "502"})
            trouble = [
                root,
                a_call("b", "a", status="Error"),
                a_payment("c", "b", status="Error", message="slow"),
            ]
            self.spans.spans += [replace(span, trace_id=trace, start_nanoseconds=at) for span in trouble]
