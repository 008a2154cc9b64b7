"""What tests of the spread share: one warehouse for each file."""

import pytest

from holdfast.telemetry.warehouse.embedded import ChdbWarehouse


@pytest.fixture
def warehouse(emptied_warehouse: ChdbWarehouse) -> ChdbWarehouse:
    """The file's warehouse, emptied."""
    return emptied_warehouse
