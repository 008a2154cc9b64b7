"""A backup as a file: read back as it was written, and refused when a single byte of it is not."""

import os
import random
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.app.backup.archive import Source, read, written
from holdfast.app.backup.errors import BackupUnsound
from holdfast.app.backup.model import (
    FORMAT,
    HEADER,
    STATE,
    Header,
    Known,
    StatePart,
    WarehousePart,
    check,
    place_of,
)
from holdfast.runtime.errors import NotFound, Unavailable

KNOWN = Known(migrations=("0001", "0002"), schema_version=12, engine="26.9.0")


def header(**changes: object) -> Header:
    """Return a header as this version writes it, with what a test changes."""
    return Header(
        format=FORMAT,
        holdfast="0.1.0",
        taken_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        files=0,
        size_bytes=0,
        state=StatePart(engine="sqlite", included=True, migration="0001"),
        warehouse=WarehousePart(engine="chdb", included=True, version="26.9.2.1", schema_version=12),
    ).model_copy(update=changes)


def write(directory: Path, contents: dict[str, bytes]) -> Path:
    """Write a backup of files with these contents and return its path."""
    sources = []
    for number, (name, content) in enumerate(contents.items()):
        place = directory / str(number)
        place.write_bytes(content)
        sources.append(Source(name, place, len(content)))
    path = directory / "backup.tar"
    path.write_bytes(b"".join(written(header_of(contents), sources)))
    return path


def header_of(contents: Mapping[str, bytes]) -> Header:
    """Return the header of a backup of these files."""
    is_stored = any(name.startswith("warehouse/") for name in contents)
    engine: Literal["chdb", "none"] = "chdb" if is_stored else "none"
    return header(
        files=len(contents),
        size_bytes=sum(map(len, contents.values())),
        state=StatePart(
            engine="sqlite" if STATE in contents else "postgresql",
            included=STATE in contents,
            migration="0001",
        ),
        warehouse=WarehousePart(engine=engine, included=is_stored, version=None, schema_version=None),
    )


def contents_of(path: Path) -> dict[str, bytes]:
    """Return every file of a backup."""
    found: dict[str, bytes] = {}

    def take(name: str, pieces: Iterator[bytes]) -> None:
        found[name] = b"".join(pieces)

    read(path, take, accept=lambda _header: None)
    return found


def a_state(migration: str = "0001") -> bytes:
    """Return a state database that says it is at `migration`, and holds nothing else."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        database.execute("INSERT INTO alembic_version VALUES (?)", (migration,))
        database.commit()
        return database.serialize()


CONTENTS = {
    "state.db": a_state(),
    "spool/traces-1.sealed": b"",
    f"warehouse/store/c20/{'0' * 36}/20261126_1_1_0/{'a' * 80}.bin": os.urandom(3000),
    "warehouse/metadata/holdfast.sql": b"ATTACH DATABASE \xff",
}


NAMES = st.from_regex(r"\A(spool|warehouse)/[a-z0-9_]{1,120}(/[a-z.]{3,40})?\Z")


def is_a_tree(contents: Mapping[str, bytes]) -> bool:
    """Return whether a directory can hold these files: none of them is a directory of another."""
    return not any(str(place) in contents for name in contents for place in PurePosixPath(name).parents)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.dictionaries(NAMES, st.binary(max_size=3000)).filter(is_a_tree))
def test_what_is_written_is_read(tmp_path: Path, contents: dict[str, bytes]) -> None:
    """Any files, empty ones and long names too, come back byte for byte and in order."""
    assert list(contents_of(write(tmp_path, contents)).items()) == list(contents.items())


@pytest.mark.parametrize("names", [("spool/0", "spool/0/a"), ("spool/0/a", "spool/0")])
def test_a_file_is_no_directory_too(tmp_path: Path, names: tuple[str, str]) -> None:
    """A backup with a file where another file's directory must be is refused by name, in either order."""
    with pytest.raises(BackupUnsound, match=f"'{names[1]}' is in it, and so is a file"):
        contents_of(write(tmp_path, dict.fromkeys(names, b"")))


def test_other_tools_can_read_it(tmp_path: Path) -> None:
    """A backup is a tar file like any other, with the header first and the manifest last."""
    with tarfile.open(write(tmp_path, CONTENTS)) as archive:
        assert archive.getnames() == [HEADER, *CONTENTS, "manifest.json"]


@pytest.mark.parametrize("seed", range(60))
def test_a_flipped_bit_is_found(tmp_path: Path, seed: int) -> None:
    """Whatever bit is flipped, the backup is refused, or what is read is what was written."""
    path, chosen = write(tmp_path, CONTENTS), random.Random(seed)
    whole = bytearray(path.read_bytes())
    whole[chosen.randrange(len(whole))] ^= 1 << chosen.randrange(8)
    path.write_bytes(whole)
    found: dict[str, bytes] | None = None
    with suppress(BackupUnsound):
        found = contents_of(path)
    assert found in (None, CONTENTS)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.8, 0.95])
def test_a_backup_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    """Cut off anywhere before its manifest ends, a file is no backup."""
    path = write(tmp_path, CONTENTS)
    whole = path.read_bytes().rstrip(b"\0")
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BackupUnsound):
        contents_of(path)


def test_another_file_is_no_backup(tmp_path: Path) -> None:
    """A text, a foreign tar file and a missing file are each named for what they are."""
    text, foreign = tmp_path / "text", tmp_path / "foreign.tar"
    text.write_text("not a backup" * 100)
    with tarfile.open(foreign, "w") as archive:
        archive.add(text)
    for path in (text, foreign):
        with pytest.raises(BackupUnsound, match=path.name):
            contents_of(path)
    with pytest.raises(NotFound, match=r"missing\.tar"):
        contents_of(tmp_path / "missing.tar")


def test_a_file_that_shrinks_stops_the_backup(tmp_path: Path) -> None:
    """A file shorter than announced ends the backup before its manifest."""
    (tmp_path / "short").write_bytes(b"abc")
    with pytest.raises(Unavailable, match="lost 7 bytes"):
        b"".join(written(header(files=1), [Source("state.db", tmp_path / "short", 10)]))


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/passwd",
        "warehouse/../../x",
        "state.db/x",
        "spool",
        "other/x",
        "",
        "warehouse//x",
        "./state.db",
        "warehouse/a\\b",
        "warehouse/a\nb",
        "warehouse/\x1b[2J",
        "warehouse/\x00",
        "warehouse/\udcff",
        "warehouse/./x",
        "warehouse/x/",
        "spool/" + "x" * 256,
        "spool/" + "x/" * 3000 + "x",
    ],
)
def test_no_file_lands_outside(name: str) -> None:
    """A name that belongs to no data directory is refused."""
    with pytest.raises(BackupUnsound):
        place_of(name)


def test_links_in_a_backup_are_refused(tmp_path: Path) -> None:
    """A symbolic link, which could lead a later file outside, makes the backup unsound."""
    path = write(tmp_path, {})
    whole = path.read_bytes()
    link = tarfile.TarInfo("warehouse/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    path.write_bytes(whole[:1024] + link.tobuf(tarfile.PAX_FORMAT) + whole[1024:])
    with pytest.raises(BackupUnsound, match="is not a file"):
        contents_of(path)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"format": FORMAT + 1}, "format"),
        ({"state": StatePart(engine="sqlite", included=True, migration="0003")}, "state migration 0003"),
        (
            {"warehouse": WarehousePart(engine="chdb", included=True, version="26.9", schema_version=13)},
            "warehouse schema 13",
        ),
        (
            {"warehouse": WarehousePart(engine="chdb", included=True, version="26.10.1", schema_version=12)},
            "engine 26.10.1",
        ),
    ],
)
def test_a_newer_backup_is_refused(changes: dict[str, object], named: str) -> None:
    """Newer in any part, a backup names what is newer; this version's and older ones are fine."""
    check(header(), KNOWN)
    check(
        header(warehouse=WarehousePart(engine="none", included=False, version=None, schema_version=None)),
        KNOWN,
    )
    with pytest.raises(BackupUnsound, match=named):
        check(header(**changes), KNOWN)
