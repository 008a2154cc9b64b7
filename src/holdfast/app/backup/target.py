"""The target of a backup: a new file that gets its name only once it is whole."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from holdfast.runtime.errors import Conflict, Unavailable

PARTIAL = ".partial"
"""Suffix of a backup that is being written; one left by a kill is no backup, and may be deleted."""


def chosen(to: Path, now: datetime) -> Path:
    """Return the file of a backup `to` a file or an existing directory; it must not exist yet."""
    path = to / f"holdfast-{now:%Y%m%dT%H%M%SZ}.tar" if to.is_dir() else to
    if path.exists():
        raise Conflict(f"{path} is there already and is not written over; name another file", value=str(path))
    return path


@contextmanager
def new_file(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Yield the file under its partial name; at the end of the block it is synced and renamed to `path`.

    If the block fails or is interrupted, the file is removed.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        descriptor = _locked(partial)
    except BlockingIOError as error:
        raise Conflict(
            f"{partial} is being written by another backup; wait for it, or name another file",
            value=str(partial),
        ) from error
    except OSError as error:
        raise _not_written(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield partial, file
            file.flush()
            os.fsync(file.fileno())
            os.rename(partial, path)
        _sync(path.parent)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def _locked(partial: Path) -> int:
    """Open and empty the partial file, which a killed backup may have left; refuse one that is in use."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(partial, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(descriptor), os.stat(partial)):
            raise BlockingIOError  # the other backup has been finished, and renamed, meanwhile
        os.ftruncate(descriptor, 0)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _not_written(path: Path, error: OSError) -> Unavailable:
    return Unavailable(f"the backup {path} cannot be written: {error.strerror}", value=str(path))


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
