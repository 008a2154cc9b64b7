"""Restoring: all of a sound backup, or nothing, and never over something else."""

from pathlib import Path

import pytest
from tests.app.backup.test_archive import CONTENTS, write

from holdfast.app import data_directory
from holdfast.app.backup import target
from holdfast.app.backup.errors import BackupUnsound
from holdfast.app.backup.restore import restore, verify
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.errors import Conflict, Unavailable


def nothing(_read_bytes: int, _of_bytes: int) -> None:
    """Show no progress."""


def held(directory: Path) -> dict[str, bytes]:
    """Return every file below a data directory but its lock."""
    paths = (path for path in sorted(directory.rglob("*")) if path.is_file())
    found = {str(path.relative_to(directory)): path.read_bytes() for path in paths}
    found.pop(data_directory.LOCK_NAME, None)
    return found


def test_all_of_it_is_restored_for_this_user_only(tmp_path: Path) -> None:
    """Every file is back, readable by nobody else, and a server may start there."""
    data = tmp_path / "data"
    manifest = restore(write(tmp_path, CONTENTS), data, nothing)
    assert held(data) == CONTENTS
    assert {path.stat().st_mode & 0o077 for path in (data, *data.rglob("*"))} == {0}
    assert [entry.path for entry in manifest.files] == list(CONTENTS)
    data_directory.refuse_unfinished(data)


def test_a_damaged_backup_leaves_nothing(tmp_path: Path) -> None:
    """What was written before the damage was met is removed, and the directory can be used."""
    path = write(tmp_path, CONTENTS)
    whole = bytearray(path.read_bytes())
    whole[whole.index(b"SQLite")] ^= 1
    path.write_bytes(whole)
    with pytest.raises(BackupUnsound, match=r"state.db is damaged"):
        restore(path, tmp_path / "data", nothing)
    assert held(tmp_path / "data") == {}
    with pytest.raises(BackupUnsound):
        verify(path, nothing)


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C in the middle removes what was written."""

    def interrupt(read_bytes: int, _of_bytes: int) -> None:
        if read_bytes > 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(write(tmp_path, CONTENTS), tmp_path / "data", interrupt)
    assert held(tmp_path / "data") == {}


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """A directory that holds anything is refused by what it holds, and keeps it."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "state.db").write_bytes(b"mine")
    with pytest.raises(Conflict, match=r"holds state.db"):
        restore(write(tmp_path, CONTENTS), data, nothing)
    assert held(data) == {"state.db": b"mine"}


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    """A running server's directory is not restored into."""
    with (
        data_directory.owned(tmp_path / "data"),
        pytest.raises(Unavailable, match="in use by another Holdfast"),
    ):
        restore(write(tmp_path, CONTENTS), tmp_path / "data", nothing)


def test_a_restore_that_was_killed_keeps_servers_out_and_is_run_again(tmp_path: Path) -> None:
    """What a kill leaves is known as unfinished; a second restore clears it away and succeeds."""
    data = tmp_path / "data"
    (data / "warehouse").mkdir(parents=True)
    (data / "warehouse" / "half").write_bytes(b"half a file")
    (data / data_directory.UNFINISHED).touch()
    with pytest.raises(Conflict, match="was cut off"):
        data_directory.refuse_unfinished(data)
    restore(write(tmp_path, CONTENTS), data, nothing)
    assert held(data) == CONTENTS


def test_what_a_killed_backup_left_does_not_stand_in_the_way(tmp_path: Path) -> None:
    """A partial file nobody writes is written over; one that another backup writes is left to it."""
    path = tmp_path / "nightly.tar"
    (tmp_path / "nightly.tar.partial").write_bytes(b"what a killed one left")
    with target.new_file(path) as (_, file):
        file.write(b"whole")
        with pytest.raises(Conflict, match="is being written by another backup"), target.new_file(path):
            pass
    assert path.read_bytes() == b"whole"


def test_a_backup_has_its_name_only_once_it_is_whole(tmp_path: Path, clock: ManualClock) -> None:
    """A backup that fails leaves no file; one that succeeds has mode 0600 and is never written over."""
    path = target.chosen(tmp_path, clock.now())
    assert path.name == "holdfast-20260301T120000Z.tar"
    with pytest.raises(ZeroDivisionError), target.new_file(path) as (_, file):
        file.write(bytes(1 // 0))
    assert list(tmp_path.iterdir()) == []
    with target.new_file(path) as (partial, file):
        file.write(b"whole")
        assert not path.exists()
    assert (path.read_bytes(), path.stat().st_mode & 0o777, partial.exists()) == (b"whole", 0o600, False)
    with pytest.raises(Conflict, match="is there already"):
        target.chosen(path, clock.now())
    with pytest.raises(Unavailable, match="cannot be written"), target.new_file(tmp_path / "no" / "x.tar"):
        pass
