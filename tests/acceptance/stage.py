"""The whole Holdfast that `compose` makes, on engines in memory and a clock moved by hand.

Traffic goes in as counts and spans, the agenda runs, and answers come out of the API.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from tests.objectives.cases import a_catalog, an_objective
from tests.telemetry.traces.test_attribution import a_call, a_payment, a_span

from holdfast.app.compose import api_routers, put_on_agenda, services
from holdfast.app.fakes import in_memory
from holdfast.catalog.model import Catalog
from holdfast.catalog.service import CatalogStatus
from holdfast.incidents.service import IncidentsService
from holdfast.runtime import journal
from holdfast.runtime.agenda import Agenda
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.settings import Settings
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.counting.windows import epoch
from holdfast.telemetry.traces.by_sli import MemorySpans

TICK = timedelta(seconds=10)
PER_TICK = 50


@dataclass
class Stage:
    """A shop's checkout, whose payment the test can break, and everything that watches it."""

    database: Database
    clock: ManualClock
    make_api: Callable[..., TestClient]
    directory: Path
    bad: int = 0
    is_silent: bool = False
    mail_server: str | None = None

    def __post_init__(self) -> None:
        """Start with an hour of healthy traffic."""
        self._catalog = a_catalog(an_objective())
        self.counts, self.spans = MemoryCounts(), MemorySpans()
        start = self.clock.now() - timedelta(hours=1)
        for n in range(360):
            self.counts.record(1, start + n * TICK, good=PER_TICK, service="checkout")
        self.told = 0
        self.start()

    def start(self) -> None:
        """Start the process again on the same state, as after a crash."""
        settings = Settings(data=self.directory, mail_server=self.mail_server)
        engines = in_memory(self.database, self.counts, self.spans)
        engines.prepare()
        self.made = services(settings, self.clock, engines)
        self.catalog = self._catalog
        put_on_agenda(engines, self.clock, self.made)
        self.api = self.make_api(self.database, *api_routers(self.made, settings, self.clock))

    @property
    def agenda(self) -> Agenda:
        """What is due, and who does it."""
        return self.made.agenda

    @property
    def incidents(self) -> IncidentsService:
        """Incidents of the process that runs now."""
        return self.made.incidents

    @property
    def catalog(self) -> Catalog:
        """The catalog in force: values, not documents, which the catalog's own tests read."""
        return self._catalog

    @catalog.setter
    def catalog(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.made.catalog._status = CatalogStatus(catalog)

    def run(self, duration: timedelta) -> None:
        """Let time pass: traffic every 10 s, and the agenda runs what is due."""
        for _ in range(duration // TICK):
            if not self.is_silent:
                self._shop()
            self.clock.advance(TICK)
            self.counts.watermark_at = self.clock.now()
            self.agenda.run_due()
            self.made.oncall.agenda.run_due()

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

    def moment(self, text: str) -> datetime:
        """Return an instant of an answer."""
        return datetime.fromisoformat(text)

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
