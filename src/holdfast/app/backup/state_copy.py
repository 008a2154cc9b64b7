"""Checks that the copy of the state in a backup is a whole database, and the one of its header."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from holdfast.app.backup.archive import unsound
from holdfast.app.backup.model import Header


def refuse_unsound(copy: Path, header: Header, backup: Path) -> None:
    """Check every page of the state at `copy`; raise `BackupUnsound` naming `backup` if it is not whole."""
    try:
        migration = _migration_of(copy)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise unsound(backup, f"the state in it is no whole database ({error})") from error
    if migration != header.state.migration:
        said = f"migration {migration}, and its header says {header.state.migration}"
        raise unsound(backup, f"the state in it is at {said}")


def _migration_of(copy: Path) -> str | None:
    # Opened as immutable: SQLite makes no files beside it, and its bytes stay.
    address = f"file:{quote(str(copy.absolute()))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(" ".join(str(said).split()))
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])
