"""Processes of the shop: watched, stopped, and never left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bazaar import parts, ports
from bazaar.errors import NotReadyError, PartDiedError, PortTakenError
from bazaar.layout import Layout
from bazaar.readiness import wait_for

PATIENCE_SECONDS = 10.0


def sleep_until_stopped() -> None:
    """A body that runs until a signal."""
    signal.pause()


def ignore_politeness() -> None:
    """A body that does not stop when asked."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()


def fail() -> None:
    """A body that goes wrong."""
    raise OSError("the disk is full")


def wait_until_ended(part: parts.Part) -> PartDiedError:
    """The error a supervisor sees once the part has ended."""
    with pytest.raises(PartDiedError) as died:
        wait_for(part, lambda: False, patience_seconds=PATIENCE_SECONDS)
    return died.value


def test_a_part_that_dies_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    """When a part fails the error names it, says how it ended, and quotes it."""
    died = wait_until_ended(parts.fork("cart-zone-a", tmp_path / "log", fail))
    assert died.part == "cart-zone-a"
    assert "exit code 1" in str(died)
    assert "the disk is full" in str(died)


def test_a_part_that_is_killed_is_reported_by_the_signal(tmp_path: Path) -> None:
    """A killed part is told apart from one that failed."""
    part = parts.fork("cart-zone-a", tmp_path / "log", sleep_until_stopped)
    os.kill(part.pid, signal.SIGKILL)
    assert "SIGKILL" in str(wait_until_ended(part))


def test_a_part_that_never_gets_ready_is_reported(tmp_path: Path) -> None:
    """A part that runs but does not answer in time is an error of its own."""
    part = parts.fork("cart-zone-a", tmp_path / "log", sleep_until_stopped)
    try:
        with pytest.raises(NotReadyError, match="cart-zone-a"):
            wait_for(part, lambda: False, patience_seconds=0.1)
    finally:
        parts.stop([part])


def test_stopping_takes_the_willing_and_the_unwilling(tmp_path: Path) -> None:
    """Every part is gone after stop, whether it listens to SIGTERM or not; stopping again is nothing."""
    willing = parts.fork("willing", tmp_path / "a", sleep_until_stopped)
    unwilling = parts.fork("unwilling", tmp_path / "b", ignore_politeness)
    parts.stop([willing, unwilling], patience_seconds=0.3)
    assert not psutil.pid_exists(willing.pid)
    assert not psutil.pid_exists(unwilling.pid)
    parts.stop([willing, unwilling])


def test_parts_die_with_a_killed_parent(tmp_path: Path, python_environment: dict[str, str]) -> None:
    """`kill -9` of the supervisor ends its parts too."""
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal, sys; from pathlib import Path; from bazaar.parts import fork\n"
            "print(fork('part', Path(sys.argv[1]), signal.pause).pid, flush=True); signal.pause()",
            str(tmp_path / "log"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=python_environment,
    )
    assert parent.stdout is not None
    part = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    _, alive = psutil.wait_procs([part], timeout=PATIENCE_SECONDS)
    assert not alive


def test_a_taken_port_is_reported_with_its_owner(layout: Layout) -> None:
    """A port in use is refused by number, with the program that has it and what to do."""
    replica = layout.replica("cart", "zone-b")
    with socket.create_server(("127.0.0.1", replica.port)), pytest.raises(PortTakenError) as refused:
        ports.check(layout)
    assert str(replica.port) in str(refused.value)
    assert "cart-zone-b" in str(refused.value)
    assert f"pid {os.getpid()}" in str(refused.value)
    assert "--base-port" in str(refused.value)


def test_free_ports_are_left_free(layout: Layout) -> None:
    """Checking takes no port: it can be done twice."""
    ports.check(layout)
    ports.check(layout)
