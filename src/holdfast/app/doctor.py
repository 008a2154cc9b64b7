"""`holdfast doctor`: looks at everything a server stands on and says what to do about what is wrong.

It runs beside a server or without one, changes nothing, and asks the running server about what only that one
can know. Each check is a function from a `Patient` to a `Finding`; one that breaks is itself a finding.
"""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.app import data_directory, open_files, page_files, state_file
from holdfast.app.kernel_clock import is_synchronised
from holdfast.app.ports import holder, listen
from holdfast.app.state import head, revision_of
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.clock import Clock, SystemClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Forbidden, HoldfastError, Unauthenticated
from holdfast.runtime.output import Column, Output, OutputOption, emit, say
from holdfast.runtime.settings import Settings, load
from holdfast.telemetry.disk import SystemDisk
from holdfast.telemetry.spool_refused import left_behind

GIBIBYTE = 1024**3
DISK_FLOOR_BYTES = GIBIBYTE
DISK_COMFORT_BYTES = 5 * GIBIBYTE
ENGINE_SECONDS = 60
STEP_SECONDS = 0.05
WATCHED_SECONDS = 0.5
ENGINE_PROGRAM = "import chdb; print(chdb.query('SELECT 6 * 7', 'CSV').bytes().decode().strip())"


class Verdict(StrEnum):
    """What a check came to."""

    FINE = "fine"
    LOOK = "look"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what to do about it."""

    check: str
    verdict: Verdict
    found: str
    advice: str = ""


class Patient:
    """What is examined: the settings as a server would read them, and the running server, if there is one."""

    def __init__(self, settings: Settings, url: str, clock: Clock, *, asks_server: bool = True) -> None:
        self.settings = settings
        self.clock = clock
        self.url = url or f"http://127.0.0.1:{settings.port}"
        self.asks_server = asks_server

    @cached_property
    def capped_names(self) -> tuple[str, ...]:
        """What the running server says of names that senders send too many of, a sentence for each kind."""
        with Client(self.url) as client:
            return tuple(str(one["detail"]) for one in client.get("/status").get("capped_names", ()))

    @cached_property
    def parts(self) -> Mapping[str, Mapping[str, Any]] | None:
        """What the running server says of its parts, or None if none answers or is to be asked."""
        if not self.asks_server:
            return None
        try:
            with Client(self.url) as client:
                ready = client.get("/readyz")
        except HoldfastError:
            return None
        return {part["name"]: part for part in ready.get("parts", ())}


Check = Callable[[Patient], Finding]


def doctor(
    data: Annotated[
        Path | None, typer.Option(help="This data directory, and no server if none runs in it.")
    ] = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Check ports, disk, clock, engines, intake and page; say what to do; exit 1 if something is wrong."""
    settings = load(data=data)
    # A server may run elsewhere while a restored directory is looked at: what that one says is of another.
    asks_server = data is None or data_directory.owner(settings.data) is not None
    findings = examine(Patient(settings, url, SystemClock(), asks_server=asks_server))
    rows = [
        {"check": one.check, "verdict": one.verdict.value, "found": one.found, "advice": one.advice}
        for one in findings
    ]
    columns = (Column("verdict"), Column("check"), Column("found"), Column("advice", "what to do"))
    emit(rows, columns=columns, output=output)
    wrong = [one.check for one in findings if one.verdict is Verdict.WRONG]
    if wrong:
        say(f"Wrong: {', '.join(wrong)}.")
        raise typer.Exit(1)
    say("Nothing is wrong.")


def doctor_command() -> Callable[..., None]:
    """Return the command."""
    return doctor


def examine(patient: Patient, checks: Mapping[str, Check] | None = None) -> list[Finding]:
    """Run every check; one that breaks is a finding and does not stop the others."""
    return [_run(name, check, patient) for name, check in (checks or CHECKS).items()]


def _run(name: str, check: Check, patient: Patient) -> Finding:
    try:
        return check(patient)
    except (HoldfastError, OSError, subprocess.SubprocessError) as error:
        return Finding(name, Verdict.WRONG, str(error), "fix this first; later checks may depend on it")


def check_server(patient: Patient) -> Finding:
    """Does a server answer?"""
    if not patient.asks_server:
        found = f"none runs in {patient.settings.data}, which is looked at by itself"
        return Finding("server", Verdict.LOOK, found, "leave --data out to ask the one that runs")
    if patient.parts is None:
        return Finding(
            "server", Verdict.LOOK, f"none answers at {patient.url}", "`holdfast serve` starts one"
        )
    down = [
        f"{name}: {part['detail'] or part['state']}"
        for name, part in patient.parts.items()
        if part["state"] != "ok"
    ]
    if down:
        return Finding("server", Verdict.WRONG, "; ".join(down), "its log says more")
    return Finding("server", Verdict.FINE, f"it answers at {patient.url}")


def check_ports(patient: Patient) -> Finding:
    """Can the three ports be had, or does the server hold them already?"""
    settings = patient.settings
    wanted = {
        "port": (settings.host, settings.port),
        "otlp-grpc-port": (settings.intake_host, settings.otlp_grpc_port),
        "otlp-http-port": (settings.intake_host, settings.otlp_http_port),
    }
    numbers = ", ".join(str(port) for _, port in wanted.values())
    if patient.parts is not None:
        return Finding("ports", Verdict.FINE, f"the server at {patient.url} holds its own")
    if not patient.asks_server:
        return Finding("ports", Verdict.FINE, "none are needed to look at a directory")
    for setting, (host, port) in wanted.items():
        try:
            listen(host, port, purpose=setting, setting=setting).close()
        except HoldfastError:
            by = holder(port) or "another program"
            return Finding(
                "ports", Verdict.WRONG, f"{port} is taken by {by}", f"stop it, or choose another --{setting}"
            )
    return Finding("ports", Verdict.FINE, f"{numbers} are free")


def check_disk(patient: Patient) -> Finding:
    """Is there room where the data is, and may it be written?"""
    place = _existing(patient.settings.data)
    free = shutil.disk_usage(place).free
    found = f"{free / GIBIBYTE:.1f} GiB free at {place}"
    if free < DISK_FLOOR_BYTES:
        return Finding("disk", Verdict.WRONG, found, "make room: intake stops before the disk is full")
    if free < DISK_COMFORT_BYTES:
        return Finding("disk", Verdict.LOOK, found, "make room soon, or lower --retention-days")
    return Finding("disk", Verdict.FINE, found)


def check_files(patient: Patient) -> Finding:
    """May the server that runs, or one started from here, open files enough for its connections?"""
    pid = data_directory.owner(patient.settings.data)
    running = None if pid is None else open_files.limit_of(pid)
    files = running if running is not None else open_files.most()
    if found := open_files.shortage(files):
        return Finding("files", Verdict.LOOK, found, open_files.RAISE)
    return Finding("files", Verdict.FINE, f"{files} files may be open")


def check_clock(patient: Patient) -> Finding:
    """Does the wall clock run as steadily as the monotonic one, and is it kept by a time server?"""
    clock = patient.clock
    wall, steady = clock.now(), clock.monotonic_seconds()
    clock.wait(threading.Event(), WATCHED_SECONDS)
    drift = (clock.now() - wall).total_seconds() - (clock.monotonic_seconds() - steady)
    if abs(drift) > STEP_SECONDS:
        return Finding(
            "clock",
            Verdict.WRONG,
            f"it stepped by {drift:+.3f} s while being watched",
            "see to its time server",
        )
    if is_synchronised() is False:
        advice = "start chrony or systemd-timesyncd: alerts and spans are laid side by side by time"
        return Finding("clock", Verdict.LOOK, "the kernel says no time server keeps it", advice)
    return Finding("clock", Verdict.FINE, f"steady to {abs(drift) * 1000:.1f} ms")


def check_state(patient: Patient) -> Finding:
    """Does the state database answer, and is it in this version's form?"""
    if (part := _part(patient, "state")) is not None:
        return part
    settings = patient.settings
    database = Database(settings.state_url)
    try:
        state_file.refuse_lost(database)
        if state_file.is_new(database):
            return _no_state(database, settings)
        database.check()
        with database.read() as tx:
            found = revision_of(tx)
    finally:
        database.close()
    if found == head():
        return Finding("state", Verdict.FINE, f"it answers, at migration {found}")
    return Finding("state", Verdict.LOOK, f"at migration {found}", f"the next start brings it to {head()}")


def _no_state(database: Database, settings: Settings) -> Finding:
    if warning := state_file.beside_older_data(database, settings.data / "warehouse"):
        return Finding(
            "state", Verdict.WRONG, warning.replace("was made", "would be made"), "restore a backup"
        )
    return Finding("state", Verdict.FINE, "there is none yet; the first start makes it")


def check_warehouse(patient: Patient) -> Finding:
    """Does the telemetry engine work?"""
    if (part := _part(patient, "warehouse")) is not None:
        return part
    if patient.settings.warehouse is not None:
        from holdfast.telemetry.warehouse_clickhouse import ClickHouseWarehouse  # engines are heavy to import

        remote = ClickHouseWarehouse(patient.settings.warehouse_url)
        remote.query("SELECT 1")
        remote.close()
        return Finding("warehouse", Verdict.FINE, "the ClickHouse server answers")
    if (pid := data_directory.owner(patient.settings.data)) is not None:
        found = f"its directory is held by pid {pid}, which does not answer at {patient.url}"
        return Finding("warehouse", Verdict.LOOK, found, "give --url if that server has another port")
    return _embedded_engine()


def check_intake(patient: Patient) -> Finding:
    """Is telemetry taken and stored?"""
    if (part := _part(patient, "intake")) is not None:
        return part
    left = left_behind(SystemDisk(), patient.settings.data / "spool")
    found = left or "no server runs, so none is taken"
    return Finding("intake", Verdict.LOOK, found, "`holdfast serve` takes it, and stores what waits")


def check_names(patient: Patient) -> Finding:
    """Are there more names of services, operations and the like than are kept apart?"""
    if patient.parts is None:
        return Finding("names", Verdict.LOOK, "no server runs, so no name comes in", "`holdfast serve`")
    try:
        capped = patient.capped_names
    except (Unauthenticated, Forbidden) as error:
        return Finding("names", Verdict.LOOK, error.detail, "set HOLDFAST_TOKEN to a viewer's token")
    if not capped:
        return Finding("names", Verdict.FINE, "each kind of name has room for more")
    advice = (
        "have that sender take ids out of its names; what the catalog names is kept apart whatever else comes"
    )
    return Finding("names", Verdict.LOOK, "; ".join(capped), advice)


def check_page(_patient: Patient) -> Finding:
    """Is the page built?"""
    if (page_files.PAGE_DIRECTORY / page_files.INDEX).exists():
        return Finding("page", Verdict.FINE, "it is built")
    return Finding("page", Verdict.LOOK, "it is not built; API and commands work", "`make page` builds it")


CHECKS: Mapping[str, Check] = {
    "server": check_server,
    "ports": check_ports,
    "disk": check_disk,
    "files": check_files,
    "clock": check_clock,
    "state": check_state,
    "warehouse": check_warehouse,
    "intake": check_intake,
    "names": check_names,
    "page": check_page,
}


def _part(patient: Patient, name: str) -> Finding | None:
    part = (patient.parts or {}).get(name)
    if part is None:
        return None
    verdict = Verdict.FINE if part["state"] == "ok" else Verdict.WRONG
    if not part["detail"]:
        # A server names paths and addresses only to whoever may view.
        return Finding(name, verdict, f"the server says {part['state']}", "export HOLDFAST_TOKEN to see more")
    advice = "" if verdict is Verdict.FINE else "the server's log says more"
    return Finding(name, verdict, str(part["detail"]), advice)


def _embedded_engine() -> Finding:
    # In a process of its own: a broken engine ends that one and not this.
    command = [sys.executable, "-c", ENGINE_PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ENGINE_SECONDS, check=False)
    if done.returncode == 0 and done.stdout.strip() == "42":
        return Finding("warehouse", Verdict.FINE, "the embedded engine answers")
    said = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
    return Finding("warehouse", Verdict.WRONG, f"the embedded engine does not work: {said}", "`make setup`")


def _existing(path: Path) -> Path:
    return next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())
