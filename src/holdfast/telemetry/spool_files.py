"""What is done to the file of one segment as a whole: taking it up after a crash, and rewriting it."""

import logging
from contextlib import suppress
from pathlib import Path

from google.protobuf.message import DecodeError

from holdfast.telemetry.disk import Disk
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp import REQUESTS
from holdfast.telemetry.spool_names import SEALED, framed, intact_records

log = logging.getLogger(__name__)

DRAFT = ".draft"
"""Suffix of a segment being rewritten; what a crash leaves of it is deleted."""


def seal_recovered(disk: Disk, signal: Signal, path: Path) -> tuple[Path, list[bytes], int]:
    """Seal a segment that was open when its process died; return its path, its records and its size.

    What a crash has torn is cut off; a segment of which nothing is left is deleted.
    """
    content = disk.read(path)
    records, intact_bytes = intact_records(content, lambda record: _is_sound(signal, record))
    if intact_bytes < len(content):
        log.warning("segment %s: cut off %d bytes torn by a crash", path, len(content) - intact_bytes)
    if not records:
        disk.delete(path)
        return path, [], 0
    file = disk.reopen(path)
    try:
        if intact_bytes < len(content):
            file.truncate(intact_bytes)
        # Records that were written but not yet synced are kept; from here on they must not change.
        file.sync()
    finally:
        file.close()
    sealed = path.with_suffix(SEALED)
    disk.rename(path, sealed)
    return sealed, records, intact_bytes


def rewrite_plain(disk: Disk, signal: Signal, path: Path) -> int:
    """Write the records of a segment in plain form, without unknown fields; return the new size in bytes."""
    records, _ = intact_records(disk.read(path), bool)
    pieces = [piece for record in records for piece in framed(_plain(signal, record))]
    draft = path.with_suffix(DRAFT)
    disk.delete(draft)
    try:
        _write(disk, draft, pieces)
        disk.rename(draft, path)
    except OSError:
        with suppress(OSError):
            disk.delete(draft)  # on a full disk half a draft would only be in the way
        raise
    return sum(map(len, pieces))


def _write(disk: Disk, path: Path, pieces: list[bytes]) -> None:
    file = disk.create(path)
    try:
        file.append(pieces)
        file.sync()
    finally:
        file.close()


def _plain(signal: Signal, record: bytes) -> bytes:
    request = REQUESTS[signal].FromString(record)
    request.DiscardUnknownFields()
    return request.SerializeToString(deterministic=True)


def _is_sound(signal: Signal, record: bytes) -> bool:
    try:
        REQUESTS[signal].FromString(record)
    except DecodeError:
        return False
    return True
