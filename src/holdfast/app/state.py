"""Migrates the state database to this version: at start, under a lock, in one transaction."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from holdfast.runtime.database import Database
from holdfast.runtime.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_NUMBER = 7070_0001
"""Number of the advisory lock that servers on one PostgreSQL hold while they migrate."""


def migrate(database: Database) -> bool:
    """Apply the migrations that are missing; return whether there were any."""
    _make_directory(database)
    with database.write() as tx:
        if not database.is_sqlite:
            tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})")
        found, newest = revision_of(tx), head()
        if found == newest:
            return False
        _refuse_unknown(found)
        if found is None:
            _create(tx, newest)
        else:
            upgrade(tx)
    return True


def upgrade(tx: Connection) -> None:
    """Apply every migration that is missing, one after the other."""
    # Imported here because it takes as long as all other imports of a command, and only upgrades need it.
    from alembic import command

    command.upgrade(alembic_config(tx), "head")


def _create(tx: Connection, newest: str | None) -> None:
    """Make the tables of an empty database from the code, which is half a second faster than migrations.

    A test checks that the migrations lead to the same tables.
    """
    from holdfast.app.tables import metadata

    metadata.create_all(tx)
    tx.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    tx.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": newest})


def known_revisions() -> list[str]:
    """Return the migrations this version knows, oldest first: the numbers their files begin with."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def head() -> str | None:
    """Return the newest migration this version knows."""
    return next(reversed(known_revisions()), None)


def alembic_config(connection: Connection | None) -> "Config":
    """Return Alembic's configuration: on `connection`, with the migrations of this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def revision_of(tx: Connection) -> str | None:
    """Return the migration a database is at, or None for an empty one."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()


def missing(tx: Connection) -> list[str]:
    """Return the tables and `table.column`s of this version that an SQLite database lacks.

    Damage to the definition of a table can leave a file that passes SQLite's own check.
    """
    from holdfast.app.tables import owned  # as heavy to import as a server is

    rows = tx.execute(text("SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c"))
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    lost = []
    for table in owned():
        if table.name not in found:
            lost.append(table.name)
        else:
            lost.extend(str(column) for column in table.c if column.name not in found[table.name])
    return lost


def _refuse_unknown(found: str | None) -> None:
    if found is not None and found not in known_revisions():
        raise Conflict(
            f"the state database is at migration {found}, which this version does not know; "
            "a newer Holdfast wrote it: start that one, or restore the backup made before the upgrade",
            value=found,
            rule="the state database is not newer than the program",
        )


def _make_directory(database: Database) -> None:
    name = database.engine.url.database
    if not database.is_sqlite or name in (None, "", ":memory:"):
        return
    directory = Path(str(name)).parent
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Unavailable(f"the data directory {directory} cannot be made: {error.strerror}") from error
