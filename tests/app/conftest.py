"""A whole server over engines in memory, reached without a port."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from holdfast.app import compose, fakes
from holdfast.app.page_files import PageFiles
from holdfast.app.readiness import Phase, Readiness
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.settings import Settings, load

BASE_URL = "http://127.0.0.1:7070"
LOOPBACK = ("127.0.0.1", 50_000)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("HOLDFAST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


@dataclass
class Served:
    """A server's parts and a client on its machine."""

    app: FastAPI
    made: compose.Services
    readiness: Readiness
    client: TestClient
    clock: ManualClock


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a server of its own, on any free ports."""
    return load(data=tmp_path / "data", port=0, otlp_grpc_port=0, otlp_http_port=0)


@pytest.fixture
def served(settings: Settings, clock: ManualClock) -> Iterator[Served]:
    """A server with every service, whose engines hold everything in memory."""
    # The intake is not started: its threads would make a clock that is moved by hand run away.
    (settings.data / "spool").mkdir(parents=True)
    with fakes.opened(settings) as engines:
        made = compose.services(settings, clock, engines)
        engines.prepare()
        readiness = Readiness({"state": engines.probe_state})
        readiness.enter(Phase.READY)
        app = compose.app(made, readiness, PageFiles({}), settings, clock)
        yield Served(app, made, readiness, TestClient(app, base_url=BASE_URL, client=LOOPBACK), clock)
