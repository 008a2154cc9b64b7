"""The file of the embedded state database: whether it is whole, and whether it is still the one of before.

An SQLite file that is gone or empty looks like that of a first start: without tokens everybody on the
machine is let in, and nothing pages. So a mark is left beside the database once it exists, and a start
without it is refused while the mark is there.
"""

import os
from pathlib import Path

from holdfast.app.state import migrate, revision_of
from holdfast.runtime.database import Database
from holdfast.runtime.errors import StateDamaged, Unavailable

MARK = ".made"
"""Suffix of the file beside the database that says there is one."""
_WORDS = (
    "Holdfast keeps its state (tokens, catalog, alerts, incidents) in the database beside this file. It "
    "refuses to start when the database is lost. Delete this file only to begin with an empty one.\n"
)


def prepare(database: Database) -> None:
    """Bring the state database to this version's form, if it is whole and not lost.

    Raises:
        StateDamaged: it is damaged, or gone although there was one.
    """
    refuse_lost(database)
    if not is_new(database):
        database.check()
    migrate(database)
    if database.path is not None:
        _leave_mark(mark_of(database.path))


def is_new(database: Database) -> bool:
    """Whether a start would make the database: it is SQLite, and its file is missing or empty."""
    path = database.path
    return path is not None and (not path.exists() or path.stat().st_size == 0)


def refuse_lost(database: Database) -> None:
    """Raise `StateDamaged` if there was a database and there is none now."""
    path = database.path
    if path is None or not mark_of(path).exists():
        return
    if is_new(database):
        raise _lost(path, "is empty" if path.exists() else "is missing")
    with database.read() as tx:
        if revision_of(tx) is None:
            raise _lost(path, "holds no tables")


def mark_of(path: Path) -> Path:
    """Return where the mark of the database at `path` is."""
    return path.with_name(path.name + MARK)


def beside_older_data(database: Database, warehouse: Path) -> str:
    """Return what to warn of when the database is made anew beside a warehouse with data; else nothing."""
    if not is_new(database) or not any(warehouse.glob("store/*/*")):
        return ""
    return (
        f"{database.path} was made anew beside a warehouse with data in {warehouse}: tokens, catalog, alerts "
        "and incidents of before are not in it, and without tokens everybody on this machine is let in; if "
        "there is a backup, restore it (`holdfast restore FILE --data NEW`)"
    )


def _lost(path: Path, how: str) -> StateDamaged:
    return StateDamaged(
        f"the state database {path} {how}, and there was one: tokens, catalog, alerts and incidents are lost "
        "with it. Restore a backup (`holdfast restore FILE --data NEW`), or, to begin without them, delete "
        f"{mark_of(path)}",
        value=str(path),
        rule="a state database that existed is there",
    )


def _leave_mark(mark: Path) -> None:
    try:
        descriptor = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise Unavailable(f"{mark} cannot be written: {error.strerror}", value=str(mark)) from error
    with os.fdopen(descriptor, "w") as file:
        file.write(_WORDS)
