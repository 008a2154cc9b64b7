"""The seam to the state database, where a test lets the process die, or the disk fail, at a chosen write."""

import sqlite3
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

from holdfast.runtime.database import Database

WRITES = ("INSERT", "UPDATE", "DELETE")


class Died(BaseException):
    """The process dies here; what its files held at this moment is what the next one finds."""


class Fault(StrEnum):
    """What happens at the chosen write. A commit that dies torn has written a part of its pages."""

    DIES_BEFORE_A_STATEMENT = "dies before a statement"
    DIES_AFTER_A_STATEMENT = "dies after a statement"
    DIES_BEFORE_A_COMMIT = "dies before a commit"
    DIES_IN_A_COMMIT = "dies in a commit"
    DIES_AFTER_A_COMMIT = "dies after a commit"
    A_STATEMENT_FAILS = "a statement fails"
    A_COMMIT_FAILS = "a commit fails"


_AT_COMMIT = (
    Fault.DIES_BEFORE_A_COMMIT,
    Fault.DIES_IN_A_COMMIT,
    Fault.DIES_AFTER_A_COMMIT,
    Fault.A_COMMIT_FAILS,
)
_ERRORS = ("database or disk is full", "database is locked", "disk I/O error")


class Seam:
    """Stands between one process's `Database` and SQLite; lives as long as that process.

    Nothing is written any more once the process has died: its files were copied to `next_directory`, as a
    kill leaves them, and every later statement dies too.
    """

    def __init__(self, database: Database, chosen: Random, next_directory: Path) -> None:
        self.next_directory = next_directory
        self.is_dead = False
        self.is_full = False
        self._path = Path(str(database.engine.url.database))
        self._chosen = chosen
        self._fault: Fault | None = None
        self._left = 0
        self._errors_left = 0
        dialect = database.engine.dialect
        self._usual_commit = dialect.do_commit
        dialect.do_execute = self._around(dialect.do_execute)  # type: ignore[method-assign]
        dialect.do_executemany = self._around(dialect.do_executemany)  # type: ignore[method-assign]
        dialect.do_commit = self._commit  # type: ignore[method-assign]

    def arm(self, fault: Fault | None, *, after: int = 0, errors: int = 1) -> None:
        """Let `fault` happen after so many writes or commits; a disk that fails does so `errors` times."""
        self._fault, self._left, self._errors_left = fault, after, errors

    def kill(self) -> None:
        """Let the process die now, between two writes."""
        self._snapshot()

    def _around(self, usual: Callable[..., Any]) -> Callable[..., Any]:
        def execute(cursor: sqlite3.Cursor, statement: str, parameters: Any, context: Any = None) -> Any:
            if self.is_dead:
                raise Died
            if statement.startswith("BEGIN IMMEDIATE"):
                self._bound(cursor)
            fault = self._due(at_commit=False) if statement.startswith(WRITES) else None
            if fault is Fault.DIES_BEFORE_A_STATEMENT:
                self._die()
            if fault is Fault.A_STATEMENT_FAILS:
                self._fail()
            done = usual(cursor, statement, parameters, context)
            if fault is Fault.DIES_AFTER_A_STATEMENT:
                self._die()
            return done

        return execute

    def _commit(self, connection: Any) -> None:
        if self.is_dead:
            raise Died
        fault = self._due(at_commit=True)
        if fault is Fault.DIES_BEFORE_A_COMMIT:
            self._die()
        if fault is Fault.A_COMMIT_FAILS:
            connection.rollback()  # as SQLite does by itself when it cannot write a commit
            self._fail()
        before_bytes = self._log_bytes()
        self._usual_commit(connection)
        if fault is Fault.DIES_IN_A_COMMIT:
            self._die(torn_after=before_bytes)
        if fault is Fault.DIES_AFTER_A_COMMIT:
            self._die()

    def _due(self, *, at_commit: bool) -> Fault | None:
        fault = self._fault
        if fault is None or (fault in _AT_COMMIT) is not at_commit:
            return None
        if self._left:
            self._left -= 1
            return None
        self._errors_left -= 1
        if self._errors_left <= 0:
            self._fault = None
        return fault

    def _bound(self, cursor: sqlite3.Cursor) -> None:
        # A real full disk as far as SQLite can see: the file may not grow, and it rolls back by itself.
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count={pages if self.is_full else 1 << 30}").fetchone()

    def _fail(self) -> None:
        raise sqlite3.OperationalError(self._chosen.choice(_ERRORS))

    def _die(self, torn_after: int | None = None) -> None:
        self._snapshot(torn_after)
        raise Died

    def _snapshot(self, torn_after: int | None = None) -> None:
        self.is_dead = True
        self.next_directory.mkdir()
        (self.next_directory / self._path.name).write_bytes(self._path.read_bytes())
        if self._log.exists():
            content = self._log.read_bytes()
            if torn_after is not None and torn_after < len(content):
                content = content[: self._chosen.randrange(torn_after, len(content))]
            (self.next_directory / self._log.name).write_bytes(content)

    @property
    def _log(self) -> Path:
        return self._path.with_name(self._path.name + "-wal")

    def _log_bytes(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0
