"""A directory of YAML files, read without trusting it: bounded, and every refusal a problem with a name.

Files end in `.yaml` or `.yml`; names that begin with a dot are skipped, subdirectories are read.
Paths are relative to the directory, with slashes.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.catalog.documents import Split, split
from holdfast.catalog.kinds import Kinds
from holdfast.catalog.problems import CatalogProblem, Report, Rule
from holdfast.catalog.reading import SourceFile

SUFFIXES = (".yaml", ".yml")
FILE_BYTES_MOST = 1_048_576
FILES_MOST = 2_000
DEPTH_MOST = 8
WHOLE = "."
"""The directory itself as a broken place: every document that came from it stays as it was."""


@dataclass(frozen=True, slots=True)
class CatalogFiles:
    """The catalog files of a directory. `broken_places` are files and folders that could not be read."""

    sources: tuple[SourceFile, ...]
    problems: tuple[CatalogProblem, ...]
    broken_places: frozenset[str]

    def split(self, kinds: Kinds) -> Split:
        """Split the files into documents; files that could not be read count as broken."""
        parts = split(self.sources, kinds)
        problems = (*self.problems, *parts.problems)
        return Split(parts.documents, problems, parts.broken_places | self.broken_places)


@dataclass(slots=True)
class _Search:
    """One reading of a directory; nothing outside `base`, its real path, is ever opened."""

    root: Path
    base: Path
    problems: list[CatalogProblem] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    visited: set[tuple[int, int]] = field(default_factory=set)
    files: int = 0

    def refuse(self, place: str, rule: Rule, message: str) -> None:
        report = Report(place)
        report.error(rule, line=0, message=message)
        self.problems.extend(report.problems)
        self.broken.add(place)

    def leads_out(self, place: str) -> bool:
        """Whether links lead from `place` out of the directory, even to a file that does not exist."""
        return not Path(os.path.realpath(self.root / place)).is_relative_to(self.base)

    def refuse_link(self, place: str) -> None:
        message = "this link leads out of the catalog's directory and is not followed; put the file here"
        self.refuse(place, Rule.UNREADABLE, message)


def read_file(path: Path) -> CatalogFiles:
    """Read the one file `path` names; never raises."""
    search = _Search(path.parent, Path(os.path.realpath(path)).parent)
    source = _read(search, path.name)
    return CatalogFiles((source,) if source else (), tuple(search.problems), frozenset(search.broken))


def read_directory(path: Path) -> CatalogFiles:
    """Read every catalog file below `path`; never raises."""
    search = _Search(path, Path(os.path.realpath(path)))
    paths = [name for name, _ in _walk(search)]
    sources = [source for name in paths if (source := _read(search, name)) is not None]
    if not paths and not search.problems:
        message = f"no .yaml or .yml file in {path}; is this the catalog's directory?"
        search.refuse(WHOLE, Rule.NO_DOCUMENTS, message)
    return CatalogFiles(tuple(sources), tuple(search.problems), frozenset(search.broken))


def fingerprint(path: Path) -> str:
    """Return a value that changes when a file below `path` is added, removed, replaced or written."""
    search = _Search(path, Path(os.path.realpath(path)))
    seen = hashlib.sha256()
    for name, status in _walk(search):
        seen.update(f"{name}\0{status.st_mtime_ns}\0{status.st_size}\0{status.st_ino}\0".encode())
    for problem in search.problems:
        seen.update(repr(problem).encode())
    return seen.hexdigest()


def _walk(search: _Search, place: str = WHOLE, depth: int = 0) -> Iterator[tuple[str, os.stat_result]]:
    folder = search.root / place
    try:
        status = folder.stat()
        names = sorted(os.listdir(folder))
    except OSError as error:
        search.refuse(place, Rule.UNREADABLE, f"cannot be read: {error.strerror}; check it and its rights")
        return
    identity = (status.st_dev, status.st_ino)
    if identity in search.visited or depth > DEPTH_MOST:
        what = "leads back to a folder already read" if identity in search.visited else "is nested too deep"
        search.refuse(place, Rule.UNREADABLE, f"this folder {what}; remove the link")
        return
    search.visited.add(identity)
    for name in names:
        if not name.startswith("."):
            yield from _entry(search, name if place == WHOLE else f"{place}/{name}", depth)


def _entry(search: _Search, place: str, depth: int) -> Iterator[tuple[str, os.stat_result]]:
    path = search.root / place
    try:
        is_outside = path.is_symlink() and search.leads_out(place)
        if is_outside and place.endswith(SUFFIXES):
            search.refuse_link(_printable(place))
            return
        status = path.stat()
    except OSError as error:
        if place.endswith(SUFFIXES):
            search.refuse(_printable(place), Rule.UNREADABLE, f"cannot be read: {error.strerror}")
        return
    if is_outside:
        if stat.S_ISDIR(status.st_mode):
            search.refuse_link(_printable(place))
    elif stat.S_ISDIR(status.st_mode):
        yield from _walk(search, place, depth + 1)
    elif place.endswith(SUFFIXES):
        search.files += 1
        if _printable(place) != place:
            message = "the file's name is not printable UTF-8; rename it"
            search.refuse(_printable(place), Rule.NOT_UTF8, message)
        elif not stat.S_ISREG(status.st_mode):
            search.refuse(place, Rule.UNREADABLE, "this is not a regular file; remove it")
        elif search.files > FILES_MOST:
            search.refuse(WHOLE, Rule.TOO_LARGE, f"a catalog may have {FILES_MOST} files; join some of them")
        else:
            yield place, status


def _read(search: _Search, place: str) -> SourceFile | None:
    if search.leads_out(place):
        search.refuse_link(place)
        return None
    try:
        data = _bytes(Path(os.path.realpath(search.root / place)))
    except OSError as error:
        search.refuse(place, Rule.UNREADABLE, f"cannot be read: {error.strerror}")
        return None
    if len(data) > FILE_BYTES_MOST:
        message = f"the file is larger than {FILE_BYTES_MOST:,} bytes; split it"
        search.refuse(place, Rule.TOO_LARGE, message)
        return None
    try:
        return SourceFile(place, data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} on line {line} is not UTF-8; save the file as UTF-8"
        search.refuse(place, Rule.NOT_UTF8, message)
        return None


def _bytes(path: Path) -> bytes:
    # Links were resolved before; one made since then is not followed, and a pipe is not waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(FILE_BYTES_MOST + 1)


def _printable(name: str) -> str:
    clean = name.encode("utf-8", "replace").decode()
    return "".join(sign if sign.isprintable() else "?" for sign in clean)
