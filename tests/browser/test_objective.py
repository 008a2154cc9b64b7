"""One objective's page: each word has its room, and figures say what they are of."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]
CUT = "nodes => nodes.filter(node => node.scrollWidth > node.clientWidth + 1).map(node => node.textContent)"


def test_nothing_is_cut_where_there_is_room(page: Page, serve: Serve) -> None:
    """At 1440 the notes of the strip, the ways and the messages of bad events are whole."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(serve("burning").url + "/objectives/checkout-orders-succeed")
    expect(page.get_by_text("timeout, 2 retries").first).to_be_visible()
    assert page.locator(".strip-note, .exemplar > *").evaluate_all(CUT) == []


def test_shares_say_what_they_are_of(page: Page, serve: Serve) -> None:
    """What is common has a head over both shares, and what sends no spans says so in place of a version."""
    page.goto(serve("burning").url + "/objectives/checkout-orders-succeed")
    common = page.get_by_role("region", name="What the bad orders have in common")
    expect(common.get_by_role("heading", name="version bad good")).to_be_visible()
    expect(
        common.get_by_text(re.compile(r"Shares of .* bad orders, last 1 h, beside [\d,]+ good ones"))
    ).to_be_visible()
    where = page.get_by_role("region", name="By version and zone")
    expect(where.get_by_text("payline · sends no spans")).to_be_visible()


def test_bad_events_stand_still_under_the_pointer(page: Page, serve: Serve) -> None:
    """While one moves to click, a newer event waits below the list; it comes when asked for."""
    news: list[str] = []

    def answered(route: Route) -> None:
        found = route.fetch().json()
        newer = [found["items"][0] | {"trace_id": one} for one in news]
        route.fulfill(json={"items": [*newer, *found["items"]]})

    page.route("**/exemplars?*", answered)
    page.goto(serve("burning").url + "/objectives/checkout-orders-succeed")
    rows = page.locator(".exemplar a")
    first = rows.first.get_attribute("title")
    page.locator(".exemplars").hover()
    news.append("ab" * 16)
    waiting = page.get_by_role("button", name="1 newer · show")
    expect(waiting).to_be_visible(timeout=60_000)
    expect(rows.first).to_have_attribute("title", first or "")
    waiting.click()
    expect(rows.first).to_have_attribute("title", "ab" * 16)
