"""A consistent copy of the embedded engine's files as hard links: instant, and without extra space.

The engine's files are parts, which never change, and a few small files that it replaces or appends to. So
while nothing writes, a tree of hard links is the warehouse of that moment. Merges continue meanwhile: the
parts they replace stay for minutes, and the engine handles a part present twice, as after a crash.
"""

import os
import re
import shutil
from pathlib import Path

from holdfast.telemetry.warehouse.engine_place import SCRATCH, STATUS

_MADE_ANEW = frozenset({"data", "shadow", "tmp", SCRATCH, STATUS})
"""Top-level files and directories that the engine recreates at its next start."""
_UNFINISHED = ("tmp_", "delete_tmp_", "tmp-")
_APPENDED = "deduplication_logs"
_PART = re.compile(r".+_\d+_\d+_\d+(_\d+)?")


def link_tree(source: Path, into: Path) -> None:
    """Link every file of the engine's directory `source` below `into`, on the same file system.

    The caller prevents the engine from writing meanwhile.
    """
    into.mkdir(mode=0o700)
    for entry in _entries(source):
        if entry.name not in _MADE_ANEW:
            _link(entry, into / entry.name)


def _link(entry: "os.DirEntry[str]", to: Path) -> None:
    if entry.is_symlink():
        return  # to a table's or a database's directory, under its name: the engine recreates them
    if not entry.is_dir():
        _link_file(Path(entry.path), to)
    elif _PART.fullmatch(entry.name):
        _link_part(Path(entry.path), to)
    elif not entry.name.startswith(_UNFINISHED):
        to.mkdir(mode=0o700)
        for inner in _entries(Path(entry.path)):
            _link(inner, to / inner.name)


def _link_file(path: Path, to: Path) -> None:
    try:
        if path.parent.name == _APPENDED:
            shutil.copyfile(path, to)
        else:
            os.link(path, to)
    except FileNotFoundError:
        # A finished mutation, or a part that a merge has just removed.
        to.unlink(missing_ok=True)


def _link_part(path: Path, to: Path) -> None:
    # A part that disappears was replaced some minutes ago by one that is in the listing too.
    try:
        _link_all(path, to)
    except FileNotFoundError:
        shutil.rmtree(to, ignore_errors=True)


def _link_all(path: Path, to: Path) -> None:
    to.mkdir(mode=0o700)
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir():
                _link_all(Path(entry.path), to / entry.name)
            else:
                os.link(entry.path, to / entry.name)


def _entries(directory: Path) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except FileNotFoundError:
        return []
