"""Segments the warehouse could not read: kept for a person to look at, never so many as to fill a disk."""

import logging
from dataclasses import dataclass
from pathlib import Path

from holdfast.telemetry.disk import Disk
from holdfast.telemetry.spool_names import read_name

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SetAside:
    """What is kept of the segments that could not be read."""

    directory: Path
    segments: int
    size_bytes: int

    def __str__(self) -> str:
        """Say it in a sentence; nothing if there is nothing to say."""
        if not self.segments:
            return ""
        return (
            f"{self.segments} segments the warehouse could not read ({self.size_bytes} bytes) are in "
            f"{self.directory}; keep them for a bug report, then delete them"
        )


def found_in(disk: Disk, directory: Path) -> SetAside:
    """Return what is set aside in `directory`; other files there are somebody else's and not counted."""
    sizes = [disk.size_bytes(path) for path in _oldest_first(disk, directory)]
    return SetAside(directory, len(sizes), sum(sizes))


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
                "deleted %s (%d bytes), the oldest segment the warehouse could not read: %d bytes are kept",
                path,
                size_bytes,
                most_bytes,
            )
    except OSError as error:
        log.warning("%s cannot be kept within %d bytes: %s", directory, most_bytes, error)


def _oldest_first(disk: Disk, directory: Path) -> list[Path]:
    named = [(name, filename) for filename in disk.names(directory) if (name := read_name(filename))]
    return [directory / filename for _, filename in sorted(named, key=lambda pair: pair[0].number)]
