"""One server at a time owns a data directory; the lock ends with its process, however that ends."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holdfast.runtime.errors import Conflict, NotFound, Unavailable

LOCK_NAME = "server.lock"
TEMPORARY = "tmp"
"""Directory for temporary files, emptied at every start."""
UNFINISHED = "restore.unfinished"
"""File that exists while a backup is being restored."""


@contextmanager
def owned(directory: Path) -> Iterator[Path]:
    """Own `directory`, made if it is missing, for the length of the block."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(
            f"the data directory {directory} cannot be used: {error.strerror}; name another with --data"
        ) from error
    try:
        _take(lock, directory)
        yield directory
    finally:
        os.close(lock)


@contextmanager
def owned_or_as_before(directory: Path) -> Iterator[Path]:
    """Own `directory` as `owned` does; if the block fails, remove the lock and directories it made."""
    missing = [place for place in (directory, *directory.parents) if not place.exists()]
    lock, before = directory / LOCK_NAME, None
    with suppress(OSError):
        before = lock.read_bytes()
    try:
        with owned(directory), _lock_as_before(lock, before):
            yield directory
    except BaseException:
        for place in missing:
            with suppress(OSError):  # not made at all, or no longer empty
                place.rmdir()
        raise


@contextmanager
def _lock_as_before(lock: Path, before: bytes | None) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if before is None:
            lock.unlink()
        else:
            lock.write_bytes(before)
        raise


@contextmanager
def temporary_files_in(directory: Path) -> Iterator[None]:
    """Put this process's temporary files below `directory`: a service may be able to write nowhere else."""
    place = (directory / TEMPORARY).absolute()
    try:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"{place} cannot be made: {error.strerror}; name another --data directory"
        ) from error
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"], tempfile.tempdir = str(place), str(place)
    try:
        yield
    finally:
        tempfile.tempdir = None
        os.environ.pop("TMPDIR")
        if before is not None:
            os.environ["TMPDIR"] = before


def must_exist(directory: Path) -> None:
    """Raise `NotFound` if there is no such directory."""
    if not directory.is_dir():
        raise NotFound(f"there is no data directory {directory}; name one with --data", value=str(directory))


def is_unfinished(directory: Path) -> bool:
    """Whether a restore into `directory` was interrupted."""
    return (directory / UNFINISHED).exists()


@contextmanager
def unfinished(directory: Path) -> Iterator[None]:
    """Prevent a server's start in `directory` until the block has ended, even if the process dies in it."""
    mark = directory / UNFINISHED
    mark.touch(mode=0o600)
    try:
        yield
    finally:
        mark.unlink()


def refuse_unfinished(directory: Path) -> None:
    """Raise `Conflict` if a restore into `directory` was interrupted."""
    if is_unfinished(directory):
        raise Conflict(
            f"a restore into {directory} was cut off, so data is missing there; run it again: "
            f"`holdfast restore FILE --data {directory}`",
            value=str(directory),
            rule="a restore is finished before a server starts",
        )


def owner(directory: Path) -> int | None:
    """Return the pid of the server that owns `directory`, or None if nobody does."""
    path = directory / LOCK_NAME
    if not path.exists():
        return None
    with path.open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _pid(lock.read())
    return None


def _take(lock: int, directory: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _must_be_there(lock, directory / LOCK_NAME)
    except BlockingIOError as error:
        pid = _pid(os.pread(lock, 32, 0).decode(errors="replace"))
        by = f" (pid {pid})" if pid else ""
        raise Unavailable(
            f"the data directory {directory} is in use by another Holdfast{by}; "
            "stop that one or name another directory with --data"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _must_be_there(lock: int, path: Path) -> None:
    # A failed restore removes its lock, and may have done so since this one was opened.
    if not path.exists() or not os.path.samestat(os.fstat(lock), path.stat()):
        raise BlockingIOError


def _pid(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None
