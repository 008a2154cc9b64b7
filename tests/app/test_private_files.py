"""Files of state, spool and warehouse are their owner's alone, whatever was there before."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from holdfast.app import access_cli, data_directory
from holdfast.app.private_files import OTHERS, private_files, tighten
from holdfast.app.state import migrate
from holdfast.runtime.database import Database
from holdfast.runtime.settings import load
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

WIDE_FILE, WIDE_FOLDER = 0o664, 0o775


@pytest.fixture(autouse=True)
def _wide_umask():
    """Start as generously as any machine does."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(directory: Path) -> list[str]:
    """Return what below `directory`, itself too, anybody but its owner may use."""
    every = [directory, *directory.rglob("*")]
    return [str(path) for path in every if not path.is_symlink() and path.lstat().st_mode & OTHERS]


def filled(directory: Path) -> None:
    """Fill a data directory as an older version, or a person, may have: open to everybody."""
    for folder in ("spool/traces", "spool/refused", "warehouse/store/a1/part"):
        (directory / folder).mkdir(parents=True, mode=WIDE_FOLDER)
    files = ("state.db", "state.db-wal", "state.db-shm", "server.lock")
    for file in (*files, "spool/traces/1", "warehouse/store/a1/part/x"):
        (directory / file).touch(WIDE_FILE)


def test_what_was_open_is_taken_back_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """State, spool and warehouse of a directory made by hand are closed at the start, and that is said."""
    data = tmp_path / "data"
    filled(data)
    done = tighten(data, data / "state.db")
    assert open_to_others(data) == []
    assert done.refused == []
    assert f"{done.count} files and folders of {data} were open to others" in caplog.text
    assert tighten(data, data / "state.db").count == 0


def test_what_is_not_ours_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Somebody's own files beside it, the way to them, and what a link leads to stay as they are."""
    outside = tmp_path / "outside"
    outside.mkdir(mode=WIDE_FOLDER)
    (outside / "file").touch(WIDE_FILE)
    data = tmp_path / "data"
    filled(data)
    (data / "photos").mkdir(mode=WIDE_FOLDER)
    (data / "spool" / "link").symlink_to(outside)
    tighten(data, None)
    assert sorted(open_to_others(data)) == [str(data), str(data / "photos")]
    assert open_to_others(outside) == [str(outside), str(outside / "file")]
    assert f"{data} stays open to others, because photos in it is not Holdfast's" in caplog.text


def test_a_state_file_elsewhere_is_closed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOLDFAST_STATE may name a file outside the data directory."""
    elsewhere = tmp_path / "db" / "holdfast.sqlite"
    elsewhere.parent.mkdir()
    elsewhere.touch(WIDE_FILE)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("HOLDFAST_STATE", f"sqlite:///{elsewhere}")
    tighten(tmp_path / "data", load(data=tmp_path / "data").state_file)
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600
    monkeypatch.setenv("HOLDFAST_STATE", "postgresql://u:p@h/n")
    assert load().state_file is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(modes=st.lists(st.integers(0o600, 0o777).map(lambda mode: mode | 0o600), min_size=6, max_size=6))
def test_owners_keep_what_they_have(tmp_path_factory: pytest.TempPathFactory, modes: list[int]) -> None:
    """Whatever rights files have, others lose all of theirs and the owner none."""
    data = tmp_path_factory.mktemp("data")
    paths = [data / "spool" / str(number) for number in range(len(modes))]
    (data / "spool").mkdir()
    for path, mode in zip(paths, modes, strict=True):
        path.touch()
        path.chmod(mode)
    tighten(data, None)
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [mode & 0o700 for mode in modes]


def test_a_file_of_somebody_else_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be closed, because it belongs to another user, is said with its path and reason."""
    filled(tmp_path)

    def refuse(_path: Path, _mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    done = tighten(tmp_path, None)
    assert done.count == 0
    assert f"{len(done.refused)} of them stay open to others" in caplog.text
    assert "Operation not permitted" in caplog.text


def test_everything_a_server_makes_is_private(tmp_path: Path) -> None:
    """State with its side files, and a real warehouse, are made closed in a directory that was open."""
    data = tmp_path / "data"
    data.mkdir(mode=WIDE_FOLDER)
    with private_files(), data_directory.owned(data):
        tighten(data, data / "state.db")
        database = Database(load(data=data).state_url)
        migrate(database)
        warehouse = ChdbWarehouse(data / "warehouse")
        warehouse.open()
        warehouse.command("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
        warehouse.command("INSERT INTO t VALUES (1)")
        found = open_to_others(data)
        made = {path.name for path in data.iterdir()}
        warehouse.close()
        database.close()
    assert {"state.db", "state.db-wal", "state.db-shm", "server.lock", "warehouse"} <= made
    assert found == []


def test_what_a_server_may_leave_does_not_keep_its_directory_open(tmp_path: Path) -> None:
    """Temporary files and a restore that was cut off are Holdfast's own, and closed with the rest."""
    (tmp_path / data_directory.TEMPORARY).mkdir(WIDE_FOLDER)
    (tmp_path / data_directory.UNFINISHED).touch(WIDE_FILE)
    tmp_path.chmod(WIDE_FOLDER)
    tighten(tmp_path, None)
    assert open_to_others(tmp_path) == []


def test_the_first_token_makes_a_private_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`access token create` may be what makes the state database: it is closed from its first byte."""
    monkeypatch.setenv("HOME", str(tmp_path))
    arguments = ["token", "create", "--role", "admin", "--data", str(tmp_path / "data")]
    assert CliRunner().invoke(access_cli.app, arguments).exit_code == 0
    assert open_to_others(tmp_path / "data") == []


def test_the_way_files_are_made_is_given_back() -> None:
    """After the block the process makes files as before."""
    with private_files():
        pass
    before = os.umask(0)
    assert before == 0
