"""Digests of recently accepted bodies, so that a body repeated after a lost reply is not stored twice.

OTLP lets a sender repeat a request whose reply it never saw. Service levels would count such a request
twice, so every record's digest is remembered for some minutes: in its segment while that exists, and
afterwards in a journal beside the segments. So the digests survive any crash.
"""

import logging
import struct
from collections import OrderedDict, deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from holdfast.telemetry.intake.spool.disk import Disk, OpenFile

log = logging.getLogger(__name__)

_ROW = struct.Struct(">q16s")
_SUFFIX = ".recent"
_MOST_UNSAVED = 200_000


def _taken() -> Future[None]:
    future: Future[None] = Future()
    future.set_result(None)
    return future


@dataclass(slots=True)
class Repeats:
    """Digests of recently accepted bodies, oldest first, at most `count` for at most `seconds`.

    It is not locked: its owner holds a lock. Times are monotonic seconds.
    """

    seconds: float
    count: int
    _entries: "OrderedDict[bytes, tuple[Future[None] | None, float]]" = field(default_factory=OrderedDict)

    def find(self, key: bytes, now: float) -> Future[None] | None:
        """Return the outcome of the earlier body with this `key`, or None if it is not known."""
        entry = self._entries.get(key)
        if entry is None or now - entry[1] > self.seconds:
            return None
        return entry[0] or _taken()

    def add(self, key: bytes, outcome: Future[None] | None, now: float) -> None:
        """Remember a body; `outcome` is None once it is on disk."""
        self._entries[key] = (outcome, now)
        self._entries.move_to_end(key)
        while self._entries and (len(self._entries) > self.count or self._is_outdated(now)):
            self._entries.popitem(last=False)

    def settle(self, key: bytes) -> None:
        """Record that the body with this `key` is on disk."""
        if key in self._entries:
            self._entries[key] = (None, self._entries[key][1])

    def drop(self, key: bytes) -> None:
        """Forget a body that could not be stored."""
        self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)

    def _is_outdated(self, now: float) -> bool:
        return now - next(iter(self._entries.values()))[1] > self.seconds


class RepeatsJournal:
    """Digests of bodies whose segments are deleted, in small files that are deleted by age.

    It lives as long as its queue and is used by one thread at a time.
    """

    def __init__(self, directory: Path, prefix: str, disk: Disk, *, seconds: float) -> None:
        self._directory = directory
        self._prefix = prefix
        self._disk = disk
        self._seconds = seconds
        self._file: OpenFile | None = None
        self._began_at: datetime | None = None
        self._unsaved: deque[bytes] = deque(maxlen=_MOST_UNSAVED)

    def load(self, now: datetime) -> list[tuple[bytes, float]]:
        """Return the remembered digests, oldest first, with the age of each in seconds."""
        contents = (self._disk.read(path) for path in self._paths())
        # Each file may end in a torn row.
        rows = [row for c in contents for row in _ROW.iter_unpack(c[: len(c) // _ROW.size * _ROW.size])]
        now_ms = _milliseconds(now)
        # If the clock has stepped back, ages are negative: they count from now.
        aged = [(key, max(0.0, (now_ms - at_ms) / 1000)) for at_ms, key in rows]
        return [(key, age) for key, age in aged if age <= self._seconds]

    def append(self, keys: list[bytes], now: datetime) -> None:
        """Remember `keys` durably, or keep them for the next `save`."""
        at_ms = _milliseconds(now)
        self._unsaved.extend(_ROW.pack(at_ms, key) for key in keys)
        self.save(now)

    def save(self, now: datetime) -> None:
        """Write the digests that are not durable yet. After an error of the disk the next call tries again.

        Until then a crash loses these digests. Their segments must be deleted even so, because on a full disk
        nothing else frees space.
        """
        if not self._unsaved:
            return
        try:
            file = self._current(now)
            file.append([b"".join(self._unsaved)])
            file.sync()
        except OSError as error:
            log.warning("the digests of %d bodies are not durable yet: %s", len(self._unsaved), error)
            self.close()
        else:
            self._unsaved.clear()

    def unsaved(self) -> list[bytes]:
        """Return the digests that a crash would lose now."""
        return [_ROW.unpack(row)[1] for row in self._unsaved]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        self._file = self._began_at = None

    def _current(self, now: datetime) -> OpenFile:
        if self._began_at is not None:
            age = (now - self._began_at).total_seconds()
            if not 0 <= age <= self._seconds:
                self.close()
        if self._file is None:
            self._file, self._began_at = self._next_generation(now), now
        return self._file

    def _next_generation(self, now: datetime) -> OpenFile:
        old = self._paths()
        now_ms = _milliseconds(now)
        number = max([now_ms, *(_number(path) + 1 for path in old[-1:])])
        # All rows of a generation are older than the next one's first row.
        for path, following in pairwise(old):
            if now_ms - _number(following) > self._seconds * 1000:
                self._disk.delete(path)
        file = self._disk.create(self._directory / f"{self._prefix}-{number:015d}{_SUFFIX}")
        self._disk.sync_directory(self._directory)
        return file

    def _paths(self) -> list[Path]:
        names = (n for n in self._disk.names(self._directory) if n.startswith(f"{self._prefix}-"))
        return [self._directory / name for name in sorted(names) if name.endswith(_SUFFIX)]


def _number(path: Path) -> int:
    return int(path.name.removesuffix(_SUFFIX).rpartition("-")[2])


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
