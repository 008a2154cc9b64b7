"""The attempts on a segment that ended a process, on disk beside it, so that no segment can do so for ever.

A segment that ends the process while it is inserted (the engine aborts, or uses up the memory) would do so at
every start. So each attempt on a segment that an earlier process left is written to a file before it begins,
and removed once it has returned. Attempts found in the file at a start did not return. Segments sealed by
this process, nearly all, are inserted without such a file and cost no write.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from holdfast.telemetry.intake.spool.disk import Disk
from holdfast.telemetry.intake.spool.segment_files import write_whole

log = logging.getLogger(__name__)

TRIES = ".tries"
"""Suffix of the file that lists the attempts on a segment that did not return."""
_INSERT = "insert"
_ISOLATED = "isolated"
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Died:
    """The attempts on one segment that did not return, and whether its deadly records were searched for."""

    lines: tuple[str, ...] = ()

    @property
    def inserts(self) -> int:
        """How many inserts of it did not return."""
        return self.lines.count(_INSERT)

    @property
    def is_isolated(self) -> bool:
        """Whether its deadly records were already searched for."""
        return _ISOLATED in self.lines

    def in_reading(self, start: int, stop: int, of: int) -> bool:
        """Whether reading the records `start` to `stop` of `of` did not return."""
        return _reading(start, stop, of) in self.lines


NONE = Died()


class Attempts:
    """Records the attempts on the segments of one queue; lives as long as the queue.

    A segment is used by one thread at a time. Errors of the disk are only logged: storing continues.
    """

    def __init__(self, directory: Path, disk: Disk) -> None:
        self._directory = directory
        self._disk = disk
        self._died: dict[str, Died] = {}
        self._begun: set[str] = set()

    @property
    def suspects(self) -> Mapping[str, Died]:
        """The attempts that did not return, by the token of their segment."""
        return dict(self._died)

    def load(self, filenames: Collection[str], tokens: Collection[str]) -> None:
        """Read the files earlier processes left; those of segments that are gone are deleted."""
        for filename in filenames:
            token, dot, suffix = filename.partition(".")
            if dot + suffix != TRIES:
                continue
            path = self._directory / filename
            if token in tokens:
                text = self._disk.read(path)[:_MOST_BYTES].decode("ascii", "replace")
                self._died[token] = Died(tuple(text.splitlines()))
            else:
                self._disk.delete(path)

    def died(self, token: str) -> Died:
        """Return the attempts on the segment `token` that did not return."""
        return self._died.get(token, NONE)

    def insert_begins(self, token: str) -> None:
        """Record that an insert of the segment begins."""
        self._begin(token, _INSERT)

    def reading_begins(self, token: str, start: int, stop: int, of: int) -> None:
        """Record that reading a part of its records begins; the read before has returned."""
        self._begin(token, _reading(start, stop, of))

    def isolated(self, token: str) -> None:
        """Record that its deadly records were searched for, and taken out if there were any."""
        self._died[token] = Died((*self.died(token).lines, _ISOLATED))
        self._write(token, self._died[token].lines)

    def returned(self, token: str) -> None:
        """Remove the attempt begun last."""
        if token in self._begun:
            self._begun.discard(token)
            self._write(token, self.died(token).lines)

    def forget(self, token: str) -> None:
        """Delete the attempts on a segment that is gone."""
        if token in self._begun or token in self._died:
            self._begun.discard(token)
            self._died.pop(token, None)
            self._write(token, ())

    def _begin(self, token: str, line: str) -> None:
        self._begun.add(token)
        self._write(token, (*self.died(token).lines, line))

    def _write(self, token: str, lines: Collection[str]) -> None:
        path = self._directory / f"{token}{TRIES}"
        try:
            if lines:
                text = "".join(f"{line}\n" for line in lines)
                write_whole(self._disk, path, [text.encode()], directory=self._directory)
            else:
                self._disk.delete(path)
        except OSError as error:
            log.warning("%s cannot be written: %s", path, error.strerror or error)


def _reading(start: int, stop: int, of: int) -> str:
    return f"read {start} {stop} of {of}"
