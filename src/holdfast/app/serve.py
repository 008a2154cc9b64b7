"""`holdfast serve`: one process with page, API and OTLP receivers, from the lock to the last drained span."""

import gc
import inspect
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast import __version__
from holdfast.app import certificate_watch, data_directory, engines, fakes, logs, open_files, ports
from holdfast.app.engines import Engines
from holdfast.app.private_files import private_files, tighten
from holdfast.app.stop_signals import stopped_by_signals
from holdfast.runtime.clock import Clock, SystemClock
from holdfast.runtime.output import say
from holdfast.runtime.settings import Settings, described, load

if TYPE_CHECKING:
    from holdfast.app.server import Addresses

log = logging.getLogger(__name__)

OpenEngines = Callable[[Settings], AbstractContextManager[Engines]]
NO_OPTION = frozenset({"state", "warehouse"})
"""Settings that may hold a password, which on a command line would show in the process list."""


_FAKE = inspect.Parameter(
    "fake",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[bool, typer.Option("--fake", help="Run without engines: nothing is stored.")],
)


def serve_command() -> Callable[..., None]:
    """Return the command, with an option for every setting without a secret."""

    def serve(*, fake: bool = False, **flags: Any) -> None:
        """Run Holdfast: page and API on 7070, OTLP over gRPC on 4317 and over HTTP on 4318.

        Every option is also a variable: --otlp-http-port is HOLDFAST_OTLP_HTTP_PORT. HOLDFAST_STATE and
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
    if found := open_files.shortage(open_files.raise_limit()):
        log.warning("%s; %s", found, open_files.RAISE)
    with ExitStack() as stack:
        wait_for_stop = stack.enter_context(stopped_by_signals())
        stack.enter_context(private_files())
        stack.enter_context(data_directory.owned(settings.data))
        data_directory.refuse_unfinished(settings.data)
        stack.enter_context(data_directory.temporary_files_in(settings.data))
        tighten(settings.data, settings.state_file)
        with _uncollected():
            addresses = stack.enter_context(serving(settings, clock, engines_of=engines_of))
        say(_welcome(settings, addresses))
        wait_for_stop()
        say("Holdfast is stopping: it finishes current requests and stores what it has received.")
    say("Holdfast has stopped.")


@contextmanager
def serving(
    settings: Settings, clock: Clock, *, engines_of: OpenEngines = engines.opened
) -> Iterator["Addresses"]:
    """Run a whole server for the length of the block, with every port open and every loop running."""
    with ExitStack() as stack:
        certificate = certificate_watch.opened(settings, clock)
        page = ports.listen(settings.host, settings.port, purpose="page and API", setting="port")
        stack.callback(page.close)
        otlp_http = ports.listen(
            settings.intake_host, settings.otlp_http_port, purpose="OTLP over HTTP", setting="otlp-http-port"
        )
        stack.callback(otlp_http.close)
        _check_grpc_port(settings)
        opened = stack.enter_context(engines_of(settings))
        prepared = stack.enter_context(_preparing(opened))
        from holdfast.app import server  # a second of imports, while the engine makes its tables

        doors = server.Doors(page, otlp_http, certificate)
        yield stack.enter_context(server.running(settings, clock, opened, doors, prepared))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Disable the garbage collector during start-up, then freeze what start-up allocated."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _preparing(opened: Engines) -> Iterator[Callable[[], None]]:
    """Begin to prepare an embedded warehouse; a loop prepares a remote one, which may be unavailable."""
    if not opened.is_embedded:
        yield lambda: None
        return
    with ThreadPoolExecutor(1, thread_name_prefix="prepare") as pool:
        yield pool.submit(opened.prepare).result


def _check_grpc_port(settings: Settings) -> None:
    # gRPC opens its own port and cannot say who uses it; this check gives the better message.
    if settings.otlp_grpc_port:
        ports.listen(
            settings.intake_host, settings.otlp_grpc_port, purpose="OTLP over gRPC", setting="otlp-grpc-port"
        ).close()


def _welcome(settings: Settings, addresses: "Addresses") -> str:
    scheme, tls = ("https", " (TLS)") if settings.tls_certificate else ("http", "")
    return "\n".join(
        (
            f"Holdfast {__version__} is ready.",
            f"  page and API   {scheme}://{addresses.page}",
            f"  OTLP over gRPC {addresses.otlp_grpc}{tls}",
            f"  OTLP over HTTP {scheme}://{addresses.otlp_http}",
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
