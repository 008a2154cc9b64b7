"""Brings the state database to this version's form: at start, under a lock, in one transaction."""

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from holdfast.runtime.database import Database
from holdfast.runtime.errors import Conflict, Unavailable

_LOCK_NUMBER = 7070_0001
"""Names the advisory lock under which servers on one PostgreSQL take turns to migrate."""


def migrate(database: Database) -> bool:
    """Apply the migrations that are missing; return whether there were any."""
    _make_directory(database)
    with database.write() as tx:
        if not database.is_sqlite:
            tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})")
        found, newest = _revision(tx), head()
        if found == newest:
            return False
        _refuse_unknown(found)
        command.upgrade(alembic_config(tx), "head")
    return True


def head() -> str | None:
    """Return the newest migration this version knows."""
    return _steps().get_current_head()


def _steps() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config(None))


def _revision(tx: Connection) -> str | None:
    return MigrationContext.configure(tx).get_current_revision()


def _refuse_unknown(found: str | None) -> None:
    known = {script.revision for script in _steps().walk_revisions()}
    if found is not None and found not in known:
        raise Conflict(
            f"the state database is at migration {found}, which this version does not know; "
            "a newer Holdfast wrote it: start that one, or restore the backup made before the upgrade",
            value=found,
            rule="the state database is not newer than the program",
        )


def alembic_config(connection: Connection | None) -> Config:
    """Return how Alembic is to work: on `connection`, with the migrations of this package."""
    config = Config()
    config.set_main_option("script_location", str(files("holdfast.app").joinpath("migrations")))
    config.attributes["connection"] = connection
    return config


def _make_directory(database: Database) -> None:
    name = database.engine.url.database
    if not database.is_sqlite or name in (None, "", ":memory:"):
        return
    directory = Path(str(name)).parent
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Unavailable(f"the data directory {directory} cannot be made: {error.strerror}") from error
