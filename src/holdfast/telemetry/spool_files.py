"""What is done to the file of one segment as a whole: taking it up after a crash, and writing it again."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from google.protobuf.message import DecodeError

from holdfast.telemetry.disk import Disk
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp import REQUESTS
from holdfast.telemetry.repeats import digest
from holdfast.telemetry.spool_names import SEALED, SegmentName
from holdfast.telemetry.spool_records import Found, find_records, framed

log = logging.getLogger(__name__)

DRAFT = ".draft"
"""Suffix of a file being written; what a crash leaves of it is deleted."""


def read_records(disk: Disk, name: SegmentName, path: Path) -> tuple[bytes, Found]:
    """Return the content of the segment `name`, and what of it is sound."""
    content = disk.read(path)
    return content, find_records(content, name, lambda record: is_parsable(name.signal, record))


def seal_recovered(disk: Disk, name: SegmentName, path: Path) -> tuple[Path, Found, int]:
    """Seal a segment that was open when its process died; return its path, what it holds and its size.

    What a crash has torn is cut off; a segment of which nothing is left is deleted. Damage stays for now.
    """
    content, found = read_records(disk, name, path)
    size_bytes = len(content) if found.torn_at is None else found.torn_at
    if size_bytes < len(content):
        log.warning("segment %s: cut off %d bytes torn by a crash", path, len(content) - size_bytes)
    if not size_bytes:
        disk.delete(path)
        return path, found, 0
    file = disk.reopen(path)
    try:
        if size_bytes < len(content):
            file.truncate(size_bytes)
        # Records that were written but not yet synced are kept; from here on they must not change.
        file.sync()
    finally:
        file.close()
    sealed = path.with_suffix(SEALED)
    disk.rename(path, sealed)
    return sealed, found, size_bytes


def write_records(disk: Disk, name: SegmentName, path: Path, records: Sequence[bytes]) -> int:
    """Write the segment `name` again, with these records; return its size in bytes."""
    pieces = [piece for record in records for piece in framed(name, record, digest(record))]
    write_whole(disk, path, pieces, directory=path.parent)
    return sum(map(len, pieces))


def write_whole(disk: Disk, path: Path, pieces: Sequence[bytes], *, directory: Path) -> None:
    """Write `path`, or write it again, so that it is never seen half written; `directory` holds the draft."""
    draft = directory / (path.name + DRAFT)
    disk.delete(draft)
    try:
        _write(disk, draft, pieces)
        disk.rename(draft, path)
    except OSError:
        with suppress(OSError):
            disk.delete(draft)  # on a full disk half a draft would only be in the way
        raise


def _write(disk: Disk, path: Path, pieces: Sequence[bytes]) -> None:
    file = disk.create(path)
    try:
        file.append(pieces)
        file.sync()
    finally:
        file.close()


def is_parsable(signal: Signal, record: bytes) -> bool:
    """Whether the parser takes `record` as a request of `signal`."""
    try:
        REQUESTS[signal].FromString(record)
    except DecodeError:
        return False
    return True


def plain(signal: Signal, record: bytes) -> bytes | None:
    """Return `record` without unknown fields and each field once; None if the parser does not take it."""
    try:
        request = REQUESTS[signal].FromString(record)
    except DecodeError:
        return None
    request.DiscardUnknownFields()
    return request.SerializeToString(deterministic=True)
