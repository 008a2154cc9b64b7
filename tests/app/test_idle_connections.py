"""Silent connections to any port leave a server files enough to answer on the others."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from tests.acceptance.server_process import ServerProcess

FILES = 420
"""A hard limit so low that raising it cannot help, and just enough to start."""
SILENT = 300
"""More than the limit leaves for one port, fewer than the files the server may open."""


class FewFiles(ServerProcess):
    """A server without engines that may open few files."""

    def launch(self) -> None:
        """Start the process without waiting for it."""
        ports = [
            "--port",
            self.page_port,
            "--otlp-grpc-port",
            self.grpc_port,
            "--otlp-http-port",
            self.http_port,
        ]
        command = [sys.executable, "-m", "holdfast", "serve", "--fake", "--data", self.data, *ports]
        limited = ["sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh", *map(str, command)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(limited, stdout=output, stderr=output, env=environment)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FewFiles]:
    """One server for the tests of this module."""
    server = FewFiles(tmp_path_factory.mktemp("few"))
    server.start()
    yield server
    assert server.stop() == 0


def silent(port: int, stack: ExitStack) -> None:
    """Open connections that say nothing; those that are refused are refused."""
    for _ in range(SILENT):
        stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=2))


def status(port: int, path: str, **request: bytes) -> int:
    """Ask once and return the status; the answer has to come within three seconds."""
    method = "POST" if request else "GET"
    headers = {"content-type": "application/x-protobuf"} if request else {}
    return httpx.request(
        method, f"http://127.0.0.1:{port}{path}", headers=headers, timeout=3, **request
    ).status_code


def test_too_few_files_are_said_at_the_start(server: FewFiles) -> None:
    """Whoever starts a server with too low a limit reads what it costs, and what to do."""
    said = server.log.read_text()
    assert f"{FILES} files may be open, so each port accepts {FILES // 5} connections instead of 1000" in said
    assert "ulimit -n" in said


@pytest.mark.parametrize("attacked", ["grpc", "otlp-http"])
def test_the_page_and_the_other_port_answer(server: FewFiles, attacked: str) -> None:
    """While one port for telemetry is full of silent connections, the page and the other port answer."""
    with ExitStack() as stack:
        silent(server.grpc_port if attacked == "grpc" else server.http_port, stack)
        for _ in range(3):
            assert status(server.page_port, "/readyz") == 200
            assert status(server.page_port, "/api/v1/objectives") == 200
            if attacked == "grpc":
                assert status(server.http_port, "/v1/traces", content=b"") == 200


def test_all_ports_full(server: FewFiles) -> None:
    """With every port full at once the server lives, and each answers again when the silent have gone."""
    with ExitStack() as stack:
        for port in (server.grpc_port, server.http_port, server.page_port):
            silent(port, stack)
        assert status(server.page_port, "/readyz") == 503
    assert status(server.page_port, "/readyz") == 200
    assert status(server.http_port, "/v1/traces", content=b"") == 200
