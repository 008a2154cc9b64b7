"""Operations on the file of one segment as a whole: recovery after a crash, and rewriting."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from google.protobuf.message import DecodeError

from holdfast.telemetry.intake.otlp.requests import REQUESTS
from holdfast.telemetry.intake.spool.digests import digest
from holdfast.telemetry.intake.spool.disk import Disk
from holdfast.telemetry.intake.spool.records import SegmentContent, find_records, framed
from holdfast.telemetry.intake.spool.segment_names import SEALED, SegmentName
from holdfast.telemetry.model import Signal

log = logging.getLogger(__name__)

DRAFT = ".draft"
"""Suffix of a file being written; one that a crash leaves is deleted."""


def read_records(disk: Disk, name: SegmentName, path: Path) -> tuple[bytes, SegmentContent]:
    """Return the bytes of the segment `name`, and the records found in them."""
    content = disk.read(path)
    return content, find_records(content, name, lambda record: is_parsable(name.signal, record))


def seal_recovered(disk: Disk, name: SegmentName, path: Path) -> tuple[Path, SegmentContent, int]:
    """Seal a segment that was open when its process died; return its path, its content and its size.

    A torn end is cut off; a segment with nothing left is deleted. Damage stays for now. A torn record was not
    acknowledged, so this is no alarm: see docs/decisions/spool.md.
    """
    content, found = read_records(disk, name, path)
    size_bytes = len(content) if found.torn_at is None else found.torn_at
    if size_bytes < len(content):
        log.warning(
            "segment %s: cut off %d bytes torn by a crash, none of them acknowledged",
            path,
            len(content) - size_bytes,
        )
    if not size_bytes:
        disk.delete(path)
        return path, found, 0
    file = disk.reopen(path)
    try:
        if size_bytes < len(content):
            file.truncate(size_bytes)
        # Records written but not yet synced are kept; from here on they must not change.
        file.sync()
    finally:
        file.close()
    sealed = path.with_suffix(SEALED)
    disk.rename(path, sealed)
    return sealed, found, size_bytes


def write_records(disk: Disk, name: SegmentName, path: Path, records: Sequence[bytes]) -> int:
    """Rewrite the segment `name` with these records; return its size in bytes."""
    pieces = [piece for record in records for piece in framed(name, record, digest(record))]
    write_whole(disk, path, pieces, directory=path.parent)
    return sum(map(len, pieces))


def write_whole(disk: Disk, path: Path, pieces: Sequence[bytes], *, directory: Path) -> None:
    """Write or replace `path` atomically; `directory` holds the draft."""
    draft = directory / (path.name + DRAFT)
    disk.delete(draft)
    try:
        _write(disk, draft, pieces)
        disk.rename(draft, path)
    except OSError:
        with suppress(OSError):
            disk.delete(draft)  # on a full disk half a draft would only take space
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
    """Return `record` without unknown fields and each field once; None if the parser refuses it."""
    try:
        request = REQUESTS[signal].FromString(record)
    except DecodeError:
        return None
    request.DiscardUnknownFields()
    return request.SerializeToString(deterministic=True)
