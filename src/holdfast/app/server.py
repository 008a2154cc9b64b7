"""A running server: every part wired over the opened engines, its ports answered, its loops going round."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from holdfast.app import compose, engines, open_files, page_files
from holdfast.app.engines import Engines
from holdfast.app.listeners import HttpListener
from holdfast.app.readiness import Part, PartState, Phase, Readiness
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Forbidden
from holdfast.runtime.settings import Settings
from holdfast.runtime.workers import Workers
from holdfast.telemetry.intake import IntakeService
from holdfast.telemetry.limits import ConnectionLimits

log = logging.getLogger(__name__)

AGENDA_THREADS = 2
"""A slow report must not keep an alert tick waiting."""
DRAIN_SECONDS = 8.0

Prepared = Callable[[], None]
"""Returns once an embedded warehouse has its tables; raises what kept it from that."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """The ports a server holds open before it answers on them."""

    page: socket.socket
    otlp_http: socket.socket


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running server answers: `HOST:PORT` each."""

    page: str
    otlp_grpc: str
    otlp_http: str


@contextmanager
def running(
    settings: Settings, clock: Clock, opened: Engines, sockets: Sockets, prepared: Prepared
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
        page_listener = HttpListener("page", app, sockets.page, clock)
        page_listener.start()
        listeners.append(page_listener)
        stack.callback(page_listener.stop)
        stack.callback(made.logs.tails.stop)
        stack.callback(_stop_workers, workers)
        prepared()
        made.backup.discard_left_over()
        _start_workers(clock, opened, made, workers)
        made.intake.start()
        stack.callback(made.intake.stop, DRAIN_SECONDS)
        otlp_listener = HttpListener("otlp-http", made.intake.http_app, sockets.otlp_http, clock)
        otlp_listener.start()
        listeners.append(otlp_listener)
        stack.callback(otlp_listener.stop)
        grpc_port = _start_grpc(settings, made.intake)
        readiness.enter(Phase.READY)
        stack.callback(readiness.enter, Phase.STOPPING)
        yield Addresses(page_listener.address, grpc_port, otlp_listener.address)


def _start_workers(clock: Clock, opened: Engines, made: compose.Services, workers: Workers) -> None:
    """Start the loops, and what recurs."""
    made.catalog.start()
    made.gate.refresh()
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
    workers.start("catalog", made.catalog_watch.run_forever)
    workers.start("selectors", keep_selectors)
    workers.start("names", keep_names)
    workers.start("gate", made.gate.run)


def _stop_workers(workers: Workers) -> None:
    for name in workers.stop():
        log.warning(
            "the %s loop did not end in time; what it was doing is done again at the next start", name
        )


def _start_grpc(settings: Settings, intake: IntakeService) -> str:
    host = f"[{settings.intake_host}]" if ":" in settings.intake_host else settings.intake_host
    limits = ConnectionLimits().within(open_files.limit())
    return f"{host}:{intake.grpc_server(f'{host}:{settings.otlp_grpc_port}', limits).start()}"


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
) -> dict[str, Callable[[], Part]]:
    def intake() -> Part:
        status = made.intake.status()
        state = PartState.OK if status.state == "ok" else PartState.DEGRADED
        return Part("intake", state, status.detail)

    def loops() -> Part:
        broken = [*workers.broken(), *(f"{one.name}: it has ended" for one in listeners if not one.is_up)]
        state = PartState.DEGRADED if broken else PartState.OK
        return Part("workers", state, "; ".join(broken) or f"{workers.count} loops run")

    def agenda() -> Part:
        late = "; ".join(map(str, made.agenda.laggards()))
        return Part("agenda", PartState.DEGRADED if late else PartState.OK, late or "what is due is done")

    def built_page() -> Part:
        if page.is_built:
            return Part("page", PartState.OK, "built")
        return Part("page", PartState.DEGRADED, "not built; `make page` builds it")

    return {
        "state": opened.probe_state,
        "warehouse": opened.probe_warehouse,
        "intake": intake,
        "workers": loops,
        "agenda": agenda,
        "page": built_page,
    }
