"""The demo starts two processes and leaves none: proved with stand-ins that answer where both would."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psutil
import pytest
from tests.ports import free_port
from typer.testing import CliRunner

from holdfast.app import demo
from holdfast.app.demo_processes import Places, run, say_where_to_look
from holdfast.app.demo_words import DEFAULT_CONTROL_PORT, typed
from holdfast.runtime.errors import Invalid, Unavailable
from holdfast.runtime.settings import load

SOURCE = Path(demo.__file__).parents[2]
PATIENCE_SECONDS = 20.0

# Answers 200 on one port until SIGTERM; the port is an environment variable or the value after an option.
STAND_IN = """
import http.server, os, signal, sys
print("standing in", flush=True)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
where = sys.argv[1]
port = int(os.environ[where] if where in os.environ else sys.argv[sys.argv.index(where, 2) + 1])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def do_POST(self):
        os._exit(7)
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
DRIVER = """
import json, sys
from pathlib import Path
from holdfast.app.demo_processes import Places, run, say_where_to_look
from holdfast.app.demo_words import DEFAULT_CONTROL_PORT, typed
given = json.loads(sys.argv[1])
places = Places(**{**given["places"], "data": Path(given["places"]["data"]), "catalog": Path(".")})
run(places, serve=given["serve"], shop=given["shop"])
"""
SERVE = (sys.executable, "-c", STAND_IN, "HOLDFAST_PORT")
SHOP = (sys.executable, "-c", STAND_IN, "--control-port")


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on now."""
    return [free_port() for _ in range(count)]


def is_free(port: int) -> bool:
    """Return whether nobody listens on a port."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A demo of its own."""
    port, grpc, http, control = free_ports(4)
    shop = next(
        one for one in iter(free_port, 0) if one + 49 <= 65_535 and all(map(is_free, (one + 48, one + 49)))
    )
    return Places(
        data=tmp_path / "demo",
        catalog=tmp_path,
        port=port,
        otlp_grpc_port=grpc,
        otlp_http_port=http,
        shop_port=shop,
        control_port=control,
    )


@pytest.fixture
def driven(places: Places) -> Iterator[subprocess.Popen[str]]:
    """A demo with both stand-ins running, in a process of its own."""
    ports = {name: getattr(places, name) for name in Places.__slots__ if name.endswith("port")}
    given = {"places": {**ports, "data": str(places.data)}, "serve": SERVE, "shop": SHOP}
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, json.dumps(given)], stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stderr is not None
    said = iter(process.stderr.readline, "")
    assert any("Stop with Ctrl-C" in line for line in said)
    yield process
    process.kill()
    process.wait(PATIENCE_SECONDS)
    process.stderr.close()


def children_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return what the demo started."""
    return psutil.Process(process.pid).children(recursive=True)


def assert_gone(children: list[psutil.Process]) -> None:
    """Fail if any of them still runs."""
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_SECONDS)
    assert not alive


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_it_stops_all_and_is_fine(driven: subprocess.Popen[str], number: int) -> None:
    """However it is told to stop, and however often, all three processes end and the exit status is 0."""
    children = children_of(driven)
    assert len(children) == 3
    for _ in range(3):
        driven.send_signal(number)
    assert driven.wait(PATIENCE_SECONDS) == 0
    assert_gone(children)


def test_killed_it_leaves_nothing(driven: subprocess.Popen[str]) -> None:
    """Even `kill -9` of the demo ends what it started."""
    children = children_of(driven)
    driven.kill()
    assert_gone(children)


@pytest.mark.parametrize(("which", "name"), [("port", "Holdfast"), ("control_port", "the shop")])
def test_a_part_that_ends_is_named(
    driven: subprocess.Popen[str], places: Places, which: str, name: str
) -> None:
    """When one process ends by itself the demo says which, stops the other, and fails."""
    children = children_of(driven)
    with pytest.raises(httpx.TransportError):
        httpx.post(f"http://127.0.0.1:{getattr(places, which)}/", trust_env=False)
    _, words = driven.communicate(timeout=PATIENCE_SECONDS)
    assert f"{name} stopped by itself with exit status 7" in words
    assert driven.returncode != 0
    assert_gone(children)


def test_a_server_that_cannot_start_is_quoted(places: Places) -> None:
    """When Holdfast ends before it is ready its last words are in the error."""
    serve = (sys.executable, "-c", "import sys; sys.exit('the warehouse is locked')")
    with pytest.raises(
        Unavailable, match=r"(?s)Holdfast stopped by itself with exit status 1.*the warehouse is locked"
    ):
        run(places, serve=serve, shop=SHOP)


@pytest.mark.parametrize("which", ["port", "otlp_grpc_port", "otlp_http_port", "control_port"])
def test_a_taken_port_is_named_before_anything_starts(places: Places, which: str) -> None:
    """A taken port is refused at once, with its number and the setting that moves it."""
    port = getattr(places, which)
    with socket.create_server(("127.0.0.1", port)), pytest.raises(Unavailable) as refused:
        run(places, serve=("never-started",), shop=("never-started",))
    assert str(port) in refused.value.detail
    assert f"--{which.replace('_', '-')}" in refused.value.detail
    assert not places.data.exists()


FAULTS = {
    "items": [
        {"name": "payment-slow", "sentence": "It is slow.", "burns": ["orders-succeed"], "broken": True},
    ]
}


class FakeControl(BaseHTTPRequestHandler):
    """The shop's control, as far as the commands use it."""

    def do_GET(self) -> None:
        self._answer(200, FAULTS)

    def do_POST(self) -> None:
        known = self.path == "/faults/payment-slow"
        self._answer(200 if known else 404, FAULTS["items"][0] if known else {"title": "there is no fault"})

    def do_DELETE(self) -> None:
        self._answer(200, {"mended": ["payment-slow"]})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def control_port() -> Iterator[str]:
    """A control that answers, by its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), FakeControl) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield str(server.server_address[1])
        server.shutdown()
        thread.join()


SCRIPT = Path(sys.executable).with_name("holdfast")


def pasted(command: str, elsewhere: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody does in a new terminal: another directory, no setting of this one."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(SOURCE)}
    return subprocess.run(
        command, shell=True, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("started_as", [os.path.relpath(SCRIPT), str(SCRIPT), "src/holdfast/__main__.py"])
def test_what_to_type_works_when_pasted(
    places: Places,
    control_port: str,
    started_as: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """However a demo was started, and on any port, what it says to type works in another terminal."""
    monkeypatch.setattr(sys, "argv", [started_as, "demo"])
    say_where_to_look(replace(places, control_port=int(control_port)))
    said = capsys.readouterr().err.splitlines()
    to_break, to_fix = (line.partition(":  ")[2].strip() for line in said if " demo " in line)
    broken = pasted(to_break, tmp_path)
    assert (broken.returncode, "It is slow." in broken.stderr) == (0, True), broken.stderr
    assert to_fix in broken.stderr
    assert pasted(to_fix, tmp_path).returncode == 0


def test_the_usual_port_is_not_in_the_way() -> None:
    """A path with spaces is quoted, and the port is given only where it is not the usual one."""
    started_as = ["/opt/hold fast/holdfast"]
    usual = typed("mend", control_port=DEFAULT_CONTROL_PORT, started_as=started_as)
    assert usual == "'/opt/hold fast/holdfast' demo mend"
    assert typed("mend", control_port=7, started_as=started_as) == f"{usual} --control-port 7"


def test_break_says_what_happens_and_what_burns(control_port: str) -> None:
    """Breaking something tells in a sentence what it does and where to watch it."""
    done = CliRunner().invoke(demo.app, ["break", "payment-slow", "--control-port", control_port])
    assert done.exit_code == 0
    assert "It is slow." in done.stderr
    assert "orders-succeed" in done.stderr
    assert not done.stdout


def test_the_controls_port_is_told_once_for_all_commands(
    control_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A demo on other ports is reached through HOLDFAST_CONTROL_PORT, which a server does not refuse."""
    monkeypatch.setenv("HOLDFAST_CONTROL_PORT", control_port)
    done = CliRunner().invoke(demo.app, ["ls", "-o", "json"])
    assert json.loads(done.stdout) == FAULTS["items"]
    assert load().port == 7070


def test_an_unknown_fault_is_wrong_use(control_port: str) -> None:
    """A name nobody defined is refused as wrong use, not as a failure."""
    done = CliRunner().invoke(demo.app, ["break", "nope", "--control-port", control_port])
    assert isinstance(done.exception, Invalid)
    assert done.exception.exit_status == 2


def test_mend_says_what_was_broken(control_port: str) -> None:
    """Fixing names the faults that were on."""
    done = CliRunner().invoke(demo.app, ["mend", "--control-port", control_port])
    assert "payment-slow" in done.stderr


def test_ls_prints_data_on_stdout(control_port: str) -> None:
    """The list is data: JSON on stdout on request, nothing else beside it."""
    done = CliRunner().invoke(demo.app, ["ls", "--control-port", control_port, "-o", "json"])
    assert json.loads(done.stdout) == FAULTS["items"]


def test_without_a_shop_the_commands_say_how_to_start_one() -> None:
    """Where no shop answers, the error names the address and the command that starts one."""
    port = free_ports(1)[0]
    done = CliRunner().invoke(demo.app, ["mend", "--control-port", str(port)])
    assert isinstance(done.exception, Unavailable)
    assert str(port) in done.exception.detail
    assert "holdfast demo" in done.exception.detail
    assert done.exception.exit_status == 3


def test_a_missing_catalog_is_wrong_use(tmp_path: Path) -> None:
    """The demo refuses to start without the shop's catalog, and says where it looked."""
    missing = tmp_path / "nowhere"
    done = CliRunner().invoke(demo.app, ["--catalog", str(missing)])
    assert isinstance(done.exception, Invalid)
    assert str(missing) in done.exception.detail
