"""How many files may be open: as many as can be had, and a sentence where they are few."""

import os
import resource
import subprocess
import sys

import pytest

from holdfast.app import open_files
from holdfast.telemetry.intake.limits import ConnectionLimits

PROGRAM = """
from holdfast.app import open_files
from holdfast.runtime.errors import Unavailable
try:
    print(open_files.raise_limit())
except Unavailable as error:
    print(error.detail)
"""


def raised(soft: int, hard: int) -> str:
    """Return what a process with these limits comes to."""

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    command = [sys.executable, "-c", PROGRAM]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, preexec_fn=limits, env=environment
    ).stdout.strip()


@pytest.mark.parametrize(("soft", "hard"), [(256, 5000), (1024, 1024), (400, 400)])
def test_the_soft_limit_is_raised(soft: int, hard: int) -> None:
    """A server takes as many files as it may have, for the usual soft limit is far below the hard one."""
    assert raised(soft, hard) == str(hard)


def test_far_too_few_files_are_refused() -> None:
    """With too few files to serve a busy minute the server says so and does not start."""
    assert raised(256, 399).startswith("this process may open 399 files and needs at least 400; raise it")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (1024, "1024 files may be open, so each port accepts 204 connections instead of 1000"),
        (4999, "4999 files may be open, so each port accepts 999 connections instead of 1000"),
        (5000, ""),
        (sys.maxsize, ""),
    ],
)
def test_too_few_for_the_connections_are_told(files: int, sentence: str) -> None:
    """Where files are too few for all ports to be full, what that costs is said; else nothing is."""
    assert open_files.shortage(files) == sentence


def test_all_ports_full_leave_files_for_the_engine() -> None:
    """With three ports full, whatever the limit, at least two fifths of the files are left."""
    for files in range(open_files.LEAST, 10_000):
        assert files - 3 * ConnectionLimits().within(files).connections >= files * 2 / 5


def test_the_limit_of_another_process() -> None:
    """The limit of a running server can be seen from outside; of one that is gone it cannot."""
    assert open_files.limit_of(os.getpid()) == open_files.limit()
    assert open_files.limit_of(2**22 + 1) is None
