"""The README says what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bazaar.faults import FAULTS, Fault
from bazaar.layout import ZONES, Layout

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_fault_stands_in_the_table(fault: Fault) -> None:
    """Each fault's row says what the fault itself says."""
    assert f"| `{fault.name}` | {fault.sentence} | {', '.join(fault.burns)} |" in README


@pytest.mark.parametrize("zone", ZONES)
def test_the_doors_are_where_it_says(zone: str) -> None:
    """The addresses in the README are those of the default layout."""
    doors = Layout().zone(zone)
    assert f"http://127.0.0.1:{doors.edge}" in README
    assert f"http://127.0.0.1:{doors.admin}" in README
