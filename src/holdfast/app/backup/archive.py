"""Writes a backup as a stream of bytes, and reads one back with every byte checked."""

import hashlib
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from pydantic import ValidationError

from holdfast.app.backup.errors import BackupUnsound
from holdfast.app.backup.model import HEADER, MANIFEST, FileEntry, Header, Manifest, faults_of, place_of
from holdfast.runtime.errors import NotFound, Unavailable

CHUNK_BYTES = 1024 * 1024
HEADER_BYTES_MOST = 64 * 1024
MANIFEST_BYTES_MOST = 1024**3
_END = b"\0" * 1024

Take = Callable[[str, Iterator[bytes]], None]
"""Receives each file of a backup: its name, and its content piece by piece."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be written: its place in the backup, its path, and how many of its bytes are copied."""

    name: str
    path: Path
    size_bytes: int


def written(header: Header, sources: Sequence[Source]) -> Iterator[bytes]:
    """Yield a backup of `sources`, the manifest last: a file without it is no backup."""
    yield from _member(HEADER, header.model_dump_json().encode(), header)
    entries: list[FileEntry] = []
    for source in sources:
        yield from _file(source, header, entries)
    manifest = Manifest(header=header, files=tuple(entries))
    yield from _member(MANIFEST, manifest.model_dump_json().encode(), header)
    yield _END


def read(path: Path, take: Take, *, accept: Callable[[Header], None]) -> Manifest:
    """Read the backup at `path`: `accept` sees the header first, then `take` gets every file.

    Raises:
        BackupUnsound: it is cut off, damaged, or no backup; what `take` got must not be used.
    """
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as archive:
            return _read(archive, take, accept, path)
    except FileNotFoundError as error:
        raise NotFound(f"there is no backup {path}", value=str(path)) from error
    except tarfile.TarError as error:
        raise unsound(path, f"it is cut off or no backup ({error})") from error
    except OSError as error:
        raise Unavailable(f"the backup {path} cannot be read or stored: {error}", value=str(path)) from error


def _read(archive: tarfile.TarFile, take: Take, accept: Callable[[Header], None], path: Path) -> Manifest:
    header = _header(archive, path)
    accept(header)
    contents = _Contents(header, path)
    while (member := archive.next()) is not None:
        content = archive.extractfile(member) if member.isreg() and not member.issparse() else None
        if content is None:
            raise unsound(path, f"{member.name[:200]!r} is not a file")
        if member.name == MANIFEST:
            manifest = _manifest(member, content, path)
            break
        contents.admit(member)
        contents.found.append(_taken(member, content, take))
    else:
        raise unsound(path, f"it is cut off after {len(contents.found)} of {header.files} files")
    if (after := archive.next()) is not None:
        raise unsound(path, f"{after.name[:200]!r} comes after its manifest")
    _compare(manifest, contents)
    return manifest


class _Contents:
    """The files found in a backup so far; checks each file before it is read."""

    def __init__(self, header: Header, path: Path) -> None:
        self.header = header
        self.path = path
        self.found: list[FileEntry] = []
        self._places: set[PurePosixPath] = set()
        self._directories: set[PurePosixPath] = set()
        self._left_bytes = header.size_bytes

    def admit(self, member: tarfile.TarInfo) -> None:
        """Raise `BackupUnsound` if the file has no place, has one that is taken, or is too large."""
        place = place_of(member.name)
        parents = set(place.parents)
        if place in self._places:
            raise unsound(self.path, f"{member.name!r} is in it twice")
        if place in self._directories or parents & self._places:
            raise unsound(self.path, f"{member.name!r} is in it, and so is a file that it leaves no room for")
        self._left_bytes -= member.size
        if member.size < 0 or self._left_bytes < 0:
            said = f"{self.header.size_bytes} bytes"
            raise unsound(self.path, f"{member.name!r} has {member.size} bytes, and all of it has {said}")
        self._places.add(place)
        self._directories |= parents

    def faults(self) -> list[str]:
        """Return how all files together differ from the header."""
        faults = faults_of(self.header, {entry.path for entry in self.found})
        if self._left_bytes:
            faults.append(
                f"its header says {self.header.size_bytes} bytes, and {self._left_bytes} are missing"
            )
        return faults


def _header(archive: tarfile.TarFile, path: Path) -> Header:
    first = archive.next()
    is_there = first is not None and first.name == HEADER and 0 < first.size <= HEADER_BYTES_MOST
    content = archive.extractfile(first) if first is not None and is_there and first.isreg() else None
    if content is None:
        raise unsound(path, "it does not begin as a backup does")
    try:
        return Header.model_validate_json(content.read())
    except ValidationError as error:
        raise unsound(
            path, f"its header is damaged or of a newer version ({error.error_count()} fields)"
        ) from error


def _manifest(member: tarfile.TarInfo, content: IO[bytes], path: Path) -> Manifest:
    if not 0 < member.size <= MANIFEST_BYTES_MOST:
        raise unsound(path, f"its manifest has {member.size} bytes")
    try:
        return Manifest.model_validate_json(content.read())
    except ValidationError as error:
        raise unsound(path, "its manifest is damaged") from error


def _taken(member: tarfile.TarInfo, content: IO[bytes], take: Take) -> FileEntry:
    digest = hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        while piece := content.read(CHUNK_BYTES):
            digest.update(piece)
            yield piece

    rest = pieces()
    take(member.name, rest)
    for _ in rest:
        pass
    return FileEntry(path=member.name, size_bytes=member.size, sha256=digest.hexdigest())


def _compare(manifest: Manifest, contents: _Contents) -> None:
    path, found = contents.path, contents.found
    if manifest.header != contents.header:
        raise unsound(path, "its manifest belongs to another backup")
    if len(manifest.files) != len(found):
        raise unsound(path, f"it holds {len(found)} files, and its manifest names {len(manifest.files)}")
    for wanted, got in zip(manifest.files, found, strict=True):
        if wanted != got:
            raise unsound(path, f"{got.path} is damaged: {got.size_bytes} bytes with SHA-256 {got.sha256}")
    if faults := contents.faults():
        raise unsound(path, "; ".join(faults))


def _file(source: Source, header: Header, entries: list[FileEntry]) -> Iterator[bytes]:
    yield _head(source.name, source.size_bytes, header)
    digest, left = hashlib.sha256(), source.size_bytes
    with source.path.open("rb") as file:
        while left and (piece := file.read(min(left, CHUNK_BYTES))):
            digest.update(piece)
            left -= len(piece)
            yield piece
    if left:
        raise Unavailable(f"{source.path} lost {left} bytes while it was backed up; begin again")
    yield _padding(source.size_bytes)
    entries.append(FileEntry(path=source.name, size_bytes=source.size_bytes, sha256=digest.hexdigest()))


def _member(name: str, content: bytes, header: Header) -> Iterator[bytes]:
    yield _head(name, len(content), header)
    yield content + _padding(len(content))


def _head(name: str, size_bytes: int, header: Header) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size_bytes, 0o600, int(header.taken_at.timestamp())
    return member.tobuf(tarfile.PAX_FORMAT)


def _padding(size_bytes: int) -> bytes:
    return b"\0" * (-size_bytes % tarfile.BLOCKSIZE)


def unsound(path: Path, why: str) -> BackupUnsound:
    """Return the error that says why the file at `path` cannot be used."""
    return BackupUnsound(
        f"{path} is no sound backup: {why}; use another one",
        value=str(path),
        rule="whole, with every checksum right",
    )
