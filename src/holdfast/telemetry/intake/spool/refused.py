"""Records that were damaged or could not be read: a bounded amount is kept for a person to look at."""

import logging
from dataclasses import dataclass
from pathlib import Path

from holdfast.telemetry.intake.spool.attempts import TRIES
from holdfast.telemetry.intake.spool.disk import Disk
from holdfast.telemetry.intake.spool.segment_files import write_whole
from holdfast.telemetry.intake.spool.segment_names import DAMAGED, OPEN, SEALED, read_name

log = logging.getLogger(__name__)

_SHOWN_MOST = 3
REFUSED = "refused"
"""Directory inside the spool for damaged and unreadable records."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A summary of the damaged and unreadable records that are kept."""

    directory: Path
    damaged: int
    unreadable: int
    size_bytes: int

    @property
    def segments(self) -> int:
        """How many segments have records here, counted once for each reason."""
        return self.damaged + self.unreadable

    def __str__(self) -> str:
        """Return it as a sentence; empty if nothing is set aside."""
        parts = []
        if self.damaged:
            parts.append(f"{self.damaged} segments were damaged on the disk: check it, and restore a backup")
        if self.unreadable:
            parts.append(
                f"{self.unreadable} segments have records that the warehouse could not read, or that ended it"
            )
        if not parts:
            return ""
        return (
            f"{'; '.join(parts)}. Those records ({self.size_bytes} bytes) are in {self.directory}; keep them "
            "for a bug report, then delete them"
        )


def found_in(disk: Disk, directory: Path) -> SetAside:
    """Return what is set aside in `directory`; files of other names are not counted."""
    paths = _oldest_first(disk, directory)
    damaged = sum(path.suffix == DAMAGED for path in paths)
    size_bytes = sum(disk.size_bytes(path) for path in paths)
    return SetAside(directory, damaged, len(paths) - damaged, size_bytes)


def left_behind(disk: Disk, spool: Path) -> str:
    """Describe an unused spool: segments that wait, and records set aside; empty if there are none."""
    names = disk.names(spool) if spool.is_dir() else []
    waiting = sum(name.endswith((OPEN, SEALED)) and read_name(name) is not None for name in names)
    refused = str(found_in(disk, spool / REFUSED)) if REFUSED in names else ""
    parts = [f"{waiting} segments wait to be stored"] if waiting else []
    deadly = [name.removesuffix(TRIES) for name in names if name.endswith(TRIES)]
    if deadly:
        parts.append(
            f"The process ended while inserting these segments: {', '.join(sorted(deadly)[:_SHOWN_MOST])}"
        )
    return ". ".join([*parts, *([refused] if refused else [])])


def keep_out(disk: Disk, path: Path, content: bytes, most_bytes: int) -> None:
    """Append `content` to `path`; the oldest files of the directory are deleted if it grows too large."""
    before = disk.read(path) if path.name in disk.names(path.parent) else b""
    if content not in before:  # it is there already if a crash interrupted an earlier attempt
        write_whole(disk, path, [before, content], directory=path.parent.parent)
        disk.sync_directory(path.parent)
    keep_within(disk, path.parent, most_bytes)


def keep_within(disk: Disk, directory: Path, most_bytes: int) -> None:
    """Delete the oldest segments in `directory` until `most_bytes` or only the newest one are left.

    Otherwise one broken sender would fill the disk, and the newest serves a bug report as well. Errors of the
    disk are only logged: no acknowledged record depends on this.
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
                "deleted %s (%d bytes), the oldest of the records set aside: at most %d bytes are kept",
                path,
                size_bytes,
                most_bytes,
            )
    except OSError as error:
        log.warning("%s cannot be kept within %d bytes: %s", directory, most_bytes, error)


def _oldest_first(disk: Disk, directory: Path) -> list[Path]:
    named = [(name, filename) for filename in disk.names(directory) if (name := read_name(filename))]
    return [directory / filename for _, filename in sorted(named, key=lambda pair: pair[0].number)]
