"""A disk in memory that fails and dies on demand, and knows what would survive a loss of power."""

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.runtime.errors import Unavailable


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Node:
    """One file: what a reader sees, and what would survive a loss of power."""

    content: bytearray = field(default_factory=bytearray)
    synced: bytes = b""


class FakeDisk:
    """Implements `Disk`. `crash_in` and `fail_in` count operations down; `free` is what is left to write."""

    def __init__(self) -> None:
        self.files: dict[Path, Node] = {}
        self.durable: dict[Path, Node] = {}
        self.free = 1 << 40
        self.crash_in: int | None = None
        self.fail_in: int | None = None
        self.locked: set[Path] = set()

    def step(self, *, torn: "tuple[Node, bytes] | None" = None) -> None:
        """Count one operation; die or fail if its turn has come, leaving half of `torn` written."""
        for name in ("crash_in", "fail_in"):
            left = getattr(self, name)
            if left is None:
                continue
            setattr(self, name, left - 1 if left else None)
            if left == 0:
                if torn is not None:
                    torn[0].content.extend(torn[1][: len(torn[1]) // 2])
                raise Crash if name == "crash_in" else OSError(errno.EIO, os.strerror(errno.EIO))

    def die(self, *, power: bool, keep: float = 0.5, zeros: bool = False) -> None:
        """End the process; with `power` lost too, unsynced names and bytes are kept in part at most."""
        self.crash_in = self.fail_in = None
        self.locked.clear()
        if not power:
            return
        # Names: creations, renames and deletions not synced yet are lost; contents: a part of the tail stays.
        self.files = dict(self.durable)
        for node in self.files.values():
            tail = bytes(node.content[len(node.synced) :]) if node.content.startswith(node.synced) else b""
            kept = tail[: int(len(tail) * keep)]
            node.content = bytearray(node.synced + (bytes(len(kept)) if zeros else kept))
            node.synced = bytes(node.content)

    def make_directory(self, path: Path) -> None:
        """Directories need no making here."""
        self.step()

    def names(self, directory: Path) -> list[str]:
        """Return the names of the files in `directory`."""
        self.step()
        return [path.name for path in self.files if path.parent == directory]

    def create(self, path: Path) -> "FakeFile":
        """Create an empty file."""
        self.step()
        if path in self.files:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        self.files[path] = Node()
        return FakeFile(self, self.files[path])

    def reopen(self, path: Path) -> "FakeFile":
        """Open an existing file."""
        self.step()
        return FakeFile(self, self._node(path))

    def read(self, path: Path) -> bytes:
        """Return what a file holds."""
        self.step()
        return bytes(self._node(path).content)

    def size_bytes(self, path: Path) -> int:
        """Return a file's size."""
        self.step()
        return len(self._node(path).content)

    def rename(self, old: Path, new: Path) -> None:
        """Rename a file."""
        self.step()
        self.files[new] = self._node(old)
        del self.files[old]

    def delete(self, path: Path) -> None:
        """Delete a file if it is there."""
        self.step()
        node = self.files.pop(path, None)
        self.free += len(node.content) if node is not None else 0

    def sync_directory(self, directory: Path) -> None:
        """Make the names in `directory` durable."""
        self.step()
        self.durable = {path: node for path, node in self.durable.items() if path.parent != directory}
        self.durable |= {path: node for path, node in self.files.items() if path.parent == directory}

    def free_bytes(self, directory: Path) -> int:
        """Return what is left."""
        return self.free

    def lock(self, path: Path) -> "FakeFile":
        """Hold `path`."""
        self.step()
        if path in self.locked:
            raise Unavailable(f"{path} is in use by another process")
        self.locked.add(path)
        return FakeFile(self, Node(), lock=path)

    def _node(self, path: Path) -> Node:
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return self.files[path]


@dataclass
class FakeFile:
    """An open file of a `FakeDisk`."""

    disk: FakeDisk
    node: Node
    lock: Path | None = None

    def append(self, pieces: Sequence[bytes]) -> None:
        """Write at the end, as far as there is room."""
        data = b"".join(pieces)
        self.disk.step(torn=(self.node, data))
        written = data[: max(0, self.disk.free)]
        self.node.content.extend(written)
        self.disk.free -= len(written)
        if len(written) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def sync(self) -> None:
        """Make the content durable."""
        self.disk.step()
        self.node.synced = bytes(self.node.content)

    def truncate(self, size_bytes: int) -> None:
        """Cut the content back."""
        self.disk.step()
        del self.node.content[size_bytes:]

    def close(self) -> None:
        """Let go."""
        if self.lock is not None:
            self.disk.locked.discard(self.lock)
