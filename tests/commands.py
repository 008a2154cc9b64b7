"""Runs `holdfast …` as a person does: arguments in, exit status and both outputs out, over a connection."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from starlette.types import ASGIApp

from holdfast.app import main
from holdfast.app.listeners import HttpListener
from holdfast.runtime.clock import SystemClock

NOBODY = "http://127.0.0.1:9"
"""Where no server answers."""


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Done]


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port while the block runs; the value is its address."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        listener = HttpListener("page", app, opened, SystemClock())
        listener.start()
        yield f"http://{listener.address}"
        listener.stop()


@contextmanager
def in_zone(name: str) -> Iterator[None]:
    """Let this process live in a time zone while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", name)
        time.tzset()
        yield
    time.tzset()


def runner(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run commands against the server at `url`, into a pipe."""
    monkeypatch.setenv("HOLDFAST_URL", url)
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: str) -> Done:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["holdfast", *arguments])
        with pytest.raises(SystemExit) as left:
            main.main()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return run
