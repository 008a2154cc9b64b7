"""A whole server as a process: it starts, answers, says what is in its way, and stops cleanly."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.doors import authority, write_pair

from holdfast.app import data_directory

SECONDS = 60


class Running:
    """A server process on free ports, and what it has said so far."""

    def __init__(self, data: Path, *more: str) -> None:
        command = [sys.executable, "-m", "holdfast", "serve", "--data", str(data), "--port", "0"]
        free = ["--otlp-grpc-port", "0", "--otlp-http-port", "0"]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [*command, *free, *more], stderr=subprocess.PIPE, text=True, env=environment, cwd=data.parent
        )
        self.said: list[str] = []

    def wait_for(self, pattern: str) -> str:
        """Read what it says until a line matches; return the first group."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if match := re.search(pattern, line):
                return match.group(1) if match.groups() else line
        raise AssertionError(f"it ended without saying {pattern!r}: {''.join(self.said)}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it to stop and return its exit status."""
        self.process.send_signal(number)
        _, rest = self.process.communicate(timeout=SECONDS)
        self.said.append(rest or "")
        return self.process.returncode


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Running]]:
    """Servers started by a test, ended with it."""
    running: list[Running] = []
    yield running
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


@dataclass(frozen=True)
class First:
    """A server that is in the way of others: where its data is, which port and process it has."""

    data: Path
    port: str
    pid: int


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    """A server that runs while others try to start; nothing is asked of it."""
    data = tmp_path_factory.mktemp("first") / "data"
    server = Running(data, "--fake")
    try:
        port = server.wait_for(r"page and API\s+\S+:(\d+)")
        server.wait_for("Ctrl-C")
        yield First(data, port, server.process.pid)
    finally:
        server.process.kill()
        server.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_without_engines_starts_answers_and_stops(
    tmp_path: Path, started: list[Running], number: int
) -> None:
    """Page, API and receivers answer, and a signal ends it with 0 and no port left open."""
    server = Running(tmp_path / "data", "--fake")
    started.append(server)
    page = server.wait_for(r"page and API\s+(\S+)")
    otlp = server.wait_for(r"OTLP over HTTP (\S+)")
    assert httpx.get(f"{page}/readyz").json()["status"] in ("ready", "degraded")
    assert httpx.get(f"{page}/api/v1/objectives").json()["items"] == []
    sent = httpx.post(f"{otlp}/v1/traces", content=b"", headers={"content-type": "application/x-protobuf"})
    assert sent.status_code == 200
    assert server.stop(number) == 0
    assert "Holdfast has stopped." in server.said[-1]
    assert "Traceback" not in "".join(server.said)
    with pytest.raises(httpx.ConnectError):
        httpx.get(page)


def test_a_hangup_ends_nothing(tmp_path: Path, started: list[Running]) -> None:
    """SIGHUP is logged and the server goes on answering; SIGTERM still ends it with 0."""
    server = Running(tmp_path / "data", "--fake")
    started.append(server)
    page = server.wait_for(r"page and API\s+(\S+)")
    server.wait_for("Ctrl-C")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("SIGHUP: nothing to reload")
    assert httpx.get(f"{page}/healthz").status_code == 200
    assert server.stop() == 0


def test_temporary_files_go_below_the_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside, TMPDIR and Python's own choice are a private directory below --data; after, those of before."""
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "left-by-a-crash").touch()
    before = tempfile.gettempdir()
    with data_directory.temporary_files_in(tmp_path):
        assert os.environ["TMPDIR"] == tempfile.gettempdir() == str(tmp_path / "tmp")
        assert [*(tmp_path / "tmp").iterdir()] == []
        assert (tmp_path / "tmp").stat().st_mode & 0o777 == 0o700
    assert ("TMPDIR" in os.environ, tempfile.gettempdir()) == (False, before)


def test_a_second_server_is_told_who_has_the_directory(first: First, started: list[Running]) -> None:
    """The data directory has one owner: the second start is exit 3 and names the pid."""
    second = Running(first.data, "--fake")
    started.append(second)
    assert second.wait_for(r"in use by another Holdfast \(pid (\d+)\)") == str(first.pid)
    assert second.process.wait(SECONDS) == 3


def test_a_taken_port_is_told(first: First, tmp_path: Path, started: list[Running]) -> None:
    """A second server on the same port is exit 3 and says which port and who has it."""
    second = Running(tmp_path / "b", "--fake", "--port", first.port)
    started.append(second)
    second.wait_for(rf"port {first.port} for page and API is taken by .*pid {first.pid}")
    assert second.process.wait(SECONDS) == 3


def test_every_problem_of_the_certificate_is_said_at_the_start(
    tmp_path: Path, started: list[Running]
) -> None:
    """Two wrong files are exit 2 and a line each, before anything is opened."""
    options = ["--tls-certificate", str(tmp_path / "nowhere.pem"), "--tls-key", str(tmp_path)]
    server = Running(tmp_path / "data", "--fake", *options)
    started.append(server)
    server.wait_for(r"nowhere\.pem cannot be read \(No such file")
    server.wait_for(r"--tls-key \S+ cannot be read \(Is a directory")
    assert server.process.wait(SECONDS) == 2


def test_a_running_server_takes_a_renewed_certificate_by_itself(
    tmp_path: Path, started: list[Running]
) -> None:
    """Half a pair is one line, the whole one is used without a signal, and the live connection goes on."""
    ca, other = authority(tmp_path), authority(tmp_path, "other")
    files = write_pair(tmp_path, ca)
    assert files.certificate is not None
    assert files.key is not None
    options = ["--tls-certificate", str(files.certificate), "--tls-key", str(files.key)]
    server = Running(tmp_path / "data", "--fake", *options)
    started.append(server)
    page = server.wait_for(r"page and API\s+(\S+)")
    server.wait_for("Ctrl-C")
    with httpx.Client(base_url=page, verify=ca.context()) as live:
        assert live.get("/healthz").status_code == 200
        key = files.key.read_bytes()
        write_pair(tmp_path, other)
        renewed = files.key.read_bytes()
        files.key.write_bytes(key)
        server.wait_for(
            rf"--tls-key {files.key} does not belong .*; until then the certificate of before is used"
        )
        files.key.write_bytes(renewed)
        server.wait_for("a new certificate is used: ")
        assert live.get("/healthz").status_code == 200
        assert httpx.get(f"{page}/healthz", verify=other.context()).status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{page}/healthz", verify=ca.context())
    assert server.stop() == 0
    assert "PRIVATE" not in "".join(server.said)


def test_other_machines_are_not_served_without_a_token(tmp_path: Path, started: list[Running]) -> None:
    """Listening beyond loopback without a token is exit 3 and says what to do first."""
    server = Running(tmp_path / "data", "--fake", "--host", "0.0.0.0")
    started.append(server)
    server.wait_for("holdfast access token create --role admin")
    assert server.process.wait(SECONDS) == 3
