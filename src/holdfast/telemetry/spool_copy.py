"""A copy of a spool in use: all that is acknowledged and not stored, and what is remembered of bodies.

Sealed segments are linked, open ones are copied as far as they are written: their torn end, if there is one,
is what a crash leaves, and recovery cuts it off. The caller keeps the warehouse from storing segments
meanwhile, so that none disappears that is not in the warehouse's copy; one that is in both is recognised by
its token.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from holdfast.telemetry.spool_names import OPEN, SEALED, SegmentName, read_name
from holdfast.telemetry.spool_refused import REFUSED

_PASSES = 2
"""A segment that is being renamed while the directory is read may be missed once; it is renamed once."""


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
    # After the segments: the digests of one that is gone by now were written down before it went.
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
