"""The spool's view of a disk, as one small protocol: what it needs and nothing else.

Every call may raise `OSError`; the spool is built so that each of them may fail at any moment, and so that
the process or the machine may die between any two.
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from holdfast.runtime.errors import Unavailable

_MOST_PIECES = 512
"""Pieces written in one call; the kernel takes 1,024 at most."""


class OpenFile(Protocol):
    """A file being appended to."""

    def append(self, pieces: Sequence[bytes]) -> None:
        """Write all pieces at the end; after an error any part of them may be there."""
        ...

    def sync(self) -> None:
        """Return when everything appended would survive a loss of power."""
        ...

    def truncate(self, size_bytes: int) -> None:
        """Cut the file back to `size_bytes`."""
        ...

    def close(self) -> None:
        """Let go of the file."""
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
        """Return what `path` holds."""
        ...

    def size_bytes(self, path: Path) -> int:
        """Return how much `path` holds."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Give `old` the name `new`, at once."""
        ...

    def delete(self, path: Path) -> None:
        """Remove `path`; nothing happens if it is gone already."""
        ...

    def sync_directory(self, directory: Path) -> None:
        """Return when the names in `directory` would survive a loss of power."""
        ...

    def free_bytes(self, directory: Path) -> int:
        """Return how much an ordinary user may still write there."""
        ...

    def lock(self, path: Path) -> OpenFile:
        """Hold `path` until closed; raise `Unavailable` if another process holds it."""
        ...


class SystemDisk:
    """The machine's own disk."""

    def make_directory(self, path: Path) -> None:
        """Create `path` for this user only: bodies may hold what customers typed."""
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
        """Return what `path` holds."""
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
        """Take an advisory lock, which the kernel drops when the process ends however it ends."""
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
        # Short writes happen on a disk that is getting full and on very large groups: write the rest, and
        # let the kernel say what is wrong.
        rest = memoryview(b"".join(pieces))[written:]
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
