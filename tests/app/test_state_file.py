"""A state database that is damaged or lost: never a bug of Holdfast, never a first start in silence."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import START

from holdfast.app import engines, state_file
from holdfast.app.doctor import CheckResult, Finding, Patient, check_state, examine
from holdfast.app.engines import Engines
from holdfast.app.readiness import PartState
from holdfast.runtime.access import Access, Role
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import StateDamaged, Unavailable
from holdfast.runtime.settings import Settings
from holdfast.telemetry.warehouse.layout import Layout

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def path(settings: Settings) -> Path:
    """A closed state database with a token in it."""
    settings.data.mkdir(parents=True)
    database = Database(settings.state_url)
    state_file.prepare(database)
    Access(database, ManualClock(START)).create_token(name="ada", role=Role.ADMIN, actor="test")
    database.close()
    return settings.data / "state.db"


def _opened(settings: Settings) -> StateDamaged:
    database = Database(settings.state_url)
    try:
        with pytest.raises(StateDamaged) as caught:
            state_file.prepare(database)
    finally:
        database.close()
    return caught.value


@pytest.mark.parametrize("place", [0, 20, 100, 4096, 8192, 20_000])
def test_damage_is_named_with_what_to_do(path: Path, settings: Settings, place: int) -> None:
    """Bytes overwritten in the header or in pages stop the start: exit 3, the file, and how to restore it."""
    content = bytearray(path.read_bytes())
    content[place : place + 3000] = b"\xa5" * 3000
    path.write_bytes(content)
    error = _opened(settings)
    assert (error.exit_status, error.status) == (3, 503)
    assert f"{path} is damaged" in error.detail
    assert "holdfast restore FILE" in error.detail
    finding = check_state_of(settings)
    assert (finding.verdict, str(path) in finding.found) == (CheckResult.WRONG, True)


def check_state_of(settings: Settings) -> Finding:
    """Return what doctor finds of the state when no server runs."""
    return examine(Patient(settings, NOWHERE, ManualClock(START)), {"state": check_state})[0]


@pytest.mark.parametrize("loss", ["missing", "empty", "without tables"])
def test_a_lost_state_is_no_first_start(path: Path, settings: Settings, loss: str) -> None:
    """Gone, empty or without tables, it stops the start until the mark beside it is deleted on purpose."""
    path.unlink()
    if loss == "empty":
        path.touch()
    if loss == "without tables":
        sqlite3.connect(path).execute("CREATE TABLE t (a)").connection.close()
    error = _opened(settings)
    assert "tokens, catalog, alerts and incidents are lost" in error.detail
    assert check_state_of(settings).verdict is CheckResult.WRONG
    state_file.mark_of(path).unlink()
    path.unlink(missing_ok=True)
    database = Database(settings.state_url)
    state_file.prepare(database)
    assert not Access(database, ManualClock(START)).people_need_a_token()
    database.close()


def test_a_first_start_and_a_sound_one_leave_a_mark_for_this_user_only(
    path: Path, settings: Settings
) -> None:
    """A sound database opens as often as it likes; one of before there were marks gets its mark."""
    mark = state_file.mark_of(path)
    assert (mark.name, mark.stat().st_mode & 0o777) == ("state.db.made", 0o600)
    mark.unlink()
    database = Database(settings.state_url)
    state_file.prepare(database)
    database.close()
    assert mark.exists()


def _engines(database: Database, warning: str = "") -> Engines:
    return Engines(
        database=database,
        warehouse=None,  # type: ignore[arg-type]  # not asked here
        layout=Layout(),
        counts=None,  # type: ignore[arg-type]
        spans=None,  # type: ignore[arg-type]
        is_embedded=True,
        prepared=None,  # type: ignore[arg-type]
        state_warning=warning,
    )


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Database]:
    """A state database whose disk has no room for more."""
    database = Database(f"sqlite:///{tmp_path / 'state.db'}")
    state_file.prepare(database)
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    yield database
    database.close()


def test_a_full_disk_is_said_until_a_write_succeeds(small: Database) -> None:
    """A state that is read and cannot be written is degraded, with the reason, until one is."""
    many = "INSERT INTO alembic_version VALUES (printf('%.*c', 30, 'x') || :number)"
    with pytest.raises(Unavailable, match="database or disk is full"), small.write() as tx:
        _ = [tx.exec_driver_sql(many.replace(":number", str(number))) for number in range(2000)]
    part = _engines(small).probe_state()
    assert (part.state, "disk is full" in part.detail) == (PartState.DEGRADED, True)
    with small.write() as tx:
        tx.exec_driver_sql("SELECT 1")
    assert _engines(small).probe_state().state is PartState.OK


def test_a_state_made_anew_beside_older_telemetry_is_said(settings: Settings, small: Database) -> None:
    """With a warehouse that holds data and no mark, the start succeeds and is degraded, in words."""
    (settings.data / "warehouse" / "store" / "c20" / "uuid").mkdir(parents=True)
    database = Database(settings.state_url)
    warning = engines._prepare_state(database, settings)
    assert "beside a warehouse with data" in warning
    assert _engines(small, warning).probe_state().state is PartState.DEGRADED
    assert engines._prepare_state(database, settings) == ""
    database.close()
