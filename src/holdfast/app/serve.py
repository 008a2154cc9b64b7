"""`holdfast serve`: one process with page, API and OTLP receivers, from the lock to the last drained span."""

import inspect
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from holdfast import __version__
from holdfast.app import compose, data_directory, engines, fakes, logs, page_files, ports
from holdfast.app.engines import Engines
from holdfast.app.listeners import HttpListener
from holdfast.app.readiness import Part, PartState, Phase, Readiness
from holdfast.app.workers import Workers
from holdfast.runtime.clock import Clock, SystemClock
from holdfast.runtime.errors import Forbidden
from holdfast.runtime.output import say
from holdfast.runtime.settings import Settings, described, load
from holdfast.telemetry.intake import IntakeService

log = logging.getLogger(__name__)

AGENDA_THREADS = 2
"""A slow report must not keep an alert tick waiting."""
DRAIN_SECONDS = 8.0
OpenEngines = Callable[[Settings], AbstractContextManager[Engines]]
NO_OPTION = frozenset({"state", "warehouse"})
"""Settings that may hold a password, which on a command line would show in the process list."""


_FAKE = inspect.Parameter(
    "fake",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[bool, typer.Option("--fake", help="Run without engines: nothing is kept.")],
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running server answers: `HOST:PORT` each."""

    page: str
    otlp_grpc: str
    otlp_http: str


def serve_command() -> Callable[..., None]:
    """Return the command, with an option for every setting that may be seen by everybody."""

    def serve(*, fake: bool = False, **flags: Any) -> None:
        """Run Holdfast: page and API on 7070, OTLP over gRPC on 4317 and over HTTP on 4318.

        Every option is also a variable, --otlp-http-port for one HOLDFAST_OTLP_HTTP_PORT. HOLDFAST_STATE and
        HOLDFAST_WAREHOUSE are variables only, because they may hold a password.
        """
        run(load(**flags), SystemClock(), engines_of=fakes.opened if fake else engines.opened)

    serve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what typer reads the options from
        [*(_option(name) for name in Settings.model_fields if name not in NO_OPTION), _FAKE]
    )
    return serve


def run(settings: Settings, clock: Clock, *, engines_of: OpenEngines = engines.opened) -> None:
    """Serve until SIGINT or SIGTERM."""
    logs.set_up(settings.log_level)
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(_stopped_by_signals(stop))
        stack.enter_context(data_directory.owned(settings.data))
        addresses = stack.enter_context(serving(settings, clock, engines_of=engines_of))
        say(_welcome(settings, addresses))
        stop.wait()
        say("Holdfast is stopping: it finishes what is under way and stores what it has taken.")
    say("Holdfast has stopped.")


@contextmanager
def serving(
    settings: Settings, clock: Clock, *, engines_of: OpenEngines = engines.opened
) -> Iterator[Addresses]:
    """Run a whole server for the length of the block: every port open and every loop running inside it."""
    with ExitStack() as stack:
        page_socket = ports.listen(settings.host, settings.port, purpose="page and API", setting="port")
        stack.callback(page_socket.close)
        otlp_socket = ports.listen(
            settings.intake_host, settings.otlp_http_port, purpose="OTLP over HTTP", setting="otlp-http-port"
        )
        stack.callback(otlp_socket.close)
        _check_grpc_port(settings)
        opened = stack.enter_context(engines_of(settings))
        made = compose.services(settings, clock, opened)
        _refuse_without_token(settings, made)
        workers = Workers(clock)
        page = page_files.load()
        readiness = Readiness(_probes(opened, made, workers, page))
        app = compose.app(made, readiness, page, settings, clock)
        page_listener = HttpListener("page", app, page_socket, clock)
        page_listener.start()
        stack.callback(page_listener.stop)
        stack.callback(made.logs.tails.stop)
        stack.callback(_stop_workers, workers)
        _start_workers(clock, opened, made, workers)
        made.intake.start()
        stack.callback(made.intake.stop, DRAIN_SECONDS)
        otlp_listener = HttpListener("otlp-http", made.intake.http_app, otlp_socket, clock)
        otlp_listener.start()
        stack.callback(otlp_listener.stop)
        grpc_port = _start_grpc(settings, made.intake)
        readiness.enter(Phase.READY)
        stack.callback(readiness.enter, Phase.STOPPING)
        yield Addresses(page_listener.address, grpc_port, otlp_listener.address)


def _start_workers(clock: Clock, opened: Engines, made: compose.Services, workers: Workers) -> None:
    """Start the loops; an embedded warehouse is ready before, because it cannot be away."""
    if opened.is_embedded:
        opened.prepare()
    made.catalog.start()
    made.gate.refresh()
    compose.put_on_agenda(opened, clock, made)

    def keep_selectors(stop: threading.Event) -> None:
        engines.prepare_until_done(opened, clock, stop)
        made.selectors.run(stop)

    for number in range(AGENDA_THREADS):
        workers.start(f"agenda-{number + 1}", made.agenda.run_forever)
    workers.start("leases", made.agenda.keep_leases)
    workers.start("catalog", made.catalog_watch.run_forever)
    workers.start("selectors", keep_selectors)
    workers.start("gate", made.gate.run)


def _stop_workers(workers: Workers) -> None:
    for name in workers.stop():
        log.warning(
            "the %s loop did not end in time; what it was doing is done again at the next start", name
        )


def _start_grpc(settings: Settings, intake: IntakeService) -> str:
    host = f"[{settings.intake_host}]" if ":" in settings.intake_host else settings.intake_host
    return f"{host}:{intake.grpc_server(f'{host}:{settings.otlp_grpc_port}').start()}"


def _check_grpc_port(settings: Settings) -> None:
    # gRPC opens its own port and cannot say who holds it; asking first gives the better sentence.
    if settings.otlp_grpc_port:
        ports.listen(
            settings.intake_host, settings.otlp_grpc_port, purpose="OTLP over gRPC", setting="otlp-grpc-port"
        ).close()


def _refuse_without_token(settings: Settings, made: compose.Services) -> None:
    if settings.listens_beyond_loopback and not made.access.people_need_a_token():
        raise Forbidden(
            f"{settings.host} can be reached from other machines and no token exists, so anybody could do "
            "anything; make one first with `holdfast access token create --role admin`",
            value=settings.host,
            rule="loopback only until a credential exists",
        )


def _probes(
    opened: Engines, made: compose.Services, workers: Workers, page: page_files.PageFiles
) -> dict[str, Callable[[], Part]]:
    def intake() -> Part:
        status = made.intake.status()
        state = PartState.OK if status.state == "ok" else PartState.DEGRADED
        return Part("intake", state, status.detail)

    def built_page() -> Part:
        if page.is_built:
            return Part("page", PartState.OK, "built")
        return Part("page", PartState.DEGRADED, "not built; `make page` builds it")

    return {
        "state": opened.probe_state,
        "warehouse": opened.probe_warehouse,
        "intake": intake,
        "workers": workers.probe,
        "page": built_page,
    }


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on the first SIGINT or SIGTERM; a second one ends the process as if none were handled."""

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    handled = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, on_signal) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _welcome(settings: Settings, addresses: Addresses) -> str:
    return "\n".join(
        (
            f"Holdfast {__version__} is ready.",
            f"  page and API   http://{addresses.page}",
            f"  OTLP over gRPC {addresses.otlp_grpc}",
            f"  OTLP over HTTP http://{addresses.otlp_http}",
            f"  data           {settings.data.absolute()}",
            "Ctrl-C stops it.",
        )
    )


def _option(name: str) -> inspect.Parameter:
    field = Settings.model_fields[name]
    kind = {str(int): int, str(Path): Path, str(Path | None): Path}.get(str(field.annotation), str)
    option = typer.Option(f"--{name.replace('_', '-')}", help=described(name))
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )
