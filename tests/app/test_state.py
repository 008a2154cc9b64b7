"""Migrations: the newest form is that of the tables, on both engines, whoever starts first."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from holdfast.app.state import head, known_revisions, migrate, revision_of, upgrade
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


@pytest.mark.parametrize("way", [upgrade, None])
def test_both_ways_lead_to_the_tables_of_the_code(empty: Database, way: object) -> None:
    """Applying all migrations, and making an empty database at once, give exactly the tables of the code."""
    if way is upgrade:
        with empty.write() as tx:
            upgrade(tx)
    else:
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


def test_a_migration_that_fails_leaves_nothing_behind(empty: Database) -> None:
    """All steps are one transaction: after a failure the database is as it was."""

    def fail_at_the_end() -> None:
        with empty.write() as tx:
            upgrade(tx)
            raise RuntimeError("the power went out")

    with pytest.raises(RuntimeError):
        fail_at_the_end()
    with empty.read() as tx:
        assert revision_of(tx) is None
    assert migrate(empty) is True
