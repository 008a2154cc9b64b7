"""Restores a backup into an empty data directory: checked, and completely or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from holdfast.app import data_directory
from holdfast.app.backup import state_copy
from holdfast.app.backup.archive import read
from holdfast.app.backup.model import STATE, Header, Known, Manifest, check, place_of
from holdfast.app.state import known_revisions
from holdfast.runtime.errors import Conflict
from holdfast.telemetry.migrations import STEPS

OF_ANY_DIRECTORY = frozenset(
    {data_directory.LOCK_NAME, data_directory.TEMPORARY, data_directory.UNFINISHED, "lost+found"}
)
"""What an empty data directory may hold."""

Progress = Callable[[int, int], None]
"""Receives the bytes read so far and the bytes in all."""


def known() -> Known:
    """Return what this version can restore."""
    return Known(
        migrations=known_revisions(), schema_version=STEPS[-1][0], engine=metadata.version("chdb-core")
    )


def verify(path: Path, progress: Progress) -> Manifest:
    """Read a backup to its end and check every byte; raise `BackupUnsound` if anything is wrong.

    Its state is written to a temporary file, because SQLite reads files only.
    """
    meter = _Meter(progress)
    with tempfile.TemporaryDirectory(prefix="holdfast-verify-") as directory:

        def take(name: str, pieces: Iterator[bytes]) -> None:
            if name == STATE:
                _write(Path(directory) / STATE, pieces, meter)
            for piece in pieces:
                meter.count(len(piece))

        manifest = read(path, take, accept=meter.begin)
        _refuse_unsound_state(Path(directory), manifest.header, path)
    return manifest


def restore(path: Path, data: Path, progress: Progress) -> Manifest:
    """Restore the backup at `path` into the empty directory `data`.

    Until it is whole, the directory is marked as unfinished, and no server starts in it. If anything is
    wrong, or if the caller is interrupted, the directory is as it was before.

    Raises:
        Unavailable: a server uses the directory.
        Conflict: the directory is not empty.
        BackupUnsound: the backup is damaged, or of a newer version.
    """
    meter = _Meter(progress)

    def accept(header: Header) -> None:
        check(header, known())
        meter.begin(header)

    def take(name: str, pieces: Iterator[bytes]) -> None:
        place = place_of(name)
        for parent in reversed(place.parents):
            (data / parent).mkdir(mode=0o700, exist_ok=True)
        _write(data / place, pieces, meter)

    with data_directory.owned_or_as_before(data):
        _must_be_empty(data)
        with data_directory.unfinished(data), _removed_if_it_fails(data):
            manifest = read(path, take, accept=accept)
            _refuse_unsound_state(data, manifest.header, path)
            os.sync()
    return manifest


def _refuse_unsound_state(directory: Path, header: Header, path: Path) -> None:
    if header.state.included:
        state_copy.refuse_unsound(directory / STATE, header, path)


@contextmanager
def _removed_if_it_fails(data: Path) -> Iterator[None]:
    is_whole = False
    try:
        yield
        is_whole = True
    finally:
        if not is_whole:
            _empty(data)


class _Meter:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._read_bytes = self._of_bytes = 0

    def begin(self, header: Header) -> None:
        self._of_bytes = header.size_bytes
        self.count(0)

    def count(self, size_bytes: int) -> None:
        self._read_bytes += size_bytes
        self._progress(self._read_bytes, self._of_bytes)


def _must_be_empty(data: Path) -> None:
    if data_directory.is_unfinished(data):
        _empty(data)
    found = sorted(set(os.listdir(data)) - OF_ANY_DIRECTORY)
    if found:
        raise Conflict(
            f"{data} holds {', '.join(found[:3])}{' and more' if found[3:] else ''}; a backup is restored "
            "into an empty directory only: name another with --data, and start the server there",
            value=str(data),
            rule="an empty or a new data directory",
        )


def _empty(data: Path) -> None:
    """Remove what an unfinished restore wrote, except the lock and the mark that it is unfinished."""
    for name in os.listdir(data):
        place = data / name
        if name in OF_ANY_DIRECTORY:
            continue
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink()


def _write(path: Path, pieces: Iterator[bytes], meter: _Meter) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for piece in pieces:
            file.write(piece)
            meter.count(len(piece))
