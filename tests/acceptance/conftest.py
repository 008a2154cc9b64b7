"""The stage of every timeline, on each state database in turn, and the data of a server that ran before."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.server_process import CATALOG, ServerProcess
from tests.acceptance.stage import Stage

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database


@pytest.fixture(scope="session")
def started_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of one objective, and the data that a server made at its first start, to be copied.

    Making it takes as long as most of the tests that are about something else than a first start.
    """
    directory = tmp_path_factory.mktemp("started-once")
    (directory / "catalog").mkdir()
    (directory / "catalog" / "orders.yaml").write_text(CATALOG)
    server = ServerProcess(directory, catalog=directory / "catalog")
    try:
        server.start()
        assert server.stop() == 0
    finally:
        server.kill()
    return directory


@pytest.fixture
def stage(
    database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path
) -> Stage:
    """A healthy shop, watched for an hour."""
    return Stage(database, clock, make_api, tmp_path)
