"""Backups that somebody changed and gave a manifest to match: refused, and the target is as it was."""

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from tests.app.backup.test_archive import CONTENTS, a_state, header_of
from tests.app.backup.test_restore import nothing

from holdfast.app import data_directory
from holdfast.app.backup.errors import BackupUnsound
from holdfast.app.backup.model import HEADER, MANIFEST
from holdfast.app.backup.restore import restore, verify
from holdfast.runtime.errors import HoldfastError

WAREHOUSE_FILE = "warehouse/metadata/holdfast.sql"


@dataclass(frozen=True)
class Forged:
    """A backup as a forger writes it: any members, any header, and a manifest made to match both."""

    members: list[tuple[str, bytes]] = field(default_factory=lambda: list(CONTENTS.items()))
    header: dict[str, Any] = field(default_factory=dict)
    behind: list[tuple[str, bytes]] = field(default_factory=list)
    entries: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        """Write it to `path` and return that."""
        header = json.loads(header_of(CONTENTS).model_dump_json())
        sizes = sum(len(content) for _, content in self.members)
        header |= {"files": len(self.members), "size_bytes": sizes} | self.header
        files = [
            {"path": name, "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            | self.entries
            for name, content in self.members
        ]
        manifest = json.dumps({"header": header, "files": files}).encode()
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            every = [(HEADER, json.dumps(header).encode()), *self.members, (MANIFEST, manifest), *self.behind]
            for name, content in every:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return path


def _without_state(forged: Forged) -> Forged:
    return replace(forged, members=[pair for pair in forged.members if pair[0] != "state.db"])


def _with_state(content: bytes) -> Callable[[Forged], Forged]:
    def change(forged: Forged) -> Forged:
        return replace(forged, members=[(n, content if n == "state.db" else c) for n, c in forged.members])

    return change


def _with_header(**changes: Any) -> Callable[[Forged], Forged]:
    return lambda forged: replace(forged, header=changes)


def _with_member(name: str) -> Callable[[Forged], Forged]:
    return lambda forged: replace(forged, members=[*forged.members, (name, b"x")])


HERE = {"engine": "sqlite", "included": True, "migration": "0001"}
CHANGES: dict[str, Callable[[Forged], Forged]] = {
    "no state": _without_state,
    "no state, and a header that contradicts itself": lambda forged: replace(
        _without_state(forged), header={"state": {**HERE, "included": False}}
    ),
    "a state that is not in the header": _with_header(
        state={"engine": "postgresql", "included": False, "migration": None}
    ),
    "no warehouse": lambda forged: replace(forged, members=forged.members[:2]),
    "a junk state": _with_state(b"junk" * 1000),
    "an empty state": _with_state(b""),
    "a state without tables": _with_state(a_state().replace(b"alembic_version", b"alembic_versjon")),
    "a state at another migration": _with_state(a_state("0002")),
    "a damaged state": _with_state(a_state()[:4096] + b"\xa5" * 100 + a_state()[4196:]),
    "no files": _with_header(files=0),
    "a huge number of files": _with_header(files=10**30),
    "a huge size": _with_header(size_bytes=10**30),
    "a size that is too small": _with_header(size_bytes=1),
    "a size that is too large": _with_header(size_bytes=10**12),
    "a huge size in the manifest": lambda forged: replace(forged, entries={"size_bytes": 10**30}),
    "a member behind the manifest": lambda forged: replace(forged, behind=[("spool/late", b"x")]),
    "a second manifest": lambda forged: replace(forged, behind=[(MANIFEST, b"{}")]),
    "a second header": _with_member(HEADER),
    "a version with an escape code": _with_header(holdfast="\x1b[2J"),
    "a file twice": _with_member(WAREHOUSE_FILE),
    "the state twice": _with_member("state.db"),
    "a file that is a directory": _with_member("warehouse/metadata"),
    "a directory that is a file": _with_member(f"{WAREHOUSE_FILE}/below"),
    "an absolute name": _with_member("/etc/cron.d/x"),
    "a name that leads outside": _with_member("warehouse/../../x"),
    "a name with a backslash": _with_member("warehouse\\x"),
    "a name with a backslash inside": _with_member("warehouse/..\\x"),
    "a name with a line break": _with_member("spool/a\nb"),
    "a name with an escape code": _with_member("spool/\x1b[2J"),
    "a name written twice over": _with_member("spool//x"),
    "a name that is too long": _with_member("spool/" + "x" * 300),
    "a file of no directory": _with_member("server.lock"),
}


def _listing(directory: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None
        for path in sorted(directory.rglob("*"))
    }


def test_what_is_not_tampered_with_is_restored(tmp_path: Path) -> None:
    """The forger's own backup, unchanged, is sound: what is refused below is refused for its change."""
    path = Forged().write(tmp_path / "backup.tar")
    verify(path, nothing)
    restore(path, tmp_path / "data", nothing)
    found = _listing(tmp_path / "data")
    assert {name: found[name] for name in CONTENTS} == CONTENTS


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_tampered_backup_is_no_sound_backup(tmp_path: Path, change: Callable[[Forged], Forged]) -> None:
    """Verify and restore refuse it with exit 1, and the target is not made."""
    path = change(Forged()).write(tmp_path / "backup.tar")
    with pytest.raises(BackupUnsound) as caught:
        verify(path, nothing)
    assert caught.value.exit_status == 1
    before = _listing(tmp_path)
    with pytest.raises(BackupUnsound):
        restore(path, tmp_path / "new" / "data", nothing)
    assert _listing(tmp_path) == before


@pytest.mark.parametrize("lock", [None, b"", b"4711\n"])
def test_a_refused_restore_leaves_an_existing_target_as_it_was(tmp_path: Path, lock: bytes | None) -> None:
    """A directory that was there stays, with its lock or without one; a restore into it then succeeds."""
    data = tmp_path / "data"
    data.mkdir()
    if lock is not None:
        (data / data_directory.LOCK_NAME).write_bytes(lock)
    before = _listing(tmp_path)
    forged, sound = tmp_path / "forged.tar", tmp_path / "sound.tar"
    before |= {"forged.tar": _without_state(Forged()).write(forged).read_bytes()}
    with pytest.raises(BackupUnsound):
        restore(forged, data, nothing)
    assert _listing(tmp_path) == before
    restore(Forged().write(sound), data, nothing)


@pytest.mark.parametrize("seed", range(40))
def test_random_bytes_in_the_archive_are_never_a_bug(tmp_path: Path, seed: int) -> None:
    """Whatever bytes of an archive are overwritten, reading ends with a whole backup or a declared error."""
    chosen, path = random.Random(seed), Forged().write(tmp_path / "backup.tar")
    content = bytearray(path.read_bytes())
    for _ in range(chosen.choice([1, 5])):
        block = chosen.randrange(len(content) // 512) * 512
        at, many = block + chosen.choice([0, 100, 124, 148, 156, 257]), chosen.choice([1, 8, 100])
        content[at : at + many] = chosen.randbytes(many)
    path.write_bytes(content)
    try:
        restore(path, tmp_path / "data", nothing)
    except HoldfastError:
        assert not (tmp_path / "data").exists()
