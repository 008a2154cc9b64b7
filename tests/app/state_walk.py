"""A random walk of everything that writes state, over processes that die and disks that fail."""

import copy
import json
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from tests.app.conftest import BASE_URL, LOOPBACK
from tests.app.cut_database import Died, Fault, Seam
from tests.app.outages import PARTIES, a_failed_request
from tests.app.walk_catalog import SERVICES, documents

from holdfast.app import compose
from holdfast.app.engines import Engines
from holdfast.app.fakes import EmptyWarehouse
from holdfast.app.state import migrate
from holdfast.catalog import api as catalog_api
from holdfast.changes import api as changes_api
from holdfast.incidents import api as incidents_api
from holdfast.incidents.store import incidents
from holdfast.runtime import agenda, http, journal
from holdfast.runtime.access import Role
from holdfast.runtime.agenda import Agenda, Task
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.edge import EdgeRules
from holdfast.runtime.errors import Conflict, NotFound, Unavailable
from holdfast.runtime.settings import load
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.traces.by_sli import MemorySpans
from holdfast.telemetry.warehouse.layout import Layout

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TICK = timedelta(seconds=10)
PER_TICK = 50
MARK = "proof.mark"
STEPS = 25
ANSWERS_MOST = 30


@cache
def an_hour_of_traffic() -> MemoryCounts:
    """Return an hour of healthy traffic of both services before the start."""
    counts = MemoryCounts()
    for n in range(360):
        for sli, service in enumerate(SERVICES, 1):
            counts.record(sli, START - (360 - n) * TICK, good=PER_TICK, service=service)
    return counts


class Handle:
    """Stands for a part of whichever process is alive: an API is expensive to make."""

    alive: "Process"

    def __init__(self, part: Callable[["Process"], Any]) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part(Handle.alive), name)


@cache
def the_client() -> TestClient:
    """Return a client of an API whose every part is that of the process that is alive."""
    app, clock = FastAPI(), Handle(lambda process: process.world.clock)
    for router in (
        incidents_api.router(Handle(lambda process: process.made.incidents)),
        changes_api.router(Handle(lambda process: process.made.changes), clock),
        catalog_api.router(Handle(lambda process: process.made.catalog)),
    ):
        app.include_router(router, prefix="/api/v1")
    access = Handle(lambda process: process.made.access)
    replies = Handle(lambda process: process.made.replies)
    http.install(app, access, replies, rules=EdgeRules(), listens_beyond_loopback=False)
    return TestClient(app, base_url=BASE_URL, client=LOOPBACK)


def client_of(process: "Process") -> TestClient:
    """Return a client of the API of this process."""
    Handle.alive = process
    return the_client()


class Process:
    """One life of the server over the files in `directory`: its services, its agenda and its API."""

    def __init__(self, directory: Path, world: "Walk") -> None:
        self.database = Database(f"sqlite:///{directory / 'state.db'}")
        self.seam = Seam(self.database, world.chosen, directory.with_name(f"{int(directory.name) + 1:03d}"))
        self.world = world

    def start(self) -> None:
        """Start as `serve` does."""
        world = self.world
        settings = load(data=world.directory / "data", port=0, otlp_grpc_port=0, otlp_http_port=0)
        migrate(self.database)
        engines = Engines(
            database=self.database,
            warehouse=EmptyWarehouse(),
            layout=Layout(),
            counts=lambda _watermark: world.counts,
            spans=world.spans,
            is_embedded=True,
            prepared=threading.Event(),
        )
        self.made = compose.services(settings, world.clock, engines)
        self.made.catalog.start()
        compose.put_on_agenda(engines, world.clock, self.made)
        self.marks = Agenda(self.database, world.clock, {MARK: self._mark})
        self.client = client_of(self)

    def _mark(self, task: Task) -> None:
        # What a handler has to do, since it may run twice: look and write in one transaction.
        with self.database.write() as tx:
            if not journal.entries(tx, kinds=(MARK,), subject=task.subject):
                journal.append(tx, journal.Entry(self.world.clock.now(), MARK, "proof", task.subject, "ran"))


@dataclass
class Write:
    """A write that is repeated until it is answered, under one key or one name; `status` is the answer."""

    name: str
    send: Callable[["Process"], int]
    status: int | None = None


@dataclass
class Walk:
    """One round: what the world did, what was asked, and what was answered; outlives every process."""

    directory: Path
    chosen: Random
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    spans: MemorySpans = field(default_factory=MemorySpans)
    writes: list[Write] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    bad: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SERVICES, 0))
    parties: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SERVICES, ""))
    deaths: int = 0
    failures: int = 0

    def __post_init__(self) -> None:
        """Start the first process, with a catalog of two objectives."""
        self.counts = copy.deepcopy(an_hour_of_traffic())
        (self.directory / "data" / "spool").mkdir(parents=True)
        self.place = self.directory / "000"
        self.place.mkdir()
        self.begin()
        self.post("first catalog", "/catalog/apply", documents(SERVICES, "first"))
        self.answer_all()

    def begin(self) -> None:
        """Start a process where the last one died, as often as it takes."""
        while True:
            self.process = Process(self.place, self)
            if self.chosen.random() < 0.1:
                self.arm(after=self.chosen.randrange(3))
            try:
                self.process.start()
            except Died:
                self.bury()
            except Unavailable:
                self.failures += 1
                self.process.database.close()
            else:
                return

    def bury(self) -> None:
        """Leave the dead process's files, go to those its death left."""
        self.deaths += 1
        self.process.seam.is_dead = True
        self.place = self.process.seam.next_directory
        self.process.database.engine.dispose()

    def dying(self, action: Callable[[], object]) -> None:
        """Do something that the process may die in; if it does, start the next."""
        try:
            action()
        except Died:
            self.bury()
            self.begin()
        except Unavailable:
            self.failures += 1

    def arm(self, *, after: int) -> None:
        """Let something happen after a few more writes."""
        self.process.seam.arm(
            self.chosen.choice(list(Fault)), after=after, errors=self.chosen.choice((1, 1, 2, 5))
        )

    def step(self) -> None:
        """Take one random step, often with something going wrong in it or a little later."""
        self.process.seam.is_full = self.chosen.random() < 0.1
        if self.chosen.random() < 0.5:
            self.arm(after=self.chosen.choice((0, 0, 1, 1, 2, 3, 5, 8)))
        self.chosen.choice(STEP_CHOICES)(self)
        for write in [one for one in self.writes if one.status is None]:
            if self.chosen.random() < 0.7:
                self.dying(lambda write=write: self.ask(write))

    def time_passes(self) -> None:
        """Traffic comes in and what is due is run, for up to four minutes."""
        for _ in range(self.chosen.choice((1, 2, 4, 8))):
            self.half_a_minute_passes()

    def half_a_minute_passes(self) -> None:
        """Three slices of traffic come in, then what is due is run."""
        for _ in range(3):
            for sli, service in enumerate(SERVICES, 1):
                bad = self.bad[service]
                self.counts.record(sli, self.clock.now(), good=PER_TICK - bad, bad=bad, service=service)
                if bad:
                    self.spans.spans += a_failed_request(service, self.parties[service], self.clock.now())
            self.clock.advance(TICK)
        self.counts.watermark_at = self.clock.now()
        self.dying(lambda: self.process.made.agenda.run_due())
        self.dying(lambda: self.process.marks.run_due())

    def service_breaks_or_recovers(self) -> None:
        """An outage begins or ends, or it is found out where it is."""
        service = self.chosen.choice(SERVICES)
        was_known = bool(self.parties[service])
        self.parties[service] = self.chosen.choice(PARTIES)
        if was_known or not self.bad[service]:
            self.bad[service] = 0 if self.bad[service] else PER_TICK
        self.time_passes()

    def task_is_scheduled(self) -> None:
        """A task is put on the agenda, until its scheduling is acknowledged."""
        subject = f"task/{len(self.marks)}"

        def send(process: Process) -> int:
            with process.database.write() as tx:
                agenda.ensure(tx, kind=MARK, subject=subject, due_at=self.clock.now())
            return 200

        self.marks.append(subject)
        self.writes.append(Write(subject, send))

    def token_is_made(self) -> None:
        """An ingest token is made on the command line; that it exists by now is an answer too."""
        name = f"token-{len(self.writes)}"

        def send(process: Process) -> int:
            try:
                process.made.access.create_token(name=name, role=Role.INGEST, actor="proof")
            except Conflict as error:
                return error.status
            return 200

        self.writes.append(Write(name, send))

    def token_is_revoked(self) -> None:
        """A token that was made is revoked; that it is gone by now is an answer too."""
        made = [one.name for one in self.writes if one.name.startswith("token-") and one.status]
        if not made:
            return
        name = self.chosen.choice(made)

        def send(process: Process) -> int:
            try:
                process.made.access.revoke_token(name, actor="proof")
            except NotFound as error:
                return error.status
            return 200

        self.writes.append(Write(f"revoke {name}", send))

    def change_is_recorded(self) -> None:
        """A pipeline records a deploy."""
        summary = f"change {len(self.writes)}"
        self.post(summary, "/changes", {"kind": "deploy", "service": "checkout", "summary": summary})

    def incident_is_handled(self) -> None:
        """Somebody acknowledges, notes or resolves an incident."""
        with self.process.database.read() as tx:
            numbers = [number for (number,) in tx.execute(select(incidents.c.id))]
        if not numbers:
            return
        verb = self.chosen.choice(("ack", "notes", "notes", "resolve"))
        name = f"{verb} {len(self.writes)}"
        body = {"text": name} if verb == "notes" else {}
        self.post(name, f"/incidents/{self.chosen.choice(numbers)}/{verb}", body)

    def catalog_is_applied(self) -> None:
        """A pipeline applies another catalog, sometimes without one of the objectives."""
        name = f"catalog {len(self.writes)}"
        services = self.chosen.choice((SERVICES, SERVICES, SERVICES[:1]))
        self.post(name, "/catalog/apply", documents(services, name))

    def process_is_killed(self) -> None:
        """The process is killed between two writes."""
        self.process.seam.kill()
        self.bury()
        self.begin()

    def post(self, name: str, path: str, body: dict[str, Any]) -> None:
        """Ask for a write over the API."""
        content = json.dumps(body)

        def send(process: Process) -> int:
            headers = {"Idempotency-Key": name, "content-type": "application/json"}
            try:
                answer = process.client.post(f"/api/v1{path}", content=content, headers=headers)
            except (CancelledError, RuntimeError):
                # What the client says, now and then, of an application that ended within its request.
                if process.seam.is_dead:
                    raise Died from None
                raise
            if answer.status_code == 503 or (answer.status_code == 409 and "retry-after" in answer.headers):
                raise Unavailable(answer.text)
            assert answer.status_code < 300 or answer.status_code == 409, answer.text
            return answer.status_code

        self.writes.append(Write(name, send))

    def ask(self, write: Write) -> None:
        """Send a write once; it stays open if nothing is answered."""
        write.status = write.send(self.process)

    def answer_all(self) -> None:
        """Let nothing more go wrong, and repeat every open write until it is answered."""
        self.calm()
        for _ in range(ANSWERS_MOST):
            open_writes = [one for one in self.writes if one.status is None]
            if not open_writes:
                return
            for write in open_writes:
                self.dying(lambda write=write: self.ask(write))
            self.clock.advance(timedelta(seconds=20))
        raise AssertionError(f"never answered: {[one.name for one in self.writes if one.status is None]}")

    def calm(self) -> None:
        """Let nothing more go wrong."""
        self.process.seam.arm(None)
        self.process.seam.is_full = False

    def settle(self) -> None:
        """Let all be well: everything is answered, the services recover and the agenda gets round to it."""
        self.answer_all()
        self.bad = dict.fromkeys(SERVICES, 0)
        for _ in range(8):
            self.half_a_minute_passes()

    def close(self) -> None:
        """Let go of the files."""
        self.process.database.engine.dispose()


STEP_CHOICES: tuple[Callable[[Walk], None], ...] = (
    Walk.time_passes,
    Walk.time_passes,
    Walk.time_passes,
    Walk.service_breaks_or_recovers,
    Walk.service_breaks_or_recovers,
    Walk.task_is_scheduled,
    Walk.token_is_made,
    Walk.token_is_revoked,
    Walk.change_is_recorded,
    Walk.change_is_recorded,
    Walk.incident_is_handled,
    Walk.incident_is_handled,
    Walk.catalog_is_applied,
    Walk.process_is_killed,
)
