"""The map: drawn and as a table, filtered by address, one click from a service, at rest when data comes."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .fake.server import FakeServer
from .test_accessibility import violations
from .test_page import a_little_later

Serve = Callable[[str], FakeServer]


def _drawn(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.get_by_role("link", name="payment")).to_be_visible()


def _places(page: Page) -> dict[str, str]:
    """Where every node stands."""
    return page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.react-flow__node')]"
        ".map(one => [one.dataset.id, one.style.transform]))"
    )


def test_the_map_draws_services_stores_and_what_fails(page: Page, serve: Serve) -> None:
    """Every node and edge is there, and an edge that fails says so in words, apart for the mesh."""
    _drawn(page, serve("burning").url + "/map")
    assert len(_places(page)) == 15
    expect(page.get_by_text("postgresql/orders")).to_be_visible()
    expect(page.get_by_text("Outside", exact=True)).to_be_visible()
    expect(page.get_by_text("some fail: 3.1% by mesh")).to_be_visible()
    expect(page.get_by_text("many fail: 11.2% failed")).to_be_visible()


def test_one_click_leads_to_the_service_in_the_same_range(page: Page, serve: Serve) -> None:
    """A service's name is a link to its page, over the time the map shows."""
    _drawn(page, serve("burning").url + "/map?from=now-6h")
    page.get_by_role("link", name="payment").click()
    expect(page.get_by_role("heading", name="payment", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/services/payment\?from=now-6h"))


def test_nothing_moves_when_data_comes_or_filters_change(page: Page, serve: Serve) -> None:
    """Nodes keep their places through a refresh, and so do those that a filter leaves."""
    page.clock.install()
    _drawn(page, serve("burning").url + "/map")
    before = _places(page)
    with page.expect_response(re.compile(r"/api/v1/map")):
        a_little_later(page)
    assert _places(page) == before
    page.get_by_role("button", name="Version").click()
    page.get_by_role("menuitemradio", name="v2.31").click()
    expect(page.get_by_role("link", name="cart")).to_have_count(0)
    after = _places(page)
    assert after == {node: before[node] for node in after}


def test_filters_live_in_the_url(page: Page, serve: Serve) -> None:
    """Zone, version and neighbourhood are in the address, go into the request, and come back with it."""
    server = serve("burning")
    _drawn(page, server.url + "/map")
    with page.expect_request(re.compile(r"/map\?.*zone=zone-b")):
        page.get_by_role("button", name="Zone").click()
        page.get_by_role("menuitemradio", name="zone-b").click()
    expect(page).to_have_url(re.compile("zone=zone-b"))
    page.get_by_role("button", name="Around").click()
    page.get_by_role("menuitemradio", name="payment").click()
    expect(page).to_have_url(re.compile("around=payment"))
    page.reload()
    expect(page.get_by_text("Only the callers and callees of payment")).to_be_visible()
    expect(page.get_by_role("link", name="gateway")).to_have_count(0)
    page.get_by_role("button", name="Show all calls").click()
    expect(page.get_by_role("link", name="gateway")).to_be_visible()


def test_the_table_says_the_same(page: Page, serve: Serve) -> None:
    """As a table the map is rows that sort by what fails, walked by keys, by address."""
    page.goto(serve("burning").url + "/map?view=table")
    rows = page.get_by_role("row")
    expect(rows).to_have_count(18)
    expect(rows.nth(1)).to_contain_text("many fail")
    expect(rows.nth(2)).to_contain_text("some fail")
    page.keyboard.press("j")
    expect(page.locator("[data-row]").first).to_be_focused()
    page.get_by_role("button", name="View table").click()
    page.get_by_role("menuitemradio", name="drawing").click()
    expect(page.get_by_role("button", name="Rearrange")).to_be_visible()


def test_an_empty_map_says_what_would_be_here(page: Page, serve: Serve) -> None:
    """Without calls the page names the one setting that brings them."""
    page.goto(serve("empty").url + "/map")
    expect(page.get_by_role("heading", name="No calls in this range")).to_be_visible()
    expect(page.get_by_text("OTEL_EXPORTER_OTLP_ENDPOINT")).to_be_visible()


def test_drawing_table_and_empty_keep_wcag_aa(page: Page, serve: Serve) -> None:
    """The drawn map, its table and the empty page hold in both themes."""
    server = serve("burning")
    _drawn(page, server.url + "/map")
    assert violations(page) == []
    page.goto(server.url + "/map?view=table")
    expect(page.get_by_role("row")).to_have_count(18)
    assert violations(page) == []
    page.goto(serve("empty").url + "/map")
    expect(page.get_by_role("heading", name="No calls in this range")).to_be_visible()
    assert violations(page) == []


def test_the_first_load_brings_no_drawing_engine(page: Page, serve: Serve) -> None:
    """What draws the map is fetched when it is first looked at, not before."""
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    server = serve("burning")
    page.goto(server.url + "/objectives")
    expect(page.get_by_role("heading", name="Objectives", level=1)).to_be_visible()
    assert not [url for url in fetched if re.search("elk|Canvas|MapPage", url)]
    _drawn(page, server.url + "/map")
    assert [url for url in fetched if "elk" in url]
