"""A running server: every part wired over the opened engines, its ports open, its loops running."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from holdfast.app import compose, engines, open_files, page_files
from holdfast.app.certificate_watch import CertificateWatch
from holdfast.app.engines import Engines
from holdfast.app.listeners import HttpListener
from holdfast.app.readiness import PartState, Phase, Readiness, ReadinessPart
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Forbidden
from holdfast.runtime.peer_notices import PeerNotices
from holdfast.runtime.settings import Settings
from holdfast.runtime.workers import Workers
from holdfast.telemetry.intake.limits import ConnectionLimits
from holdfast.telemetry.intake.service import IntakeService

log = logging.getLogger(__name__)

AGENDA_THREADS = 2
"""Two, so that a slow report does not delay an alert tick."""
PAGE_THREADS = 4
"""Of pages alone: one that waits for a slow provider leaves others to send."""
DRAIN_SECONDS = 8.0

Prepared = Callable[[], None]
"""Returns once an embedded warehouse has its tables; raises the error that prevented it."""


@dataclass(frozen=True, slots=True)
class Doors:
    """What a server opens before it answers: its ports, and the certificate they show if there is one."""

    page: socket.socket
    otlp_http: socket.socket
    certificate: CertificateWatch | None


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of a running server: `HOST:PORT` each."""

    page: str
    otlp_grpc: str
    otlp_http: str


@contextmanager
def running(
    settings: Settings, clock: Clock, opened: Engines, doors: Doors, prepared: Prepared
) -> Iterator[Addresses]:
    """Answer on every port and run every loop for the length of the block."""
    with ExitStack() as stack:
        made = compose.services(settings, clock, opened)
        _refuse_without_token(settings, made)
        workers = Workers(clock)
        page = page_files.load()
        listeners: list[HttpListener] = []
        readiness = Readiness(_probes(opened, made, workers, listeners, page))
        app = compose.app(made, readiness, page, settings, clock)
        notices, shown = PeerNotices(clock), doors.certificate
        page_tls = (lambda: shown.page) if shown else None
        page_listener = HttpListener("page", app, doors.page, clock, tls=page_tls, notices=notices)
        page_listener.start()
        listeners.append(page_listener)
        stack.callback(page_listener.stop)
        stack.callback(made.logs.tails.stop)
        stack.callback(made.news.stop)
        stack.callback(_stop_workers, workers)
        prepared()
        made.backup.discard_left_over()
        _start_workers(clock, opened, made, workers)
        if shown:
            workers.start("certificate", shown.run)
        made.intake.start()
        stack.callback(made.intake.stop, DRAIN_SECONDS)
        otlp_tls = (lambda: shown.otlp) if shown else None
        otlp_listener = HttpListener(
            "otlp-http", made.intake.http_app, doors.otlp_http, clock, tls=otlp_tls, notices=notices
        )
        otlp_listener.start()
        listeners.append(otlp_listener)
        stack.callback(otlp_listener.stop)
        grpc_port = _start_grpc(settings, made.intake, shown, notices)
        readiness.enter(Phase.READY)
        stack.callback(readiness.enter, Phase.STOPPING)
        yield Addresses(page_listener.address, grpc_port, otlp_listener.address)


def _start_workers(clock: Clock, opened: Engines, made: compose.Services, workers: Workers) -> None:
    """Start the loops and the recurring tasks."""
    made.catalog.start()
    made.gate.refresh()
    if opened.database.is_sqlite:
        made.agenda.take_over()
        made.oncall.agenda.take_over()
    compose.put_on_agenda(opened, clock, made)

    def keep_selectors(stop: threading.Event) -> None:
        engines.prepare_until_done(opened, clock, stop)
        made.selectors.run(stop)

    def keep_names(stop: threading.Event) -> None:
        while not opened.prepared.is_set() and not stop.is_set():
            clock.wait(stop, 0.1)
        made.names.run(stop)

    for number in range(AGENDA_THREADS):
        workers.start(f"agenda-{number + 1}", made.agenda.run_forever)
    workers.start("leases", made.agenda.keep_leases)
    for number in range(PAGE_THREADS):
        workers.start(f"pages-{number + 1}", made.oncall.agenda.run_forever)
    workers.start("page-leases", made.oncall.agenda.keep_leases)
    workers.start("catalog", made.catalog_watch.run_forever)
    workers.start("selectors", keep_selectors)
    workers.start("names", keep_names)
    workers.start("gate", made.gate.run)


def _stop_workers(workers: Workers) -> None:
    for name in workers.stop():
        log.warning("the %s loop did not end in time; its work is done again at the next start", name)


def _start_grpc(
    settings: Settings, intake: IntakeService, shown: CertificateWatch | None, notices: PeerNotices
) -> str:
    host = f"[{settings.intake_host}]" if ":" in settings.intake_host else settings.intake_host
    limits = ConnectionLimits().within(open_files.limit())
    bind = f"{host}:{settings.otlp_grpc_port}"
    certificate = (lambda: shown.current) if shown else None
    return f"{host}:{intake.grpc_server(bind, limits, certificate=certificate, notices=notices).start()}"


def _refuse_without_token(settings: Settings, made: compose.Services) -> None:
    if settings.listens_beyond_loopback and not made.access.people_need_a_token():
        raise Forbidden(
            f"{settings.host} can be reached from other machines and no token exists, so anybody could do "
            "anything; make one first with `holdfast access token create --role admin`",
            value=settings.host,
            rule="loopback only until a credential exists",
        )


def _probes(
    opened: Engines,
    made: compose.Services,
    workers: Workers,
    listeners: Sequence[HttpListener],
    page: page_files.PageFiles,
) -> dict[str, Callable[[], ReadinessPart]]:
    def intake() -> ReadinessPart:
        status = made.intake.status()
        state = PartState.OK if status.state == "ok" else PartState.DEGRADED
        return ReadinessPart("intake", state, status.detail)

    def loops() -> ReadinessPart:
        broken = [*workers.broken(), *(f"{one.name}: it has ended" for one in listeners if not one.is_up)]
        state = PartState.DEGRADED if broken else PartState.OK
        return ReadinessPart("workers", state, "; ".join(broken) or f"{workers.count} loops run")

    def agenda() -> ReadinessPart:
        late = "; ".join(map(str, made.agenda.laggards()))
        return ReadinessPart(
            "agenda", PartState.DEGRADED if late else PartState.OK, late or "what is due is done"
        )

    def pages() -> ReadinessPart:
        found = "; ".join(made.oncall.auditor.findings())
        return ReadinessPart(
            "pages",
            PartState.DEGRADED if found else PartState.OK,
            found or made.oncall.auditor.unreached() or "what is due is sent",
        )

    def built_page() -> ReadinessPart:
        if page.is_built:
            return ReadinessPart("page", PartState.OK, "built")
        return ReadinessPart("page", PartState.DEGRADED, "not built; `make page` builds it")

    return {
        "state": opened.probe_state,
        "warehouse": opened.probe_warehouse,
        "intake": intake,
        "workers": loops,
        "pages": pages,
        "agenda": agenda,
        "page": built_page,
    }
