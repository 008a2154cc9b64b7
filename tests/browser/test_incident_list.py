"""The list of incidents: the cause beside the title, rows that open, and counts that agree."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]


def test_a_row_says_the_cause_and_opens_by_a_click_anywhere(page: Page, serve: Serve) -> None:
    """The title stays as stored, the cause stands beside it; the whole row is the target."""
    server = serve("burning")
    page.goto(server.url + "/incidents")
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name="318", exact=True))
    expect(row).to_contain_text("payment v2.31 · 504")
    row.get_by_role("cell", name="412 orders").click()
    expect(page).to_have_url(server.url + "/incidents/318")
    expect(page.get_by_role("heading", level=1)).to_contain_text("· payment v2.31 · 504")


def test_text_of_a_row_can_be_selected(page: Page, serve: Serve) -> None:
    """A double click selects a word and stays; a link of the row leads where it says."""
    server = serve("burning")
    page.goto(server.url + "/incidents")
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name="318", exact=True))
    cell = row.get_by_role("cell", name="412 orders")
    box = cell.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 60, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2)
    page.mouse.up()
    expect(page).to_have_url(server.url + "/incidents")
    row.get_by_role("link", name="checkout").click()
    expect(page).to_have_url(re.compile("/services/checkout"))


def test_badge_tile_and_list_count_the_same(page: Page, serve: Serve) -> None:
    """Open is what is not resolved, everywhere; the tile of an objective list leads to those incidents."""
    server = serve("burning")
    page.goto(server.url + "/objectives")
    strip = page.get_by_role("region", name="Key figures")
    link = strip.get_by_role("link", name=re.compile(r"\d+ incidents$"))
    number = link.inner_text().split()[-2]
    badge = page.get_by_role("navigation", name="Main").get_by_role("link", name=re.compile("^Incidents"))
    expect(badge).to_contain_text(number)
    link.click()
    expect(page).to_have_url(server.url + "/incidents?state=active")
    expect(strip.get_by_role("link", name=re.compile("^Open"))).to_contain_text(number)
    expect(page.locator("tbody tr")).to_have_count(int(number))


def test_a_suspect_says_its_deploy_its_calls_and_its_zone(page: Page, serve: Serve) -> None:
    """The version that was deployed comes first; what is repeated and where most failed is said."""
    page.goto(serve("burning").url + "/incidents/318")
    suspects = page.get_by_role("region", name="Suspects").get_by_role("listitem")
    expect(suspects.first).to_contain_text(
        re.compile(r"payment v2\.31.*Deployed .*\. 375 bad orders, 8\d% .* · 504")
    )
    expect(suspects.nth(2)).to_contain_text("inventory v1.9 in zone-b")
    expect(suspects.nth(2)).to_contain_text("13 SELECTs a call, 1 usual.")
