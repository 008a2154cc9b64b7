"""What was damaged or could not be read: kept for a person to look at, never so much as to fill a disk."""

import logging
from dataclasses import dataclass
from pathlib import Path

from holdfast.telemetry.disk import Disk
from holdfast.telemetry.spool_files import write_whole
from holdfast.telemetry.spool_names import DAMAGED, OPEN, SEALED, read_name

log = logging.getLogger(__name__)

REFUSED = "refused"
"""Directory inside the spool for what was damaged or could not be read."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """What is kept of the segments that were damaged, and of those the warehouse could not read."""

    directory: Path
    damaged: int
    unreadable: int
    size_bytes: int

    @property
    def segments(self) -> int:
        """How many segments something is kept of, once for each reason."""
        return self.damaged + self.unreadable

    def __str__(self) -> str:
        """Say it in a sentence; nothing if there is nothing to say."""
        parts = []
        if self.damaged:
            parts.append(f"{self.damaged} segments were damaged on the disk: check it, and restore a backup")
        if self.unreadable:
            parts.append(f"of {self.unreadable} segments the warehouse could not read some records")
        if not parts:
            return ""
        return (
            f"{'; '.join(parts)}. Those parts ({self.size_bytes} bytes) are in {self.directory}; keep them "
            "for a bug report, then delete them"
        )


def found_in(disk: Disk, directory: Path) -> SetAside:
    """Return what is set aside in `directory`; other files there are somebody else's and not counted."""
    paths = _oldest_first(disk, directory)
    damaged = sum(path.suffix == DAMAGED for path in paths)
    size_bytes = sum(disk.size_bytes(path) for path in paths)
    return SetAside(directory, damaged, len(paths) - damaged, size_bytes)


def left_behind(disk: Disk, spool: Path) -> str:
    """Say what a spool nobody uses now holds: segments that wait, and what is set aside; empty if nothing."""
    names = disk.names(spool) if spool.is_dir() else []
    waiting = sum(name.endswith((OPEN, SEALED)) and read_name(name) is not None for name in names)
    refused = str(found_in(disk, spool / REFUSED)) if REFUSED in names else ""
    parts = [f"{waiting} segments wait to be stored"] if waiting else []
    return ". ".join([*parts, *([refused] if refused else [])])


def keep_out(disk: Disk, path: Path, content: bytes, most_bytes: int) -> None:
    """Keep `content` at `path`, behind what is there; the oldest of its directory go if it is too much."""
    before = disk.read(path) if path.name in disk.names(path.parent) else b""
    if content not in before:  # it is there already if a crash came between this and what follows
        write_whole(disk, path, [before, content], directory=path.parent.parent)
        disk.sync_directory(path.parent)
    keep_within(disk, path.parent, most_bytes)


def keep_within(disk: Disk, directory: Path, most_bytes: int) -> None:
    """Delete the oldest segments in `directory` until `most_bytes` are left, or the newest one alone.

    One sick sender would fill the disk otherwise, and the newest is as good for a bug report. A disk that
    refuses is only logged: nothing that was acknowledged waits for this.
    """
    try:
        kept = [(path, disk.size_bytes(path)) for path in _oldest_first(disk, directory)]
        excess_bytes = sum(size_bytes for _, size_bytes in kept) - most_bytes
        for path, size_bytes in kept[:-1]:
            if excess_bytes <= 0:
                break
            disk.delete(path)
            excess_bytes -= size_bytes
            log.warning(
                "deleted %s (%d bytes), the oldest of what was set aside: %d bytes are kept",
                path,
                size_bytes,
                most_bytes,
            )
    except OSError as error:
        log.warning("%s cannot be kept within %d bytes: %s", directory, most_bytes, error)


def _oldest_first(disk: Disk, directory: Path) -> list[Path]:
    named = [(name, filename) for filename in disk.names(directory) if (name := read_name(filename))]
    return [directory / filename for _, filename in sorted(named, key=lambda pair: pair[0].number)]
