"""The stage of every timeline, on each state database in turn."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.stage import Stage

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database


@pytest.fixture
def stage(
    database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path
) -> Stage:
    """A healthy shop, watched for an hour."""
    return Stage(database, clock, make_api, tmp_path)
