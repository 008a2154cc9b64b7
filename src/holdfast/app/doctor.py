"""`holdfast doctor`: checks everything that a server depends on, and says how to fix what is wrong.

It runs beside a server or without one, changes nothing, and asks the running server for what only that server
knows. Each check is a function from a `Patient` to a `Finding`; a check that fails is itself a finding.
"""

import shutil
import ssl
import stat
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.app import data_directory, engine_trial, open_files, page_files, state_file
from holdfast.app.certificate_watch import SOON_DAYS, files_of
from holdfast.app.kernel_clock import is_synchronised
from holdfast.app.ports import holder, listen
from holdfast.app.state import head, revision_of
from holdfast.runtime import certificates
from holdfast.runtime.certificates import Certificate
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.clock import Clock, SystemClock
from holdfast.runtime.columns import Column
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Forbidden, HoldfastError, Unauthenticated
from holdfast.runtime.output import Output, OutputOption, emit, say
from holdfast.runtime.settings import Settings, load
from holdfast.telemetry.intake.spool.disk import SystemDisk
from holdfast.telemetry.intake.spool.refused import left_behind

GIBIBYTE = 1024**3
DISK_FLOOR_BYTES = GIBIBYTE
DISK_COMFORT_BYTES = 5 * GIBIBYTE
SAID_MOST = 20
STEP_SECONDS = 0.05
WATCHED_SECONDS = 0.5


class CheckResult(StrEnum):
    """The result of a check."""

    FINE = "fine"
    LOOK = "look"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what to do about it."""

    check: str
    verdict: CheckResult
    found: str
    advice: str = ""


class Patient:
    """The subject of the checks: the settings as a server would read them, and the running server, if any."""

    def __init__(self, settings: Settings, url: str, clock: Clock, *, asks_server: bool = True) -> None:
        self.settings = settings
        self.clock = clock
        scheme = "https" if settings.tls_certificate else "http"
        self.url = url or f"{scheme}://127.0.0.1:{settings.port}"
        self.asks_server = asks_server
        self._is_own = not url

    @cached_property
    def certificate(self) -> Certificate | None:
        """The certificate of the settings; None if they name none. Raises `Invalid` if it cannot be used."""
        return certificates.read(files_of(self.settings))

    def client(self) -> Client:
        """Return a client of the running server, for a `with` block."""
        return Client(self.url, tls=self._pinned() if self._is_own else None)

    def _pinned(self) -> ssl.SSLContext | None:
        # The server on this machine shows the certificate of the settings, which need not name 127.0.0.1.
        found = self.certificate
        return None if found is None else certificates.pinned_to(certificates.first_of(found.chain))

    @cached_property
    def capped_names(self) -> tuple[str, ...]:
        """The running server's sentences about capped names, one for each kind."""
        with self.client() as client:
            return tuple(str(one["detail"]) for one in client.get("/status").get("capped_names", ()))

    @cached_property
    def sampling(self) -> tuple[str, ...]:
        """The running server's sentences about spans that were sampled without weights."""
        with self.client() as client:
            return tuple(str(one["detail"]) for one in client.get("/sampling").get("warnings", ()))

    @cached_property
    def parts(self) -> Mapping[str, Mapping[str, Any]] | None:
        """The running server's parts, or None if no server answers or none is asked."""
        if not self.asks_server:
            return None
        try:
            with self.client() as client:
                ready = client.get("/readyz")
        except HoldfastError:
            return None
        return {part["name"]: part for part in ready.get("parts", ())}


Check = Callable[[Patient], Finding]


def doctor(
    data: Annotated[
        Path | None, typer.Option(help="Check this data directory, and its server only if one runs in it.")
    ] = None,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Check ports, disk, clock, engines, intake and page, with advice. Exits with 1 if something is wrong."""
    settings = load(data=data)
    # A server may run elsewhere while a restored directory is checked: its answers are about another one.
    asks_server = data is None or data_directory.owner(settings.data) is not None
    findings = examine(Patient(settings, url, SystemClock(), asks_server=asks_server))
    rows = [
        {"check": one.check, "verdict": one.verdict.value, "found": one.found, "advice": one.advice}
        for one in findings
    ]
    columns = (Column("verdict"), Column("check"), Column("found"), Column("advice", "what to do"))
    emit(rows, columns=columns, output=output)
    wrong = [one.check for one in findings if one.verdict is CheckResult.WRONG]
    if wrong:
        say(f"Wrong: {', '.join(wrong)}.")
        raise typer.Exit(1)
    say("Nothing is wrong.")


def doctor_command() -> Callable[..., None]:
    """Return the command."""
    return doctor


def examine(patient: Patient, checks: Mapping[str, Check] | None = None) -> list[Finding]:
    """Run every check; a check that fails is a finding and does not stop the others."""
    return [_run(name, check, patient) for name, check in (checks or CHECKS).items()]


def _run(name: str, check: Check, patient: Patient) -> Finding:
    try:
        return check(patient)
    except (HoldfastError, OSError, subprocess.SubprocessError) as error:
        return Finding(name, CheckResult.WRONG, str(error), "fix this first; later checks may depend on it")


def check_server(patient: Patient) -> Finding:
    """Does a server answer?"""
    if not patient.asks_server:
        found = f"none runs in {patient.settings.data}, which is checked by itself"
        return Finding("server", CheckResult.LOOK, found, "leave --data out to ask the running server")
    if patient.parts is None:
        return Finding(
            "server", CheckResult.LOOK, f"none answers at {patient.url}", "`holdfast serve` starts one"
        )
    down = [
        f"{name}: {part['detail'] or part['state']}"
        for name, part in patient.parts.items()
        if part["state"] != "ok"
    ]
    if down:
        return Finding("server", CheckResult.WRONG, "; ".join(down), "its log says more")
    return Finding("server", CheckResult.FINE, f"it answers at {patient.url}")


def check_ports(patient: Patient) -> Finding:
    """Are the three ports free, or in use by the server itself?"""
    settings = patient.settings
    wanted = {
        "port": (settings.host, settings.port),
        "otlp-grpc-port": (settings.intake_host, settings.otlp_grpc_port),
        "otlp-http-port": (settings.intake_host, settings.otlp_http_port),
    }
    numbers = ", ".join(str(port) for _, port in wanted.values())
    if patient.parts is not None:
        return Finding("ports", CheckResult.FINE, f"the server at {patient.url} has its own")
    if not patient.asks_server:
        return Finding("ports", CheckResult.FINE, "none are needed to look at a directory")
    for setting, (host, port) in wanted.items():
        try:
            listen(host, port, purpose=setting, setting=setting).close()
        except HoldfastError:
            by = holder(port) or "another program"
            return Finding(
                "ports",
                CheckResult.WRONG,
                f"{port} is taken by {by}",
                f"stop it, or choose another --{setting}",
            )
    return Finding("ports", CheckResult.FINE, f"{numbers} are free")


def check_certificate(patient: Patient) -> Finding:
    """Can the ports speak TLS with the certificate of the settings, and for how long?"""
    settings, found = patient.settings, patient.certificate
    if found is None:
        return _no_certificate(settings)
    left = found.days_left(patient.clock.now())
    names = ", ".join(found.names) or "no name"
    said = f"{settings.tls_certificate} for {names}, until {found.not_after:%Y-%m-%d} ({left:.0f} days)"
    advice = "renew it: a running server reads the new one by itself"
    if left < 0:
        return Finding("certificate", CheckResult.WRONG, f"expired: {said}; clients refuse it", advice)
    if left < SOON_DAYS or not found.names:
        return Finding(
            "certificate", CheckResult.LOOK, said, advice if found.names else f"{advice}, with names"
        )
    if settings.tls_key is not None and settings.tls_key.stat().st_mode & stat.S_IRWXO:
        open_key = f"{settings.tls_key} can be read by every user of the machine"
        return Finding("certificate", CheckResult.LOOK, open_key, f"chmod o-rwx {settings.tls_key}")
    return Finding("certificate", CheckResult.FINE, said)


def _no_certificate(settings: Settings) -> Finding:
    found = "none is set: the ports speak plain HTTP and gRPC"
    if not settings.listens_beyond_loopback or settings.trusted_proxies:
        return Finding("certificate", CheckResult.FINE, found)
    advice = "set --tls-certificate and --tls-key, or put a proxy that ends TLS in front"
    return Finding("certificate", CheckResult.LOOK, f"{found}, beyond this machine", advice)


def check_disk(patient: Patient) -> Finding:
    """Does the disk of the data directory have room?"""
    place = _existing(patient.settings.data)
    free = shutil.disk_usage(place).free
    found = f"{free / GIBIBYTE:.1f} GiB free at {place}"
    if free < DISK_FLOOR_BYTES:
        return Finding("disk", CheckResult.WRONG, found, "make room: intake stops before the disk is full")
    if free < DISK_COMFORT_BYTES:
        return Finding("disk", CheckResult.LOOK, found, "make room soon, or lower --retention-days")
    return Finding("disk", CheckResult.FINE, found)


def check_files(patient: Patient) -> Finding:
    """May the running server, or one started from here, open enough files for its connections?"""
    pid = data_directory.owner(patient.settings.data)
    running = None if pid is None else open_files.limit_of(pid)
    files = running if running is not None else open_files.most()
    if found := open_files.shortage(files):
        return Finding("files", CheckResult.LOOK, found, open_files.RAISE)
    return Finding("files", CheckResult.FINE, f"{files} files may be open")


def check_clock(patient: Patient) -> Finding:
    """Does the wall clock run as steadily as the monotonic one, and does a time server keep it?"""
    clock = patient.clock
    wall, steady = clock.now(), clock.monotonic_seconds()
    clock.wait(threading.Event(), WATCHED_SECONDS)
    drift = (clock.now() - wall).total_seconds() - (clock.monotonic_seconds() - steady)
    if abs(drift) > STEP_SECONDS:
        return Finding(
            "clock",
            CheckResult.WRONG,
            f"it stepped by {drift:+.3f} s during the check",
            "check its time server",
        )
    if is_synchronised() is False:
        advice = "start chrony or systemd-timesyncd: alerts and spans are compared by time"
        return Finding("clock", CheckResult.LOOK, "the kernel says no time server keeps it", advice)
    return Finding("clock", CheckResult.FINE, f"steady to {abs(drift) * 1000:.1f} ms")


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
        if found == head():
            state_file.refuse_incomplete(database)
    finally:
        database.close()
    if found == head():
        return Finding("state", CheckResult.FINE, f"it answers, at migration {found}")
    return Finding(
        "state", CheckResult.LOOK, f"at migration {found}", f"the next start brings it to {head()}"
    )


def _no_state(database: Database, settings: Settings) -> Finding:
    if warning := state_file.beside_older_data(database, settings.data / "warehouse"):
        return Finding(
            "state", CheckResult.WRONG, warning.replace("was made", "would be made"), "restore a backup"
        )
    return Finding("state", CheckResult.FINE, "there is none yet; the first start makes it")


def check_warehouse(patient: Patient) -> Finding:
    """Does the telemetry engine work?"""
    if (part := _part(patient, "warehouse")) is not None:
        return part
    if patient.settings.warehouse is not None:
        from holdfast.telemetry.warehouse.remote import ClickHouseWarehouse

        remote = ClickHouseWarehouse(patient.settings.warehouse_url)
        remote.query("SELECT 1")
        remote.close()
        return Finding("warehouse", CheckResult.FINE, "the ClickHouse server answers")
    if (pid := data_directory.owner(patient.settings.data)) is not None:
        found = f"its directory is in use by pid {pid}, which does not answer at {patient.url}"
        return Finding("warehouse", CheckResult.LOOK, found, "give --url if that server has another port")
    if (said := engine_trial.failure()) == "":
        return Finding("warehouse", CheckResult.FINE, "the embedded engine answers")
    return Finding("warehouse", CheckResult.WRONG, said, "`make setup`")


def check_intake(patient: Patient) -> Finding:
    """Is telemetry received and stored?"""
    if (part := _part(patient, "intake")) is not None:
        return part
    left = left_behind(SystemDisk(), patient.settings.data / "spool")
    found = left or "no server runs, so none is received"
    return Finding("intake", CheckResult.LOOK, found, "`holdfast serve` receives it, and stores the spool")


def check_names(patient: Patient) -> Finding:
    """Do senders send more names of services, operations and the like than are kept apart?"""
    advice = "have that sender take ids out of its names; names of the catalog are always kept apart"
    return _said(patient, "names", lambda: patient.capped_names, "every kind has room for more", advice)


def check_sampling(patient: Patient) -> Finding:
    """Do the spans of services stand for all their requests?"""
    advice = "count before the sampler, or have it write weights: docs/guide/sampling.md"
    fine = "no service sends spans that look sampled without weights"
    return _said(patient, "sampling", lambda: patient.sampling, fine, advice)


def _said(
    patient: Patient, name: str, sentences: Callable[[], tuple[str, ...]], fine: str, advice: str
) -> Finding:
    if patient.parts is None:
        return Finding(name, CheckResult.LOOK, "no server runs, so nothing comes in", "`holdfast serve`")
    try:
        said = sentences()
    except (Unauthenticated, Forbidden) as error:
        return Finding(name, CheckResult.LOOK, error.detail, "set HOLDFAST_TOKEN to a viewer's token")
    more = f"; and {len(said) - SAID_MOST} more" if len(said) > SAID_MOST else ""
    found = "; ".join(said[:SAID_MOST]) + more
    return Finding(name, CheckResult.LOOK, found, advice) if said else Finding(name, CheckResult.FINE, fine)


def check_page(_patient: Patient) -> Finding:
    """Is the page built?"""
    if (page_files.PAGE_DIRECTORY / page_files.INDEX).exists():
        return Finding("page", CheckResult.FINE, "it is built")
    return Finding(
        "page", CheckResult.LOOK, "it is not built; API and commands work", "`make page` builds it"
    )


CHECKS: Mapping[str, Check] = {
    "server": check_server,
    "ports": check_ports,
    "certificate": check_certificate,
    "disk": check_disk,
    "files": check_files,
    "clock": check_clock,
    "state": check_state,
    "warehouse": check_warehouse,
    "intake": check_intake,
    "names": check_names,
    "sampling": check_sampling,
    "page": check_page,
}


def _part(patient: Patient, name: str) -> Finding | None:
    part = (patient.parts or {}).get(name)
    if part is None:
        return None
    verdict = CheckResult.FINE if part["state"] == "ok" else CheckResult.WRONG
    if not part["detail"]:
        # A server names paths and addresses only to viewers.
        return Finding(name, verdict, f"the server says {part['state']}", "export HOLDFAST_TOKEN to see more")
    advice = "" if verdict is CheckResult.FINE else "the server's log says more"
    return Finding(name, verdict, str(part["detail"]), advice)


def _existing(path: Path) -> Path:
    return next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())
