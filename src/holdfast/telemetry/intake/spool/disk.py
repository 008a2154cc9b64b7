"""The disk as the spool uses it, as one small protocol.

Every call may raise `OSError`; the spool tolerates a failure of any of them at any moment, and the death of
the process or machine between any two.
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SpoolFailed

_MOST_PIECES = 512
"""Pieces written in one call; the kernel takes 1,024 at most."""


class OpenFile(Protocol):
    """A file being appended to."""

    def append(self, pieces: Sequence[bytes]) -> None:
        """Append all pieces; after an error any part of them may be written."""
        ...

    def sync(self) -> None:
        """Return when everything appended would survive a loss of power."""
        ...

    def truncate(self, size_bytes: int) -> None:
        """Cut the file back to `size_bytes`."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class Disk(Protocol):
    """Files in directories; names become durable with `sync_directory`."""

    def make_directory(self, path: Path) -> None:
        """Create `path` and its parents where they are missing."""
        ...

    def names(self, directory: Path) -> list[str]:
        """Return the names in `directory`, in no order."""
        ...

    def create(self, path: Path) -> OpenFile:
        """Create `path`, which must not exist, for appending."""
        ...

    def reopen(self, path: Path) -> OpenFile:
        """Open the existing `path` for appending."""
        ...

    def read(self, path: Path) -> bytes:
        """Return the content of `path`."""
        ...

    def size_bytes(self, path: Path) -> int:
        """Return the size of `path` in bytes."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Rename `old` to `new` atomically."""
        ...

    def delete(self, path: Path) -> None:
        """Delete `path` if it exists."""
        ...

    def sync_directory(self, directory: Path) -> None:
        """Return when the names in `directory` would survive a loss of power."""
        ...

    def free_bytes(self, directory: Path) -> int:
        """Return the free bytes available to an ordinary user there."""
        ...

    def lock(self, path: Path) -> OpenFile:
        """Lock `path` until it is closed; raise `Unavailable` if another process has locked it."""
        ...


class SystemDisk:
    """The machine's own disk."""

    def make_directory(self, path: Path) -> None:
        """Create `path` for this user only: bodies may contain customers' data."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def names(self, directory: Path) -> list[str]:
        """Return the names in `directory`."""
        return os.listdir(directory)

    def create(self, path: Path) -> OpenFile:
        """Create `path` for appending."""
        return _SystemFile(
            os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        )

    def reopen(self, path: Path) -> OpenFile:
        """Open `path` for appending."""
        return _SystemFile(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))

    def read(self, path: Path) -> bytes:
        """Return the content of `path`."""
        return path.read_bytes()

    def size_bytes(self, path: Path) -> int:
        """Return the size of `path`."""
        return path.stat().st_size

    def rename(self, old: Path, new: Path) -> None:
        """Rename within one file system."""
        os.rename(old, new)

    def delete(self, path: Path) -> None:
        """Remove `path` if it is there."""
        path.unlink(missing_ok=True)

    def sync_directory(self, directory: Path) -> None:
        """Flush the directory itself."""
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def free_bytes(self, directory: Path) -> int:
        """Ask the file system."""
        found = os.statvfs(directory)
        return found.f_bavail * found.f_frsize

    def lock(self, path: Path) -> OpenFile:
        """Take an advisory lock, which the kernel releases whenever the process ends."""
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise Unavailable(
                f"the spool {path.parent} is in use by another process; stop that one, or start this one "
                "with another --data directory",
                value=str(path.parent),
                rule="one process per spool directory",
            ) from error
        return _SystemFile(descriptor)


class _SystemFile:
    """An open file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def append(self, pieces: Sequence[bytes]) -> None:
        for start in range(0, len(pieces), _MOST_PIECES):
            self._write(pieces[start : start + _MOST_PIECES])

    def sync(self) -> None:
        os.fdatasync(self._descriptor)

    def truncate(self, size_bytes: int) -> None:
        os.ftruncate(self._descriptor, size_bytes)

    def close(self) -> None:
        os.close(self._descriptor)

    def _write(self, pieces: Sequence[bytes]) -> None:
        written = os.writev(self._descriptor, pieces)
        if written == sum(map(len, pieces)):
            return
        # Short writes happen on a nearly full disk and with very large groups: write the rest, and let the
        # kernel report the error.
        rest = memoryview(b"".join(pieces))[written:]
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


def not_written(directory: Path, error: Exception, retry_seconds: int) -> SpoolFailed:
    """Return the error for senders whose bodies could not be written to disk."""
    reason = error.strerror if isinstance(error, OSError) else None
    return SpoolFailed(
        f"nothing was stored: writing to the spool {directory} failed ({reason or error}); send it again",
        value=str(directory),
        rule="what is acknowledged is on the disk",
        retry_after_seconds=retry_seconds,
    )
