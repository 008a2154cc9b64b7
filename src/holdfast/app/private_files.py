"""Files that only their owner may read: those the server writes, and those of earlier versions.

State has hashes of tokens and the journal of all actions; spool and warehouse have telemetry. A data
directory that somebody made by hand, or that an older version filled, lets other users of the machine read
them; at the start those rights are removed, from Holdfast's own files and from no others.
"""

import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""The rights of everybody except the owner."""
SQLITE_PARTS = ("", "-wal", "-shm", "-journal")
_OWN = re.compile(
    r"(fake-)?state\.db(-wal|-shm|-journal)?|server\.lock|restore\.unfinished|spool|warehouse|tmp"
)
"""The files and folders that Holdfast makes in its data directory."""


@contextmanager
def private_files() -> Iterator[None]:
    """Make every new file and folder of the block private to its owner."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


@dataclass(slots=True)
class Tightened:
    """How many files and folders were made private, and those that could not be, with the reason."""

    count: int = 0
    refused: list[tuple[Path, str]] = field(default_factory=list)

    def take_back(self, path: Path) -> None:
        """Remove the rights of others on `path`; a link and its target are left alone."""
        try:
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode) or not status.st_mode & OTHERS:
                return
            path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)
        except FileNotFoundError:
            return
        except OSError as error:
            self.refused.append((path, error.strerror or str(error)))
        else:
            self.count += 1


def tighten(directory: Path, state_file: Path | None) -> Tightened:
    """Make Holdfast's files in `directory`, and its state file anywhere, private to their owner; log it.

    The directory itself is left as it is if it has foreign files, which others may be meant to reach.
    """
    done = Tightened()
    names = sorted(os.listdir(directory))
    foreign = [name for name in names if not _OWN.fullmatch(name)]
    if not foreign:
        done.take_back(directory)
    for name in set(names) - set(foreign):
        for path in _below(directory / name):
            done.take_back(path)
    for part in SQLITE_PARTS if state_file else ():
        done.take_back(Path(f"{state_file}{part}"))
    _say(done, directory, foreign)
    return done


def _below(path: Path) -> Iterator[Path]:
    yield path
    if path.is_symlink() or not path.is_dir():
        return
    for folder, folders, files in os.walk(path):
        yield from (Path(folder, name) for name in (*folders, *files))


def _say(done: Tightened, directory: Path, foreign: list[str]) -> None:
    if done.count:
        log.warning("%d files and folders of %s were open to others, now private", done.count, directory)
    if done.refused:
        path, reason = done.refused[0]
        log.warning("%d of them stay open to others, as %s: %s", len(done.refused), path, reason)
    if foreign and directory.lstat().st_mode & OTHERS:
        log.warning("%s stays open to others, because %s in it is not Holdfast's", directory, foreign[0])
