"""The two processes of the demo: Holdfast and the shop. Started in order, watched, stopped in reverse.

Each has a session of its own, so that Ctrl-C reaches only this process, which then stops them in order; and
the kernel signals each when this process is killed, so that nothing is ever left behind.
"""

import ctypes
import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from holdfast.app.demo_inbox import verify_contacts
from holdfast.app.demo_words import typed
from holdfast.app.ports import listen
from holdfast.runtime.errors import Unavailable
from holdfast.runtime.output import say

POLL_SECONDS = 0.2
READY_SECONDS = 90.0
STOP_SECONDS = 20.0
LAST_LINES = 10
FIRST_FAULT = "payment-slow"
PR_SET_PDEATHSIG = 1
SERVE = (sys.executable, "-m", "holdfast", "serve")
SHOP = (sys.executable, "-m", "bazaar", "up")
DAY_SWING = "0.8"
"""How far the traffic of a whole day swings: at night a ninth of the evening's."""
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CHECKOUT_SHOP = Path(__file__).parents[3] / "shop" / "src"
"""The shop's package in a checkout in which it is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The directories and ports of one demo."""

    data: Path
    catalog: Path
    port: int
    otlp_grpc_port: int
    otlp_http_port: int
    shop_port: int
    control_port: int
    day_minutes: float | None = None

    @property
    def mail_port(self) -> int:
        """The port of the inbox that takes mail: the last but one of the shop's."""
        return self.shop_port + 48

    @property
    def inbox_port(self) -> int:
        """The port of the page that shows what the shop's people were sent: the shop's last."""
        return self.shop_port + 49

    @property
    def inbox(self) -> str:
        """The address of the page that shows what the shop's people were sent."""
        return f"http://127.0.0.1:{self.inbox_port}"

    @property
    def page(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Child:
    """A process of the demo; `log` has its output, None if it writes to this terminal."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None

    def ended_within(self, seconds: float) -> bool:
        """Wait at most this long; return whether it has ended."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> Unavailable:
        """Return the error that says how it ended."""
        words = f"{self.name} stopped by itself with exit status {self.process.returncode}"
        if self.log is None:
            return Unavailable(f"{words}; it said why above")
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        said = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
        return Unavailable(f"{words}. Its last lines, of {self.log}:\n{said}")


def run(places: Places, *, serve: Sequence[str] = SERVE, shop: Sequence[str] = SHOP) -> None:
    """Start Holdfast, then the shop; return when somebody stops the demo, raise when one of them ends."""
    shop_environment = _shop_environment()
    _check_ports(places)
    places.data.mkdir(parents=True, exist_ok=True)
    with _stop_requests() as request, ExitStack() as stack:
        inbox = stack.enter_context(_inbox(places, shop_environment))
        _wait(request, inbox, f"{places.inbox}/messages")
        holdfast = stack.enter_context(_holdfast(places, serve))
        _wait(request, holdfast, f"{places.page}/readyz")
        verify_contacts(places.page, places.inbox)
        say(f"Holdfast is ready: {places.page}")
        open_shop = stack.enter_context(_shop(places, shop, shop_environment))
        _wait(request, open_shop, f"http://127.0.0.1:{places.control_port}/status", beside=holdfast)
        say_where_to_look(places)
        _watch(request, holdfast, open_shop)


def _check_ports(places: Places) -> None:
    for port, purpose, setting in (
        (places.port, "page and API", "port"),
        (places.otlp_grpc_port, "OTLP over gRPC", "otlp-grpc-port"),
        (places.otlp_http_port, "OTLP over HTTP", "otlp-http-port"),
        (places.control_port, "the shop's control", "control-port"),
        (places.mail_port, "the mail of the demo's people", "shop-port"),
        (places.inbox_port, "the inbox of the demo's people", "shop-port"),
    ):
        listen("127.0.0.1", port, purpose=purpose, setting=setting).close()


def _shop_environment() -> dict[str, str]:
    """Return the environment in which `python -m bazaar` works, or raise `Unavailable`."""
    if importlib.util.find_spec("bazaar") is not None:
        return dict(os.environ)
    if CHECKOUT_SHOP.is_dir():
        before = os.environ.get("PYTHONPATH")
        path = str(CHECKOUT_SHOP) if not before else f"{CHECKOUT_SHOP}{os.pathsep}{before}"
        return {**os.environ, "PYTHONPATH": path}
    raise Unavailable("the demo needs the shop, the package bazaar; install it from the checkout's shop/")


def _holdfast(places: Places, serve: Sequence[str]) -> AbstractContextManager[Child]:
    command = [*serve, "--data", str(places.data / "holdfast"), "--catalog", str(places.catalog)]
    settings = {
        "HOLDFAST_PORT": str(places.port),
        "HOLDFAST_OTLP_GRPC_PORT": str(places.otlp_grpc_port),
        "HOLDFAST_OTLP_HTTP_PORT": str(places.otlp_http_port),
        "HOLDFAST_PLATFORM": "bazaar",
        "HOLDFAST_PUBLIC_URL": places.page,
        "HOLDFAST_MAIL_SERVER": f"smtp://127.0.0.1:{places.mail_port}",
        "HOLDFAST_ONCALL_FALLBACK": "shop",
        # The demo's own parts speak plain HTTP to it; an empty variable counts as not set.
        "HOLDFAST_TLS_CERTIFICATE": "",
        "HOLDFAST_TLS_KEY": "",
        "HOLDFAST_OTLP_CLIENT_CA": "",
    }
    log = places.data / "holdfast.log"
    return _running("Holdfast", command, environment={**os.environ, **settings}, log=log)


def _inbox(places: Places, environment: dict[str, str]) -> AbstractContextManager[Child]:
    command = [sys.executable, "-m", "bazaar", "inbox"]
    command += ["--smtp-port", str(places.mail_port), "--port", str(places.inbox_port)]
    return _running("the inbox", command, environment=environment, log=places.data / "inbox.log")


def _shop(places: Places, shop: Sequence[str], environment: dict[str, str]) -> AbstractContextManager[Child]:
    command = [*shop, "--data", str(places.data / "shop")]
    command += ["--telemetry", f"http://127.0.0.1:{places.otlp_http_port}"]
    command += ["--base-port", str(places.shop_port), "--control-port", str(places.control_port)]
    if places.day_minutes is not None:
        command += ["--day-minutes", str(places.day_minutes), "--swing", DAY_SWING]
    return _running("the shop", command, environment=environment, log=None)


@contextmanager
def _running(
    name: str, command: Sequence[str], *, environment: dict[str, str], log: Path | None
) -> Iterator[Child]:
    """Run a command while the block runs, then stop it, by force if it takes too long."""
    with ExitStack() as stack:
        words = stack.enter_context(log.open("wb")) if log else None
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT if words else None,
            start_new_session=True,
            preexec_fn=_ended_with(os.getpid()),
        )
    child = Child(name, process, log)
    try:
        yield child
    finally:
        _stop(child)


def _stop(child: Child) -> None:
    if child.process.poll() is None:
        say(f"Stopping {child.name}.")
        child.process.terminate()
        if not child.ended_within(STOP_SECONDS):
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def _ended_with(parent: int) -> Callable[[], None]:
    """Return the first step of a child: it asks the kernel for SIGTERM when its parent ends in any way."""

    def ask() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return ask


def _wait(request: "_StopRequest", child: Child, url: str, *, beside: Child | None = None) -> None:
    """Wait until `url` answers; an ended child, or too long a wait, is an error."""
    with httpx.Client(timeout=2.0, trust_env=False) as client:
        for _ in range(int(READY_SECONDS / POLL_SECONDS)):
            if child.ended_within(POLL_SECONDS):
                raise child.end()
            if beside is not None and beside.process.poll() is not None:
                raise beside.end()
            request.heed()
            if _answers(client, url):
                return
    raise Unavailable(
        f"{child.name} was not ready after {READY_SECONDS:g} s; {url} does not answer", value=url
    )


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.TransportError:
        return False


def _watch(request: "_StopRequest", holdfast: Child, shop: Child) -> None:
    while not holdfast.ended_within(POLL_SECONDS):
        request.heed()
        if shop.process.poll() is not None:
            raise shop.end()
    raise holdfast.end()


def say_where_to_look(places: Places) -> None:
    """Say where the page is, and what to type in another terminal."""
    say("")
    say(f"  The shop is open and watched. Look at {places.page}")
    port = places.control_port
    say(f"  Its people's mail, pages too: {places.inbox}")
    say(f"  Break it from another terminal:  {typed('break', FIRST_FAULT, control_port=port)}")
    say(f"  Fix it again:                    {typed('mend', control_port=port)}")
    say("  Stop with Ctrl-C.")
    say("")


class _StopRequested(Exception):
    """Somebody wants the demo to end."""


class _StopRequest:
    """Whether somebody asked to stop; asking again changes nothing.

    It is a plain flag, because a handler that raised or took a lock could do so anywhere, even inside a fork.
    """

    def __init__(self) -> None:
        self._made = False

    def note(self, *_: object) -> None:
        """Note a signal."""
        self._made = True

    def heed(self) -> None:
        """End the demo if somebody asked; called where that is safe."""
        if self._made:
            raise _StopRequested


@contextmanager
def _stop_requests() -> Iterator[_StopRequest]:
    """Note the signals that stop the demo; the block ends quietly where it heeds one."""
    request = _StopRequest()
    before = [signal.signal(number, request.note) for number in STOPS]
    try:
        yield request
    except _StopRequested:
        pass
    finally:
        for number, handler in zip(STOPS, before, strict=True):
            signal.signal(number, handler)
