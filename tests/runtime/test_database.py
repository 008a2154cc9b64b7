"""State: instants in UTC on both engines, whole transactions, and refusals instead of failures."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, String, Table, insert, select

from holdfast.runtime.database import BigId, Database, Instant, metadata
from holdfast.runtime.errors import Invalid, Unavailable

things = Table(
    "test_things",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", Instant),
    Column("name", String(100)),
    Column("number", Integer),
)


def test_instants_come_back_aware_and_in_utc(database: Database) -> None:
    """An instant in any zone is stored as the instant it is, with its microseconds."""
    given = datetime(2026, 3, 1, 14, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    with database.write() as tx:
        tx.execute(insert(things).values(at=given))
    with database.read() as tx:
        found = tx.execute(select(things.c.at)).scalar_one()
    assert found == given
    assert found.tzinfo is UTC


def test_a_naive_instant_is_a_bug(database: Database) -> None:
    """A time without a zone is never guessed."""
    with pytest.raises(Exception, match="naive"), database.write() as tx:
        tx.execute(insert(things).values(at=datetime(2026, 3, 1)))


def test_an_error_undoes_the_whole_transaction(database: Database) -> None:
    """What was written before the error is not there after it."""

    def fail_half_way() -> None:
        with database.write() as tx:
            tx.execute(insert(things).values(name="half"))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        fail_half_way()
    with database.read() as tx:
        assert tx.execute(select(things)).all() == []


@pytest.mark.parametrize("values", [{"number": 10**30}, {"name": "a\ud800"}])
def test_what_cannot_be_stored_is_refused(database: Database, values: dict[str, object]) -> None:
    """Values no column can hold are the sender's mistake, not a failure of ours."""
    with pytest.raises(Invalid), database.write() as tx:
        tx.execute(insert(things).values(values))


def test_a_nul_in_a_text_is_stored_or_refused(database: Database) -> None:
    """PostgreSQL stores no NUL: that is said, and nothing breaks."""
    expected = nullcontext() if database.is_sqlite else pytest.raises(Invalid)
    with expected, database.write() as tx:
        tx.execute(insert(things).values(name="a\0b"))


def test_readers_do_not_wait_for_the_writer(database: Database) -> None:
    """While one transaction writes, others read what was there before it."""
    with database.write() as tx:
        tx.execute(insert(things).values(name="new"))
        seen: list[int] = []

        def read() -> None:
            with database.read() as other:
                seen.append(len(other.execute(select(things)).all()))

        reader = threading.Thread(target=read)
        reader.start()
        reader.join(10)
    assert seen == [0]


def test_a_database_that_is_away_is_said_so() -> None:
    """An address nobody answers at is out of reach, in one sentence."""
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2")
    with pytest.raises(Unavailable, match="did not answer"), away.read():
        pass


def test_a_new_file_in_use_is_waited_for(tmp_path: Path) -> None:
    """SQLite makes no file WAL while another process writes; the first transaction waits its turn."""
    path = tmp_path / "state.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.execute, ("COMMIT",)).start()
    database = Database(f"sqlite:///{path}")
    with database.read() as tx:
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()
    other.close()


def test_another_process_leaves_a_checked_database_its_log(sqlite_database: Database) -> None:
    """After checks and copies, others see all that is written here: none of them deleted the log it is in."""
    path = sqlite_database.path
    assert path is not None
    for number, name in enumerate(("first", "second", "third")):
        sqlite_database.check()
        sqlite_database.copy_to(path.with_name(f"copy-{number}.db"))
        with sqlite_database.write() as tx:
            tx.execute(insert(things).values(name=name))
        assert _newest_in_another_process(path) == name


def _newest_in_another_process(path: Path) -> str:
    program = (
        "import sqlite3, sys; found = sqlite3.connect(sys.argv[1]); "
        "print(*found.execute('SELECT name FROM test_things ORDER BY id DESC').fetchone()); found.close()"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    return done.stdout.strip()
