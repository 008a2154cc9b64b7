"""State on SQLite (embedded) or PostgreSQL: one engine, two kinds of transaction.

`Reader` and `Writer` are different types, so that a function's signature says whether it may change
anything. Tables of all packages share one `metadata`; migrations in `holdfast.app.migrations` make them.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NewType

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.exc import DatabaseError, DataError, OperationalError, SQLAlchemyError

from holdfast.runtime.errors import Invalid, StateDamaged, Unavailable

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Reader = NewType("Reader", Connection)
Writer = NewType("Writer", Reader)

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit row id that SQLite can still autoincrement."""

ID_MOST = 2**63 - 1
"""The largest row id on both engines; ids in requests are limited to it."""
BUSY_SECONDS = 15
"""How long a writer waits for others, of this process and of others."""
_WAL_ATTEMPTS = 20
_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "XX001", "XX002")
"""Prefixes of SQLite's error names and PostgreSQL's states that mean a damaged file."""
_DAMAGE_SAID = (
    "unsupported file format",
    "Could not decode to UTF-8",
    "no such table",
    "no such column",
    "no such index",
)
"""SQLite's messages of damage without a code of its own. A migration made every table that is queried, so a
missing one has lost its name or its definition."""
_FAULTS_SHOWN = 3
_VERSIONS = slice(18, 20)
_VERSION_MOST = 2
"""Place of the write and read versions in an SQLite file's header, and the newest version."""
_VALUE_SHOWN = 100


class StoredUnreadable(ValueError):
    """A stored value that no version writes; `Database` raises `StateDamaged` for it."""

    def __init__(self, what: str, value: object) -> None:
        super().__init__(f"it holds {str(value)[:_VALUE_SHOWN]!r} where {what} was stored")


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; SQLite, which has no time zones, stores it naive and in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Read what is stored; a text that is no instant is damage."""
        process = super().result_processor(dialect, coltype)
        if process is None:
            return None

        def read(value: Any) -> datetime | None:
            try:
                return process(value)
            except (TypeError, ValueError) as error:
                raise StoredUnreadable("an instant", value) from error

        return read

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive instants; hand the database UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive instant {value!r} cannot be stored; give it a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant aware and in UTC on both engines."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[StrEnum]):
    """A text of at most `length` characters that is one of the words of `kind`."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[StrEnum], length: int) -> None:
        super().__init__(length)
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """Store the word itself."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Return the member; a word that is none is damage."""
        try:
            return None if value is None else self.kind(value)
        except ValueError as error:
            raise StoredUnreadable(f"a {self.kind.__name__}", value) from error


class Database:
    """State shared by all packages; lives as long as the process.

    `url` is `sqlite:///PATH` or `postgresql+psycopg://…`. Nothing is opened until the first transaction.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = _create_engine(url)
        self.write_trouble = ""
        """Why the disk or the server failed the last write; empty after a success."""
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        self._descriptor: int | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether state is the embedded file rather than a PostgreSQL server."""
        return self.engine.dialect.name == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database, or None if there is none."""
        name = self.engine.url.database
        return Path(str(name)) if self.is_sqlite and name not in (None, "", ":memory:") else None

    def check(self) -> None:
        """Check every page of an SQLite database; raise `StateDamaged` with the faults."""
        if self.is_sqlite:
            with _translated(self), self.engine.connect() as connection:
                rows = connection.exec_driver_sql(f"PRAGMA quick_check({_FAULTS_SHOWN})").scalars().all()
            if rows != ["ok"]:
                raise damaged(self, "; ".join(" ".join(str(row).split()) for row in rows))
            self._check_versions()

    def _check_versions(self) -> None:
        # SQLite takes an unknown version for a file of the future, and opens it read-only.
        if self.path is None:
            return
        head = os.pread(self._kept_open(self.path), _VERSIONS.stop, 0)
        if max(head[_VERSIONS], default=0) > _VERSION_MOST:
            raise damaged(
                self, f"its header names the versions {tuple(head[_VERSIONS])}, and SQLite has 1 and 2"
            )

    def _kept_open(self, path: Path) -> int:
        # Closing any descriptor of a file lets go of all the process's locks on it. Without those, the next
        # other process to leave the database deletes its log, and what is written here later is lost.
        with self._opening:
            if self._descriptor is None:
                self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            return self._descriptor

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """Open a transaction that only reads: one consistent snapshot that never waits for writers."""
        with _translated(self), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield Reader(connection)

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """Open a transaction that commits at the end of the block and rolls back on any error."""
        try:
            with self._turn(), _translated(self), self.engine.connect() as connection:
                if self.is_sqlite:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield Writer(Reader(connection))
                connection.commit()
        except Unavailable as error:
            if isinstance(error.__cause__, SQLAlchemyError):
                self.write_trouble = error.detail
            raise
        self.write_trouble = ""

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the other writers of this process, of which SQLite takes one at a time.

        Its own waiting is a sleep that grows to a tenth of a second, and whoever wakes first is next. After
        its time SQLite is asked all the same, and says that the database is locked.
        """
        mine = self.is_sqlite and self._writing.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if mine:
                self._writing.release()

    def create_all(self) -> None:
        """Create every known table without migrations: for tests of one package."""
        metadata.create_all(self.engine)

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of an SQLite database to the new file `path`, while others use it.

        Raises:
            StateDamaged: the copy would be of a damaged database.
        """
        self.check()
        with _translated(self), closing(sqlite3.connect(path)) as copy:
            os.chmod(path, 0o600)
            with self.engine.connect() as connection:
                source = connection.connection.driver_connection
                assert isinstance(source, sqlite3.Connection)
                source.backup(copy)
            # The copy is one file: its log goes with the connection.
            copy.execute("PRAGMA journal_mode=DELETE")

    def close(self) -> None:
        """Close all pooled connections, and then the file."""
        self.engine.dispose()
        with self._opening:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None


@contextmanager
def _translated(database: Database) -> Iterator[None]:
    try:
        yield
    except StoredUnreadable as error:
        raise damaged(database, str(error)) from error
    except UnicodeDecodeError as error:
        # SQLite quotes the damaged text of a table's definition, and Python cannot decode the message.
        raise damaged(database, f"it cannot be read as text ({error.reason})") from error
    except DataError as error:
        raise Invalid(f"the state database cannot store a value: {error.orig}") from error
    except (DatabaseError, sqlite3.DatabaseError) as error:
        cause = error.orig if isinstance(error, DatabaseError) else error
        if _is_damage(cause):
            raise damaged(database, str(cause)) from error
        if not isinstance(error, OperationalError | sqlite3.OperationalError):
            raise
        raise Unavailable(f"the state database did not answer: {cause}") from error
    except (OverflowError, UnicodeEncodeError) as error:
        raise Invalid(
            "the state database cannot store or look up a value of the request: it is too large, or no text",
            rule="integers of at most 64 bits, texts in UTF-8",
        ) from error


def _is_damage(cause: BaseException | None) -> bool:
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    if isinstance(cause, sqlite3.Error) and str(cause).startswith(_DAMAGE_SAID):
        return True
    return str(name).startswith(_DAMAGE)


def damaged(database: Database, fault: str) -> StateDamaged:
    """Return the error that says what is wrong with the state database, and how to get it back."""
    if not database.is_sqlite:
        return StateDamaged(f"the state database is damaged: {fault}; check the PostgreSQL server")
    return StateDamaged(
        f"the state database {database.path} is damaged: {fault}. Stop Holdfast and restore a backup "
        "(`holdfast restore FILE --data NEW`); without one, `sqlite3 state.db .recover` saves what is left",
        value=str(database.path),
        rule="state.db is a whole SQLite database",
    )


def _create_engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=8)
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        pool_size=8,
        json_deserializer=_document,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _document(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoredUnreadable("a JSON document", text) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # WAL lets readers continue while the one writer works; the driver's implicit BEGIN is off
    # because it starts read transactions that cannot be upgraded without "database is locked".
    connection.isolation_level = None
    _log_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: sqlite3.Connection) -> None:
    # A new file becomes WAL once, and SQLite refuses instead of waiting while another process uses it; it
    # does wait for a transaction, so one is begun and ended before the next try.
    for attempts_left in reversed(range(_WAL_ATTEMPTS)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if not attempts_left:
                raise
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
        else:
            return
