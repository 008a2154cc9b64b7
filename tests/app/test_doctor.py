"""The doctor: each check says what it found and what to do, and one that breaks stops none of the others."""

import socket
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from holdfast.app import doctor
from holdfast.app.doctor import Finding, Patient, Verdict
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.errors import Unavailable
from holdfast.runtime.settings import Settings, load

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def patient(settings: Settings, clock: ManualClock) -> Patient:
    """A machine on which no server runs."""
    return Patient(settings, NOBODY, clock)


def test_a_machine_without_a_server_is_not_ill(patient: Patient) -> None:
    """Before the first start nothing is wrong; what is missing says how to get it."""
    checks = {name: check for name, check in doctor.CHECKS.items() if name != "warehouse"}
    found = {one.check: one for one in doctor.examine(patient, checks)}
    assert [one.check for one in found.values() if one.verdict is Verdict.WRONG] == []
    assert "holdfast serve" in found["server"].advice


def test_a_broken_check_is_a_finding(patient: Patient) -> None:
    """A check that fails is told, and the others are carried out."""

    def broken(_patient: Patient) -> Finding:
        raise Unavailable("the database is away")

    def fine(_patient: Patient) -> Finding:
        return Finding("b", Verdict.FINE, "well")

    found = doctor.examine(patient, {"a": broken, "b": fine})
    assert [(one.verdict, one.found) for one in found] == [
        (Verdict.WRONG, "the database is away"),
        (Verdict.FINE, "well"),
    ]


def test_what_a_stopped_server_left_is_said(patient: Patient) -> None:
    """Without a server the doctor looks into the spool: what waits, and what was damaged or unreadable."""
    assert doctor.check_intake(patient).found == "no server runs, so none is taken"
    spool = patient.settings.data / "spool"
    (spool / "refused").mkdir(parents=True)
    name = f"traces-{1:015d}-{'0' * 16}-2"
    (spool / f"{name}.sealed").write_bytes(b"x")
    (spool / "lock").write_bytes(b"")
    assert doctor.check_intake(patient).found == "1 segments wait to be stored"
    (spool / "refused" / f"{name}.damaged").write_bytes(b"xyz")
    found = doctor.check_intake(patient)
    assert found.verdict is Verdict.LOOK
    assert found.found.startswith("1 segments wait to be stored. 1 segments were damaged on the disk")


def test_a_directory_is_looked_at_by_itself(settings: Settings, clock: ManualClock) -> None:
    """Of a directory in which no server runs, none is asked: it would speak of another directory."""
    alone = Patient(settings, "http://127.0.0.1:7070", clock, asks_server=False)
    assert alone.parts is None
    assert str(settings.data) in doctor.check_server(alone).found
    assert doctor.check_ports(alone).verdict is Verdict.FINE
    assert "there is none yet" in doctor.check_state(alone).found


def test_a_taken_port_is_found(clock: ManualClock, tmp_path: Path) -> None:
    """A port that another program holds is wrong while no server runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = doctor.check_ports(Patient(load(data=tmp_path, port=port), NOBODY, clock))
    assert found.verdict is Verdict.WRONG
    assert str(port) in found.found


def test_capped_names_are_worth_a_look(patient: Patient) -> None:
    """Where senders send more names than are kept apart, the doctor repeats what the server says of it."""
    patient.__dict__ |= {"parts": {}, "capped_names": ("services: 5,000 kept apart",)}
    found = doctor.check_names(patient)
    assert (found.verdict, found.found) == (Verdict.LOOK, "services: 5,000 kept apart")
    patient.__dict__ |= {"capped_names": ()}
    assert doctor.check_names(patient).verdict is Verdict.FINE


@pytest.mark.parametrize(
    ("free_gibibytes", "verdict"), [(0.5, Verdict.WRONG), (2, Verdict.LOOK), (100, Verdict.FINE)]
)
def test_a_disk_that_fills_up_is_found(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, free_gibibytes: float, verdict: Verdict
) -> None:
    """Little room is worth a look, hardly any is wrong."""
    usage = SimpleNamespace(free=int(free_gibibytes * doctor.GIBIBYTE))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: usage)
    assert doctor.check_disk(patient).verdict is verdict


def test_a_clock_that_steps_is_found(patient: Patient, clock: ManualClock, monkeypatch) -> None:
    """A wall clock that moves otherwise than the monotonic one is wrong."""

    def wait(_event: object, seconds: float) -> bool:
        ManualClock.advance(clock, timedelta(seconds=seconds))
        clock.step_back(timedelta(seconds=2))
        return False

    monkeypatch.setattr(clock, "wait", wait)
    found = doctor.check_clock(patient)
    assert found.verdict is Verdict.WRONG
    assert "-2.000 s" in found.found


def test_what_the_server_says_of_itself_is_shown(patient: Patient) -> None:
    """With a server running its own words about its parts count."""
    patient.__dict__["parts"] = {
        "warehouse": {"name": "warehouse", "state": "down", "detail": "it is away"},
        "intake": {"name": "intake", "state": "ok", "detail": "fine"},
    }
    assert doctor.check_warehouse(patient) == Finding(
        "warehouse", Verdict.WRONG, "it is away", "the server's log says more"
    )
    assert doctor.check_intake(patient).verdict is Verdict.FINE
    assert doctor.check_server(patient).verdict is Verdict.WRONG
