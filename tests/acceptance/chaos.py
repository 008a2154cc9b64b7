"""What goes wrong between the lives of a real server: bytes flipped, files damaged, a disk filled."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.acceptance.server_process import ServerProcess, pause
from tests.acceptance.test_kill import Senders

from holdfast.runtime.clock import SystemClock
from holdfast.telemetry.intake.spool.digests import digest
from holdfast.telemetry.intake.spool.records import find_records, framed
from holdfast.telemetry.intake.spool.segment_names import read_name

PAGE_BYTES = 4096
STEP_BYTES = 4 * 1024**2
NAMED_SECONDS = 60.0
_CLOCK = SystemClock()


class KnownSenders(Senders):
    """Senders that know which spans they sent, and which of those were acknowledged."""

    def __init__(self, port: int) -> None:
        self.sent: set[str] = set()
        self.kept: set[str] = set()
        super().__init__(port)

    def _deliver(self, client: httpx.Client, body: bytes) -> bool:
        spans = spans_of(body)
        self.sent.update(spans)
        is_taken = super()._deliver(client, body)
        if is_taken:
            self.kept.update(spans)
        return is_taken


def spans_of(body: bytes) -> set[str]:
    """Return the ids of the spans of a request, as the warehouse writes them."""
    request = ExportTraceServiceRequest.FromString(body)
    return {
        span.span_id.hex()
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    }


def flip_in_spool(spool: Path, chosen: Random) -> set[str] | None:
    """Flip a byte of a whole record that waits; return the spans it held, or None if none waits."""
    records = []
    for path in sorted(path for path in spool.iterdir() if path.suffix in (".open", ".sealed")):
        name = read_name(path.name)
        if name is not None and name.signal == "traces":
            content = path.read_bytes()
            for record in find_records(content, name, bool).records:
                frame = b"".join(framed(name, record, digest(record)))
                records.append((path, content.find(frame), len(frame), record))
    if not records:
        return None
    path, start, size_bytes, record = chosen.choice(records)
    assert start >= 0
    _flip(path, start + chosen.randrange(size_bytes), chosen)
    return spans_of(record)


def damage_a_part(warehouse: Path, chosen: Random) -> Path | None:
    """Damage a data file of a part of the spans all over; return the part, or None if there is none."""
    (written,) = warehouse.glob("store/*/*/otel_traces.sql")
    found = re.search(r"UUID '([0-9a-f-]{36})'", written.read_text())
    assert found is not None
    table = warehouse / "store" / found[1][:3] / found[1]
    parts = [part for part in table.glob("*_*_*_*") if not _is_merged(part, table)]
    files = sorted(path for part in parts for path in part.glob("*.bin") if path.stat().st_size > PAGE_BYTES)
    if not files:
        return None
    path = chosen.choice(files)
    for at in range(chosen.randrange(512), path.stat().st_size, 512):
        _flip(path, at, chosen)
    return path.parent


def _is_merged(part: Path, table: Path) -> bool:
    """Whether another part holds what this one does: the engine reads it no more, and deletes it later."""
    day, low, high, level = part.name.split("_")[:4]
    others = [other.name.split("_")[:4] for other in table.glob(f"{day}_*_*_*")]
    return any(
        int(first) <= int(low) and int(high) <= int(last) and int(merges) > int(level)
        for _, first, last, merges in others
    )


def damage_state(state: Path, chosen: Random) -> None:
    """Overwrite a page of the state database with random bytes, one that SQLite needs to be whole."""
    content = state.read_bytes()
    pages = list(range(len(content) // PAGE_BYTES))
    chosen.shuffle(pages)
    for page in pages:
        damaged = bytearray(content)
        damaged[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = chosen.randbytes(PAGE_BYTES)
        if not _is_whole(bytes(damaged), state):
            with state.open("r+b") as file:
                file.seek(page * PAGE_BYTES)
                file.write(damaged[page * PAGE_BYTES : (page + 1) * PAGE_BYTES])
            return
    raise AssertionError("no page of the state database matters")


def _is_whole(content: bytes, state: Path) -> bool:
    """Whether nobody could notice: pages may be free, or stand in the log beside the file as well."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / state.name
        copy.write_bytes(content)
        log = state.with_name(state.name + "-wal")
        if log.exists():
            shutil.copy(log, copy.with_name(log.name))
        try:
            with closing(sqlite3.connect(copy)) as connection:
                return connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        except sqlite3.DatabaseError:
            return False


def _flip(path: Path, at: int, chosen: Random) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        (before,) = file.read(1)
        file.seek(at)
        file.write(bytes([before ^ chosen.randrange(1, 256)]))


@contextmanager
def small_disk(directory: Path, size_bytes: int) -> Iterator[str]:
    """Mount a small disk of its own at `directory` for the length of the block; yield why not, if not."""
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=0700", "tmpfs", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        yield done.stderr.strip()
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(directory)], check=True)


@contextmanager
def filled(directory: Path, leave_bytes: int) -> Iterator[None]:
    """Fill the disk of `directory` up to `leave_bytes`, for the length of the block."""
    ballast = directory / "ballast"
    try:
        with ballast.open("wb") as file:
            # The server writes meanwhile: what there is room for is asked for again and again.
            while (free_bytes := shutil.disk_usage(directory).free - leave_bytes) > 0:
                with suppress(OSError):
                    size_bytes = min(free_bytes, STEP_BYTES)
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size_bytes)
        yield
    finally:
        ballast.unlink(missing_ok=True)


def holdfast(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the product."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HOLDFAST_")}
    command = [sys.executable, "-m", "holdfast", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=180)


def doctor(server: ServerProcess) -> str:
    """Return what the doctor finds wrong with a server, or with the directory of a dead one."""
    url = f"http://127.0.0.1:{server.page_port}"
    done = holdfast("doctor", "--data", str(server.data), "--url", url, "-o", "json")
    findings = json.loads(done.stdout)
    wrong = [f"{one['check']}: {one['found']}" for one in findings if one["verdict"] == "wrong"]
    assert (done.returncode == 1) is bool(wrong), done
    return "; ".join(wrong)


def stored(warehouse: Path) -> dict[str, Any]:
    """Return what a closed warehouse holds."""
    command = [sys.executable, "-m", "tests.acceptance.stored", str(warehouse)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=180)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ready_parts(server: ServerProcess) -> dict[str, Any]:
    """Return what `/readyz` says of every part, by name."""
    answer = httpx.get(f"http://127.0.0.1:{server.page_port}/readyz", timeout=10).json()
    return {part["name"]: part for part in answer.get("parts", ())}


def get(server: ServerProcess, path: str) -> int:
    """Read from the API; return the status."""
    return httpx.get(f"{server.api}{path}", timeout=30).status_code


def wait_for(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    until = _CLOCK.monotonic_seconds() + NAMED_SECONDS
    while not is_so():
        assert _CLOCK.monotonic_seconds() < until, f"not within {NAMED_SECONDS:.0f} s: {what}"
        pause(0.1)
