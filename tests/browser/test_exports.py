"""Taking along what a page shows: as curl, as a command, as a picture, as CSV."""

import csv
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]
SCALE = 2


@pytest.fixture(autouse=True)
def clipboard(window: BrowserContext) -> Iterator[None]:
    """Let the page copy and the test read what was copied."""
    window.grant_permissions(["clipboard-read", "clipboard-write"])
    yield
    window.clear_permissions()


def chosen(page: Page, label: str, item: str) -> None:
    """Choose from a panel's or a table's menu, by keyboard alone."""
    button = page.get_by_role("button", name=re.compile(f"export: {label}", re.IGNORECASE))
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name=item).press("Enter")
    expect(page.get_by_role("menu")).to_have_count(0)


def copied(page: Page, label: str, item: str) -> str:
    """Return what a menu's item copies."""
    chosen(page, label, item)
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def saved(page: Page, label: str, item: str) -> Path:
    """Return the file that a menu's item makes."""
    with page.expect_download() as made:
        chosen(page, label, item)
    return Path(made.value.path())


def rows_of(file: Path) -> list[dict[str, str]]:
    """Read a CSV file."""
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_a_table_is_taken_as_sorted_and_filtered(page: Page, serve: Serve) -> None:
    """The file has the rows in sight, in their order, with raw values."""
    page.goto(serve("burning").url + "/incidents?sort=id")
    rows = rows_of(saved(page, "Incidents", "Save as CSV"))
    shown = page.locator("tbody [data-row]").evaluate_all("rows => rows.map(row => row.dataset.row)")
    assert [row["id"] for row in rows] == shown
    assert {"title", "state", "duration_seconds"} <= set(rows[0])


def test_objectives_are_taken_without_their_groups(page: Page, serve: Serve) -> None:
    """The virtual table gives all its rows, not only those drawn; a budget keeps its counts."""
    page.goto(serve("burning").url + "/objectives?q=orders")
    page.get_by_role("cell", name=re.compile("Orders succeed")).first.wait_for()
    rows = rows_of(saved(page, "Objectives", "Save as CSV"))
    assert {"name", "budget.remaining", "budget.allowed"} <= set(rows[0])
    assert all("orders" in " ".join(row.values()).lower() for row in rows)


def test_a_chart_is_taken_as_its_points(page: Page, serve: Serve) -> None:
    """A chart's file has a row for each step and a column for each line, with its unit."""
    page.goto(serve("burning").url + "/services/checkout?from=now-2h")
    page.get_by_role("region", name="Duration").locator("figure").wait_for()
    rows = rows_of(saved(page, "Duration", "Save as CSV"))
    assert list(rows[0]) == ["time", "p99 (seconds)", "p90 (seconds)", "p50 (seconds)"]
    assert len(rows) > SCALE
    assert rows[0]["time"].endswith("Z")


def test_a_chart_is_taken_as_a_picture(page: Page, serve: Serve) -> None:
    """The picture is twice as large as the chart, with room for the title and the foot."""
    page.goto(serve("burning").url + "/services/checkout")
    figure = page.get_by_role("region", name="Rate").locator("figure")
    figure.wait_for()
    picture = saved(page, "Rate", "Save as PNG").read_bytes()
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    box = figure.bounding_box()
    assert box is not None
    assert width > SCALE * box["width"]
    assert height > SCALE * box["height"]
    assert len(picture) > width


def test_a_panel_says_its_read_as_curl(page: Page, serve: Serve) -> None:
    """Curl has the very read of the panel, its range as it was typed, and no token where none is needed."""
    server = serve("burning")
    page.goto(server.url + "/services/checkout?from=now-2h&to=now")
    page.get_by_role("region", name="Errors").locator("figure").wait_for()
    said = copied(page, "Errors", "Copy as curl")
    assert said == f"curl -sS '{server.url}/api/v1/services/checkout/series?from=now-2h&to=now'"


def test_a_token_is_named_and_never_written(page: Page, serve: Serve) -> None:
    """Where a token is needed, curl takes it from the variable that commands read."""
    server = serve("token")
    page.goto(server.url + "/incidents")
    page.get_by_label("Token").fill("hf_let_me_in")
    page.get_by_role("button", name="Sign in").click()
    said = copied(page, "Incidents", "Copy as curl")
    assert '-H "Authorization: Bearer $HOLDFAST_TOKEN"' in said
    assert "hf_let_me_in" not in said


def test_a_panel_says_its_command(page: Page, serve: Serve) -> None:
    """The command prints the same, of the same server; what no command prints has none."""
    server = serve("burning")
    page.goto(server.url + "/services/checkout?from=now-2h&to=now")
    said = copied(page, "Operations", "Copy as command")
    assert said == f"holdfast service show checkout --from now-2h --to now --url {server.url}"
    page.get_by_role("region", name="Rate").locator("figure").wait_for()
    page.get_by_role("button", name="Export: Rate").click()
    expect(page.get_by_role("menuitem", name="Copy as curl")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Copy as command")).to_have_count(0)


def test_every_panel_and_table_has_its_menu(page: Page, serve: Serve) -> None:
    """No page shows figures that cannot be taken along."""
    server = serve("burning")
    for path in ("/objectives", "/services", "/services/checkout", "/alerts", "/changes", "/map", "/logs"):
        page.goto(server.url + path)
        page.locator("button.export").first.wait_for(state="attached")
        without = page.locator(".panel:has(table, figure.chart):not(:has(button.export))")
        expect(without).to_have_count(0)


def test_columns_are_chosen_and_remembered(page: Page, serve: Serve) -> None:
    """A column is hidden by keyboard, in this browser alone; the first cannot be, and rows can be nearer."""
    page.goto(serve("burning").url + "/incidents")
    table = page.get_by_role("table")
    expect(table.get_by_role("columnheader", name="Owner")).to_be_visible()
    page.get_by_role("button", name="Columns and export: Incidents").focus()
    page.keyboard.press("Enter")
    first = table.get_by_role("columnheader").first.inner_text()
    names = page.get_by_role("menuitemcheckbox").all_inner_texts()
    assert first not in [name.strip("✓\n ") for name in names]
    page.get_by_role("menuitemcheckbox", name="Owner").press("Enter")
    page.get_by_role("menuitemradio", name="Compact rows").press("Enter")
    page.keyboard.press("Escape")
    page.reload()
    expect(table.get_by_role("columnheader").first).to_have_text(first)
    expect(table.get_by_role("columnheader", name="Owner")).to_have_count(0)
    expect(table).to_have_class(re.compile("compact"))


@pytest.mark.parametrize(
    ("path", "label", "column"),
    [
        ("/objectives", "Objectives", "Target"),
        ("/traces", "Traces", "Spans"),
        ("/alerts", "Alerts", "Since"),
    ],
)
def test_columns_of_every_long_list_are_chosen(
    page: Page, serve: Serve, path: str, label: str, column: str
) -> None:
    """A column that is hidden is neither seen nor read out, and stays so; the rows keep their names."""
    page.goto(serve("burning").url + path)
    head = page.get_by_role("columnheader", name=column)
    expect(head).to_be_visible()
    page.get_by_role("button", name=f"Columns and export: {label}").click()
    page.get_by_role("menuitemcheckbox", name=column).click()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("[data-row]").first).to_be_visible()
    expect(head).to_have_count(0)
