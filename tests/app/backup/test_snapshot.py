"""The files of one instant: a segment that engine and spool both have is stored once after a restore."""

import shutil
import threading
from pathlib import Path

import pytest
from tests.telemetry.otlp_builders import of_service, segment, span, traces

from holdfast.app.backup.service import BackupService
from holdfast.app.backup.snapshot import Subject, discard_left_over
from holdfast.runtime import journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Conflict, StateDamaged, Unavailable
from holdfast.telemetry.intake.spool.snapshot import copy_spool
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse import embedded
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.engine_files import link_tree

TABLES = ("otel_traces", "holdfast_red", "holdfast_presence_1m", "otel_traces_trace_id_ts")
TOKEN = "traces-000001772366400-0123456789abcdef"


def test_a_copy_of_the_engine_knows_the_tokens(tmp_path: Path, warehouse: ChdbWarehouse) -> None:
    """A segment stored before the copy and inserted again into it changes nothing, in no table."""
    path = segment(tmp_path, traces(of_service("cart", [span() for _ in range(50)])))
    warehouse.insert_segment(Signal.TRACES, path, TOKEN)
    counts = {table: warehouse.query(f"SELECT count() FROM {table}") for table in TABLES}
    with warehouse.still() as engine:
        assert engine is not None
        link_tree(engine, tmp_path / "copy")
    warehouse.close()
    copy = ChdbWarehouse(tmp_path / "copy")
    copy.open()
    try:
        copy.insert_segment(Signal.TRACES, path, TOKEN)
        assert {table: copy.query(f"SELECT count() FROM {table}") for table in TABLES} == counts
        assert copy.query("SELECT count() FROM otel_traces") == [(50,)]
        assert copy.damage() == ()
    finally:
        copy.close()


def test_writing_goes_on_in_the_engine_and_not_in_the_copy(tmp_path: Path, warehouse: ChdbWarehouse) -> None:
    """What is stored and merged after the copy was linked is not in it, though both share their files."""
    first = segment(tmp_path, traces(of_service("cart", [span()])))
    warehouse.insert_segment(Signal.TRACES, first, "a")
    with warehouse.still() as engine:
        assert engine is not None
        link_tree(engine, tmp_path / "copy")
    second = segment(tmp_path, traces(of_service("cart", [span()])))
    warehouse.insert_segment(Signal.TRACES, second, "b")
    warehouse.command("OPTIMIZE TABLE otel_traces FINAL")
    warehouse.close()
    copy = ChdbWarehouse(tmp_path / "copy")
    copy.open()
    assert copy.query("SELECT count() FROM otel_traces") == [(1,)]
    copy.close()


def test_nothing_is_written_while_it_is_still(tmp_path: Path, warehouse: ChdbWarehouse) -> None:
    """An insert that comes meanwhile waits, and is carried out after."""
    path = segment(tmp_path, traces(of_service("cart", [span()])))
    thread = threading.Thread(target=warehouse.insert_segment, args=(Signal.TRACES, path, TOKEN))
    with warehouse.still():
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
        assert warehouse.query("SELECT count() FROM otel_traces") == [(0,)]
    thread.join(60)
    assert warehouse.query("SELECT count() FROM otel_traces") == [(1,)]


def test_what_does_not_end_is_not_waited_for(
    warehouse: ChdbWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If something is being written all the time, the copy is refused rather than hanging."""
    monkeypatch.setattr(embedded, "STILL_SECONDS", 0.05)
    with warehouse.still(), pytest.raises(Unavailable, match="busy"), warehouse.still():
        pass
    with warehouse.still():
        pass


def test_a_spool_is_copied_with_what_it_remembers(tmp_path: Path) -> None:
    """Sealed, open and refused segments and the memory of bodies are copied; locks and drafts are not."""
    spool = tmp_path / "spool"
    (spool / "refused").mkdir(parents=True)
    kept = {
        f"{TOKEN}.sealed": b"sealed",
        "traces-000001772366401-0123456789abcdef.open": b"open",
        "traces-000001772366400000.recent": b"digests",
        "refused/logs-000001772366400-0123456789abcdef.sealed": b"refused",
    }
    for name, content in {**kept, "lock": b"", f"{TOKEN}.draft": b"draft"}.items():
        (spool / name).write_bytes(content)
    copy_spool(spool, tmp_path / "copy")
    shutil.rmtree(spool)
    paths = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert {str(path.relative_to(tmp_path / "copy")): path.read_bytes() for path in paths} == kept


def test_one_backup_at_a_time_and_nothing_left_behind(
    tmp_path: Path, sqlite_database: Database, warehouse: ChdbWarehouse, clock: ManualClock
) -> None:
    """A second backup is refused until the first is closed; then no link is left, and the journal knows."""
    service = BackupService(Subject(tmp_path, sqlite_database, warehouse, is_remote=False), clock)
    links = tmp_path / "warehouse" / "scratch" / "backup"
    with service.begin("ada") as backup:
        assert links.is_dir()
        with pytest.raises(Conflict, match="another backup"):
            service.begin("bob")
        assert sum(map(len, backup)) > backup.header.size_bytes
    assert (links.exists(), (tmp_path / "tmp" / "backup").exists()) == (False, False)
    links.mkdir(parents=True)
    discard_left_over(tmp_path / "warehouse")
    assert not links.exists()
    service.begin("bob").close()
    with sqlite_database.read() as tx:
        assert [entry.actor for entry in journal.entries(tx, kinds=("backup.begun",))] == ["bob", "ada"]


def test_a_key_beside_the_data_is_in_no_backup(
    tmp_path: Path, sqlite_database: Database, warehouse: ChdbWarehouse, clock: ManualClock
) -> None:
    """A private key that somebody keeps in the data directory is left out: only Holdfast's own is packed."""
    key = b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    for place in ("tls.key", "state.db.key"):
        (tmp_path / place).write_bytes(key)
    service = BackupService(Subject(tmp_path, sqlite_database, warehouse, is_remote=False), clock)
    with service.begin("ada") as backup:
        packed = b"".join(backup)
    assert key not in packed
    assert b"tls.key" not in packed


def test_a_damaged_state_is_not_backed_up_as_if_it_were_whole(
    tmp_path: Path, sqlite_database: Database, warehouse: ChdbWarehouse, clock: ManualClock
) -> None:
    """A backup of a state database with damaged pages fails by naming it, and the next may begin."""
    path = sqlite_database.path
    assert path is not None
    sqlite_database.close()  # and with its last connection the log goes into the file
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    path.write_bytes(content)
    service = BackupService(Subject(tmp_path, sqlite_database, warehouse, is_remote=False), clock)
    for _ in range(2):
        with pytest.raises(StateDamaged, match=r"state\.db is damaged"):
            service.begin("ada")
