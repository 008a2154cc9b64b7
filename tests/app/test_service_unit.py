"""The unit file that is shipped: hardened as far as the process allows, and fitting what the process does."""

import configparser
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.lints.source import ROOT

from holdfast.app import listeners, server
from holdfast.app.serve import serve_command
from holdfast.runtime import workers
from holdfast.telemetry.intake.limits import ConnectionLimits

UNIT = ROOT / "packaging/holdfast.service"
EXPOSURE_MOST = 20
"""Tenths on systemd's own scale, on which a service without any hardening has 96."""
analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


@pytest.fixture
def service() -> dict[str, str]:
    """The directives of the [Service] section."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names as they are written
    unit.read(UNIT)
    return dict(unit["Service"])


@pytest.fixture
def with_a_program(tmp_path: Path) -> Path:
    """The unit with a program that is there, so that systemd looks at all the rest."""
    path = tmp_path / "holdfast.service"
    path.write_text(UNIT.read_text().replace("/opt/holdfast/bin/holdfast", sys.executable))
    return path


@analyze
def test_systemd_knows_every_directive(with_a_program: Path) -> None:
    """`systemd-analyze verify` has nothing to say of the unit."""
    done = subprocess.run(
        ["systemd-analyze", "verify", str(with_a_program)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


@analyze
def test_systemd_finds_it_hardened(with_a_program: Path) -> None:
    """The exposure that `systemd-analyze security` works out stays low."""
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    command += [f"--threshold={EXPOSURE_MOST}", str(with_a_program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]


def test_it_may_write_the_data_directory_and_nothing_else(service: dict[str, str]) -> None:
    """`--data` is the state directory of the unit, the root is read-only, and no other path is opened."""
    data = f"/var/lib/{service['StateDirectory']}"
    assert shlex.split(service["ExecStart"])[-2:] == ["--data", data]
    assert (service["ProtectSystem"], service["DynamicUser"]) == ("strict", "yes")
    assert (service["StateDirectoryMode"], service["UMask"]) == ("0700", "0077")
    assert [name for name in service if name in ("ReadWritePaths", "BindPaths", "WorkingDirectory")] == []


def test_its_command_is_one_there_is(service: dict[str, str]) -> None:
    """ExecStart names options that `holdfast serve` has."""
    known = {f"--{name.replace('_', '-')}" for name in serve_command().__signature__.parameters}
    words = shlex.split(service["ExecStart"])
    assert words[1] == "serve"
    assert {word for word in words if word.startswith("--")} <= known


def test_stopping_gets_the_time_it_takes(service: dict[str, str]) -> None:
    """systemd waits longer than all steps of a clean stop together, before it kills."""
    steps = server.DRAIN_SECONDS + workers.JOIN_SECONDS + 2 * (listeners.DRAIN_SECONDS + 2)
    assert int(service["TimeoutStopSec"]) > steps


def test_files_suffice_for_all_connections(service: dict[str, str]) -> None:
    """Two HTTP ports may have all their connections within a quarter of the files each."""
    most = int(service["LimitNOFILE"])
    assert ConnectionLimits().within(most) == ConnectionLimits()
    assert 4 * ConnectionLimits().connections <= most


def test_sockets_and_machine_code_are_left_to_it(service: dict[str, str]) -> None:
    """What hardening would break stays: internet and local sockets, and code the engine compiles."""
    assert set(service["RestrictAddressFamilies"].split()) == {"AF_INET", "AF_INET6", "AF_UNIX"}
    assert "MemoryDenyWriteExecute" not in service
    assert "ProcSubset" not in service  # the engine reads /proc/meminfo and /proc/cpuinfo
