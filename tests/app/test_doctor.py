"""The doctor: each check says what it found and what to do, and one that breaks stops none of the others."""

import socket
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from tests.conftest import START
from tests.doors import authority, doors, write_pair

from holdfast.app import doctor
from holdfast.app.doctor import CheckResult, Finding, Patient
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
    assert [one.check for one in found.values() if one.verdict is CheckResult.WRONG] == []
    assert "holdfast serve" in found["server"].advice


def test_a_broken_check_is_a_finding(patient: Patient) -> None:
    """A check that fails is told, and the others are carried out."""

    def broken(_patient: Patient) -> Finding:
        raise Unavailable("the database is away")

    def fine(_patient: Patient) -> Finding:
        return Finding("b", CheckResult.FINE, "well")

    found = doctor.examine(patient, {"a": broken, "b": fine})
    assert [(one.verdict, one.found) for one in found] == [
        (CheckResult.WRONG, "the database is away"),
        (CheckResult.FINE, "well"),
    ]


def test_what_a_stopped_server_left_is_said(patient: Patient) -> None:
    """Without a server the doctor looks into the spool: what waits, and what was damaged or unreadable."""
    assert doctor.check_intake(patient).found == "no server runs, so none is received"
    spool = patient.settings.data / "spool"
    (spool / "refused").mkdir(parents=True)
    name = f"traces-{1:015d}-{'0' * 16}-2"
    (spool / f"{name}.sealed").write_bytes(b"x")
    (spool / "lock").write_bytes(b"")
    assert doctor.check_intake(patient).found == "1 segments wait to be stored"
    (spool / "refused" / f"{name}.damaged").write_bytes(b"xyz")
    found = doctor.check_intake(patient)
    assert found.verdict is CheckResult.LOOK
    assert found.found.startswith("1 segments wait to be stored. 1 segments were damaged on the disk")


def test_a_directory_is_looked_at_by_itself(settings: Settings, clock: ManualClock) -> None:
    """Of a directory in which no server runs, none is asked: it would speak of another directory."""
    alone = Patient(settings, "http://127.0.0.1:7070", clock, asks_server=False)
    assert alone.parts is None
    assert str(settings.data) in doctor.check_server(alone).found
    assert doctor.check_ports(alone).verdict is CheckResult.FINE
    assert "there is none yet" in doctor.check_state(alone).found


def test_a_taken_port_is_found(clock: ManualClock, tmp_path: Path) -> None:
    """A port that another program holds is wrong while no server runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = doctor.check_ports(Patient(load(data=tmp_path, port=port), NOBODY, clock))
    assert found.verdict is CheckResult.WRONG
    assert str(port) in found.found


@pytest.mark.parametrize(
    ("days", "verdict", "said"),
    [
        (-2, CheckResult.WRONG, "expired"),
        (13, CheckResult.LOOK, "13 days"),
        (90, CheckResult.FINE, "90 days"),
    ],
)
def test_a_certificates_end_and_names_are_shown(
    clock: ManualClock, tmp_path: Path, days: int, verdict: CheckResult, said: str
) -> None:
    """The doctor says for which names and how long: expired is wrong, soon is worth a look."""
    end, begin = START + timedelta(days=days), START - timedelta(days=9)
    files = write_pair(tmp_path, authority(tmp_path), "a.example", not_before=begin, not_after=end)
    settings = load(data=tmp_path, tls_certificate=files.certificate, tls_key=files.key)
    found = doctor.check_certificate(Patient(settings, NOBODY, clock))
    assert found.verdict is verdict
    assert [word for word in (said, "a.example", str(files.certificate)) if word not in found.found] == []
    assert (found.advice == "") is (verdict is CheckResult.FINE)


def test_a_certificate_that_cannot_be_used_is_wrong(clock: ManualClock, tmp_path: Path) -> None:
    """What would stop the next start is found before it; a key that everybody can read is worth a look."""
    files = write_pair(tmp_path, authority(tmp_path), not_before=START, not_after=START + timedelta(days=90))
    half = load(data=tmp_path, tls_certificate=files.certificate)
    [found] = doctor.examine(Patient(half, NOBODY, clock), {"certificate": doctor.check_certificate})
    assert (found.verdict, "--tls-key is not" in found.found) == (CheckResult.WRONG, True)
    assert files.key is not None
    files.key.chmod(0o644)
    whole = load(data=tmp_path, tls_certificate=files.certificate, tls_key=files.key)
    found = doctor.check_certificate(Patient(whole, NOBODY, clock))
    assert (found.verdict, found.advice) == (CheckResult.LOOK, f"chmod o-rwx {files.key}")


@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        ({}, CheckResult.FINE),
        ({"host": "0.0.0.0"}, CheckResult.LOOK),
        ({"host": "0.0.0.0", "trusted_proxies": "10.0.0.7"}, CheckResult.FINE),
    ],
)
def test_no_certificate_is_worth_a_look_where_others_come_in(
    clock: ManualClock, tmp_path: Path, options: dict[str, str], verdict: CheckResult
) -> None:
    """On loopback, or behind a proxy that is named, plain HTTP is fine."""
    patient = Patient(load(data=tmp_path, **options), NOBODY, clock)
    assert doctor.check_certificate(patient).verdict is verdict


def test_the_doctor_asks_its_own_server_over_tls(clock: ManualClock, tmp_path: Path) -> None:
    """The doctor trusts the certificate of its own settings, also under other names, and no other."""
    ca = authority(tmp_path)
    files = write_pair(tmp_path, ca, "holdfast.example")
    page = FastAPI()
    page.get("/readyz")(lambda: {"parts": [{"name": "page", "state": "ok", "detail": ""}]})
    with doors(tmp_path, files, page=page) as running:
        settings = load(
            data=tmp_path, port=running.page, tls_certificate=files.certificate, tls_key=files.key
        )
        assert Patient(settings, "", clock).parts is not None
        write_pair(tmp_path, ca, "holdfast.example")
        assert Patient(settings, "", clock).parts is None, "the server shows another certificate"


def test_capped_names_are_worth_a_look(patient: Patient) -> None:
    """Where senders send more names than are kept apart, the doctor repeats what the server says of it."""
    patient.__dict__ |= {"parts": {}, "capped_names": ("services: 5,000 kept apart",)}
    found = doctor.check_names(patient)
    assert (found.verdict, found.found) == (CheckResult.LOOK, "services: 5,000 kept apart")
    patient.__dict__ |= {"capped_names": ()}
    assert doctor.check_names(patient).verdict is CheckResult.FINE


def test_spans_sampled_without_weights_are_worth_a_look(patient: Patient) -> None:
    """The doctor repeats what the server finds, twenty services at most, and names the guide."""
    patient.__dict__ |= {"parts": {}, "sampling": tuple(f"s{n}: sampled" for n in range(22))}
    found = doctor.check_sampling(patient)
    assert found.verdict is CheckResult.LOOK
    assert found.found == "; ".join([f"s{n}: sampled" for n in range(20)] + ["and 2 more"])
    assert "docs/guide/sampling.md" in found.advice
    patient.__dict__ |= {"sampling": ()}
    assert doctor.check_sampling(patient).verdict is CheckResult.FINE


@pytest.mark.parametrize(
    ("free_gibibytes", "verdict"), [(0.5, CheckResult.WRONG), (2, CheckResult.LOOK), (100, CheckResult.FINE)]
)
def test_a_disk_that_fills_up_is_found(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, free_gibibytes: float, verdict: CheckResult
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
    assert found.verdict is CheckResult.WRONG
    assert "-2.000 s" in found.found


def test_what_the_server_says_of_itself_is_shown(patient: Patient) -> None:
    """With a server running its own words about its parts count."""
    patient.__dict__["parts"] = {
        "warehouse": {"name": "warehouse", "state": "down", "detail": "it is away"},
        "intake": {"name": "intake", "state": "ok", "detail": "fine"},
    }
    assert doctor.check_warehouse(patient) == Finding(
        "warehouse", CheckResult.WRONG, "it is away", "the server's log says more"
    )
    assert doctor.check_intake(patient).verdict is CheckResult.FINE
    assert doctor.check_server(patient).verdict is CheckResult.WRONG
