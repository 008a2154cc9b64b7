"""State on SQLite (embedded) or PostgreSQL: one engine, two kinds of transaction.

`Reader` and `Writer` are told apart by type, so that a function's signature says whether it may change
anything. Tables of all packages hang on one `metadata`; migrations in `holdfast.app.migrations` make them.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NewType

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.exc import DataError, OperationalError

from holdfast.runtime.errors import Invalid, Unavailable

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
"""A 64-bit row id that SQLite still increments by itself."""

_WAL_ATTEMPTS = 20


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; SQLite, which has no time zones, stores it naive and in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

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


class Database:
    """State shared by all packages; lives as long as the process.

    `url` is `sqlite:///PATH` or `postgresql+psycopg://…`. Nothing is opened until the first transaction.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = _create_engine(url)

    @property
    def is_sqlite(self) -> bool:
        """Whether state is the embedded file rather than a PostgreSQL server."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """Open a transaction that only reads: one consistent snapshot that never waits for writers."""
        with _translated(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield Reader(connection)

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """Open a transaction that commits at the end of the block and rolls back on any error."""
        with _translated(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield Writer(Reader(connection))
            connection.commit()

    def create_all(self) -> None:
        """Create every known table without migrations: for tests of one package."""
        metadata.create_all(self.engine)

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise Unavailable(f"the state database did not answer: {error.orig}") from error
    except DataError as error:
        raise Invalid(f"the state database cannot store a value: {error.orig}") from error
    except (OverflowError, UnicodeEncodeError) as error:
        raise Invalid(f"the state database cannot store a value: {error}") from error


def _create_engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=8)
    engine = create_engine(url, connect_args={"timeout": 15, "check_same_thread": False}, pool_size=8)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # WAL lets readers go on while the one writer works; the driver's own implicit BEGIN is switched
    # off because it starts read transactions that cannot be upgraded without "database is locked".
    connection.isolation_level = None
    _log_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: sqlite3.Connection) -> None:
    # A new file becomes WAL once, and SQLite refuses at once rather than waits while another process uses it;
    # for a transaction it does wait, so one is begun and ended before the next try.
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
