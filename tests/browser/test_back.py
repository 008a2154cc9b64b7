"""Back finds the list as it was left: the same scroll, the same row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]
SCROLL = "document.querySelector('main > .content').scrollTop"
FOCUSED = "row => document.activeElement?.getAttribute('data-row') === row"


@pytest.mark.parametrize("list_of", ["/objectives", "/services", "/incidents"])
def test_back_restores_scroll_and_focus(page: Page, serve: Serve, list_of: str) -> None:
    """From the page of one thing back to its list, also where the list is read again."""
    page.set_viewport_size({"width": 1280, "height": 420})
    page.goto(serve("burning").url + list_of)
    link = page.locator("[data-row]").last
    link.scroll_into_view_if_needed()
    before, row = page.evaluate(SCROLL), link.get_attribute("data-row")
    link.click()
    page.wait_for_function(f"location.pathname !== '{list_of}'")
    page.go_back()
    page.wait_for_function(FOCUSED, arg=row)
    assert abs(page.evaluate(SCROLL) - before) <= 1


def test_a_link_forward_begins_at_the_top(page: Page, serve: Serve) -> None:
    """Only going back returns to a place: who chooses the list again sees its top."""
    page.set_viewport_size({"width": 1280, "height": 420})
    page.goto(serve("burning").url + "/objectives")
    page.locator("[data-row]").last.scroll_into_view_if_needed()
    page.get_by_role("link", name="Services", exact=True).click()
    expect(page.get_by_role("heading", name="Services", level=1)).to_be_visible()
    page.get_by_role("link", name="Objectives", exact=True).first.click()
    expect(page.get_by_role("link", name="Orders succeed")).to_be_visible()
    assert page.evaluate(SCROLL) == 0
