"""Migrations: the newest form is that of the tables, on both engines, whoever starts first."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from holdfast.app.state import head, known_revisions, migrate, revision_of
from holdfast.app.tables import metadata
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Conflict


@pytest.fixture
def empty(state_url: str) -> Database:
    """An empty database on each engine."""
    return Database(state_url)


def own_tables(thing, name: str, kind: str, *_rest: object) -> bool:
    """Leave out tables that tests make for themselves."""
    return not (kind == "table" and name.startswith("test_"))


def test_the_newest_migration_is_the_form_of_the_tables(empty: Database) -> None:
    """Nothing in the code's tables is missing from the migrations, and nothing is left over."""
    migrate(empty)
    with empty.read() as tx:
        context = MigrationContext.configure(
            tx, opts={"compare_type": True, "include_object": own_tables, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []
        assert revision_of(tx) == head() == known_revisions()[-1]


def test_migrating_again_does_nothing(empty: Database) -> None:
    """A second start finds everything done."""
    assert migrate(empty) is True
    assert migrate(empty) is False


def test_servers_that_start_together_take_turns(state_url: str) -> None:
    """Of several that start at once on one database, exactly one migrates and none fails."""
    did: list[object] = []

    def start() -> None:
        database = Database(state_url)
        try:
            did.append(migrate(database))
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            did.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(str, did)) == ["False", "False", "False", "True"]


def test_a_newer_database_is_refused(empty: Database) -> None:
    """A program that is older than its database says so and changes nothing."""
    migrate(empty)
    with empty.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="newer Holdfast"):
        migrate(empty)


def test_a_migration_that_fails_leaves_nothing_behind(empty: Database, monkeypatch) -> None:
    """All steps are one transaction: after a failure the database is as it was."""
    from alembic import command

    upgrade = command.upgrade

    def fail(*arguments: object) -> None:
        upgrade(*arguments)
        raise RuntimeError("the power went out")

    monkeypatch.setattr(command, "upgrade", fail)
    with pytest.raises(RuntimeError):
        migrate(empty)
    with empty.read() as tx:
        assert revision_of(tx) is None
    monkeypatch.undo()
    assert migrate(empty) is True
