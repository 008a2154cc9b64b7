"""Copies a spool in use: the records not yet in the warehouse, and the digests of earlier bodies.

Sealed segments are linked, open ones are copied as far as they are written: recovery cuts off a torn end, as
after a crash. The caller pauses inserts meanwhile, so that no segment disappears that is not in the copy of
the warehouse; a segment that is in both is deduplicated by its token.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from holdfast.telemetry.intake.spool.refused import REFUSED
from holdfast.telemetry.intake.spool.segment_names import OPEN, SEALED, SegmentName, read_name

_PASSES = 2
"""A segment renamed while the directory is read may be missed once, and it is renamed only once."""


def copy_spool(source: Path, into: Path) -> None:
    """Copy the spool in `source` to `into`, on the same file system."""
    into.mkdir(mode=0o700)
    (into / REFUSED).mkdir(mode=0o700)
    kept: set[SegmentName] = set()
    for _ in range(_PASSES):
        for filename in _names(source):
            name = read_name(filename)
            if name is not None and name not in kept:
                kept.add(name)
                _keep(source, name, into)
    for filename in _names(source / REFUSED):
        _linked(source / REFUSED / filename, into / REFUSED / filename)
    # After the segments: the digests of a segment deleted by now were written before its deletion.
    for filename in _names(source):
        if read_name(filename) is None and not filename.endswith(("lock", ".draft")):
            _copied(source / filename, into / filename)


def _keep(source: Path, name: SegmentName, into: Path) -> None:
    opened, sealed = f"{name.token}{OPEN}", f"{name.token}{SEALED}"
    if not _copied(source / opened, into / opened):
        _linked(source / sealed, into / sealed)


def _copied(path: Path, to: Path) -> bool:
    with suppress(FileNotFoundError, IsADirectoryError):
        shutil.copyfile(path, to)
        return True
    return False


def _linked(path: Path, to: Path) -> None:
    with suppress(FileNotFoundError):
        os.link(path, to)


def _names(directory: Path) -> list[str]:
    return sorted(os.listdir(directory)) if directory.is_dir() else []
