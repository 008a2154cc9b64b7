"""The names and words of the map in a real browser: whole, and each fact once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]


def _drawn(page: Page, url: str) -> None:
    """Open a map that is wide enough to be drawn."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(url)
    expect(page.locator(".map-node").first).to_be_visible()


def test_the_view_of_a_narrow_map_is_called_a_list(page: Page, serve: Serve) -> None:
    """No drawing is promised where none is shown."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(serve("burning").url + "/map")
    expect(page.get_by_role("button", name="View list")).to_be_visible()
    expect(page.get_by_role("button", name="View drawing")).to_have_count(0)


def test_a_long_word_is_not_broken_in_a_node(page: Page, serve: Serve) -> None:
    """Its zones stand below the name instead."""

    def renamed(route: Route) -> None:
        found = route.fetch()
        body = re.sub(r'("display_name":\s*)"inventory"', r'\1"Recommendation"', found.text())
        route.fulfill(response=found, body=body)

    page.route("**/api/v1/map*", renamed)
    _drawn(page, serve("burning").url + "/map")
    name = page.locator(".map-name", has_text="Recommendation")
    lines = name.evaluate(
        "one => { const r = document.createRange(); r.selectNodeContents(one.lastChild); "
        "return new Set([...r.getClientRects()].map((each) => each.top)).size }"
    )
    assert lines == 1


def test_a_lost_zone_is_one_row_of_what_needs_attention(page: Page, serve: Serve) -> None:
    """Its services are not listed one by one."""
    _drawn(page, serve("zone").url + "/map")
    attention = page.get_by_role("region", name="Needs attention")
    expect(attention.get_by_text(re.compile("zone-c silent"))).to_have_count(1)
