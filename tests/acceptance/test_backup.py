"""A backup of a server under traffic, restored elsewhere: everything acknowledged before it is there once."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.acceptance.server_process import ServerProcess, copy, pause
from tests.acceptance.test_kill import GENTLY_SECONDS, SPANS, Senders
from tests.rounds import Rounds

from holdfast.telemetry.warehouse.embedded import ChdbWarehouse


def _holdfast(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "holdfast", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        timeout=120,
    )


@contextmanager
def _two_places(below: Path, started_once: Path) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """A server with one objective, and a second place for it; killed at the end whatever happens."""
    pair = []
    for name in ("first", "second"):
        (below / name).mkdir(parents=True)
        pair.append(ServerProcess(below / name, catalog=started_once / "catalog"))
    copy(started_once / "data", pair[0].data)
    try:
        yield pair[0], pair[1]
    finally:
        for server in pair:
            server.kill()


@pytest.fixture
def servers(tmp_path: Path, started_once: Path) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Two places of a test's own."""
    with _two_places(tmp_path / "places", started_once) as pair:
        yield pair


def _counts(server: ServerProcess) -> dict[str, tuple[int, ...]]:
    """Return what is stored and counted, once everything acknowledged is."""
    server.wait_until_stored()
    assert server.stop() == 0
    warehouse = ChdbWarehouse(server.data / "warehouse")
    warehouse.open()
    try:
        tables = {
            "stored": "SELECT count(), uniqExact(SpanId), countIf(StatusCode = 'Error') FROM otel_traces",
            "counted": "SELECT sum(total), sum(total), sum(total - good) FROM holdfast_slo_10s",
            "red": "SELECT sum(Requests), sum(Requests), sum(Errors) FROM holdfast_red",
            "presence": "SELECT sum(spans), sum(spans), 0 FROM holdfast_presence_1m",
        }
        return {name: tuple(map(int, warehouse.query(sql)[0])) for name, sql in tables.items()}
    finally:
        warehouse.close()


def test_a_backup_under_traffic_holds_everything_once(
    servers: tuple[ServerProcess, ServerProcess], tmp_path: Path
) -> None:
    """What was acknowledged before the backup began is restored and counted once, with tokens and notes."""
    _restored_elsewhere(servers, tmp_path, seconds=2.0, between_seconds=GENTLY_SECONDS)


@pytest.mark.prove
def test_ten_backups_at_other_moments_hold_everything_once(
    tmp_path: Path, started_once: Path, rounds: Rounds
) -> None:
    """The moment of the backup does not matter: ten at moments of their own are each whole."""

    def one_backup(seed: int) -> None:
        below = tmp_path / str(seed)
        with _two_places(below / "places", started_once) as servers:
            _restored_elsewhere(servers, below, seconds=1.0 + random.Random(seed).uniform(0, 4))

    rounds("backups", 10, one_backup)


def _restored_elsewhere(
    servers: tuple[ServerProcess, ServerProcess],
    tmp_path: Path,
    *,
    seconds: float,
    between_seconds: float = 0.0,
) -> None:
    first, second = servers
    first.start()
    secret = _holdfast(
        "access", "token", "create", "--role", "admin", "--data", str(first.data)
    ).stdout.strip()
    headers = {"Authorization": f"Bearer {secret}"}
    change = {"kind": "deploy", "summary": "before the backup", "service": "checkout"}
    recorded = httpx.post(
        f"{first.api}/changes", json=change, headers={**headers, "Idempotency-Key": "change-1"}
    )
    assert recorded.status_code == 201
    senders = Senders(first.http_port, between_seconds=between_seconds)
    pause(seconds)
    acknowledged = senders.acknowledged
    file = tmp_path / "backup.tar"
    url = f"http://127.0.0.1:{first.page_port}"
    done = _holdfast("backup", str(file), "--url", url, HOLDFAST_TOKEN=secret)
    assert (done.returncode, "is a whole backup" in done.stderr) == (0, True), done.stderr
    after = senders.acknowledged
    pause(1.0)
    senders.finish()
    assert (senders.errors, file.stat().st_mode & 0o777) == ([], 0o600)
    restored = _holdfast("restore", str(file), "--data", str(second.data))
    assert restored.returncode == 0, restored.stderr
    assert {path.stat().st_mode & 0o077 for path in second.data.rglob("*")} == {0}
    second.start()
    changes = httpx.get(f"{second.api}/changes", headers=headers).json()["items"]
    assert [one["summary"] for one in changes if one["kind"] == "deploy"] == ["before the backup"]
    assert httpx.get(f"{second.api}/changes").status_code == 401
    found = _counts(second)
    stored, distinct, bad = found["stored"]
    assert acknowledged > 0
    assert acknowledged * SPANS <= stored <= (after + len(senders.threads)) * SPANS
    assert {name: numbers for name, numbers in found.items() if name != "presence"} == dict.fromkeys(
        ("stored", "counted", "red"), (distinct, distinct, bad)
    )
    assert found["presence"] == (distinct, distinct, 0)


def test_a_stopped_directory_is_backed_up_and_restored(
    servers: tuple[ServerProcess, ServerProcess], tmp_path: Path
) -> None:
    """`--data` backs up what a killed server left; the restored one stores what was in its spool, once."""
    first, second = servers
    first.start()
    senders = Senders(first.http_port, between_seconds=GENTLY_SECONDS)
    pause(1.5)
    refused = _holdfast("backup", "create", str(tmp_path / "b.tar"), "--data", str(first.data))
    assert (refused.returncode, "in use by another Holdfast" in refused.stderr) == (3, True)
    first.kill()
    senders.give_up()
    done = _holdfast("backup", "create", str(tmp_path / "b.tar"), "--data", str(first.data))
    assert done.returncode == 0, done.stderr
    assert _holdfast("backup", "verify", str(tmp_path / "b.tar")).returncode == 0
    assert _holdfast("restore", str(tmp_path / "b.tar"), "--data", str(second.data)).returncode == 0
    second.start()
    found = _counts(second)
    stored, distinct, _ = found["stored"]
    assert senders.acknowledged * SPANS <= stored == distinct
    assert found["counted"] == found["red"] == found["stored"]
