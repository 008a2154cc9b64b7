"""The file of the embedded state database: whether it is whole, and whether it was lost since the last start.

A missing or empty SQLite file looks like that of a first start: without tokens everybody on the machine is
let in, and nothing pages. So a marker is written beside the database once it exists, and a start without the
database is refused while the marker is there.
"""

import os
from pathlib import Path

from holdfast.app.state import migrate, missing, revision_of
from holdfast.runtime.database import Database, damaged
from holdfast.runtime.errors import StateDamaged, Unavailable

_LOST_SHOWN = 3
MARK = ".made"
"""Suffix of the marker file beside the database."""
_WORDS = (
    "Holdfast keeps its state (tokens, catalog, alerts, incidents) in the database beside this file. It "
    "refuses to start when the database is lost. Delete this file only to begin with an empty one.\n"
)


def prepare(database: Database) -> None:
    """Migrate the state database to this version, if it is whole and not lost.

    Raises:
        StateDamaged: it is damaged, or gone although there was one.
    """
    refuse_lost(database)
    if not is_new(database):
        database.check()
    migrate(database)
    refuse_incomplete(database)
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


def refuse_incomplete(database: Database) -> None:
    """Raise `StateDamaged` if an SQLite database lacks tables or columns of this version."""
    if not database.is_sqlite:
        return
    with database.read() as tx:
        lost = missing(tx)
    if lost:
        raise damaged(database, f"it does not define {', '.join(lost[:_LOST_SHOWN])}")


def mark_of(path: Path) -> Path:
    """Return the path of the marker of the database at `path`."""
    return path.with_name(path.name + MARK)


def beside_older_data(database: Database, warehouse: Path) -> str:
    """Return a warning when a new database is made beside a warehouse with data; else an empty text."""
    if not is_new(database) or not any(warehouse.glob("store/*/*")):
        return ""
    return (
        f"{database.path} was made new beside a warehouse with data in {warehouse}: it has no earlier "
        "tokens, catalog, alerts or incidents, and without tokens everybody on this machine is let in; if "
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
