"""Taking along what a page shows: a table as CSV."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]


def taken(page: Page, name: str) -> list[dict[str, str]]:
    """Press a table's button and read the file it makes."""
    with page.expect_download() as made:
        page.get_by_role("button", name=re.compile(f"CSV: {name}")).click()
    with Path(made.value.path()).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_table_is_taken_as_sorted_and_filtered(page: Page, serve: Serve) -> None:
    """The file has the rows in sight, in their order, with raw values."""
    page.goto(serve("burning").url + "/incidents?sort=id")
    rows = taken(page, "")
    shown = page.locator("tbody [data-row]").evaluate_all("rows => rows.map(row => row.dataset.row)")
    assert [row["id"] for row in rows] == shown
    assert {"title", "state", "duration_seconds"} <= set(rows[0])


def test_objectives_are_taken_without_their_groups(page: Page, serve: Serve) -> None:
    """The virtual table gives all its rows, not only those drawn; a budget keeps its counts."""
    page.goto(serve("burning").url + "/objectives?q=orders")
    page.get_by_role("cell", name=re.compile("Orders succeed")).first.wait_for()
    rows = taken(page, "Objectives")
    assert {"name", "budget.remaining", "budget.allowed"} <= set(rows[0])
    assert all("orders" in " ".join(row.values()).lower() for row in rows)
