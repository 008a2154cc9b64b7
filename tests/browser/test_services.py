"""Services in a real browser: those that fail as their callers see it, idle ones, and hops of the mesh."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]
BEFORE = "98 of 257 calls fail in the mesh before it"


def row(page: Page, name: str) -> Locator:
    """The row of a service."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def test_a_service_whose_mesh_fails_is_failing_in_the_list(page: Page, serve: Serve) -> None:
    """Its row says so with the counts of its callers, its share of errors is theirs, and it is counted."""
    page.goto(serve("mesh").url + "/services")
    expect(row(page, "catalog")).to_contain_text(BEFORE)
    expect(row(page, "catalog")).to_contain_text(re.compile("38.13%.*own 0"))
    expect(page.get_by_label("Key figures")).to_contain_text(re.compile("Failing now.*4", re.DOTALL))


def test_the_page_of_such_a_service_says_where_its_calls_fail(page: Page, serve: Serve) -> None:
    """State, counts and the panel of failures say one thing; the service itself answered without an error."""
    page.goto(serve("mesh").url + "/services/catalog")
    figures = page.get_by_label("Key figures")
    expect(figures).to_contain_text(BEFORE)
    expect(figures).to_contain_text("98 of 257")
    expect(figures).to_contain_text("38.13% before it · itself 0 of 159")
    spread = page.get_by_role("region", name=re.compile("^Failing requests"))
    expect(spread).to_contain_text(f"{BEFORE}: check the proxies from gateway and cart to catalog.")


def test_an_idle_service_stands_among_those_that_are_as_usual(page: Page, serve: Serve) -> None:
    """It names the service that fails before it, and is neither counted as silent nor struck out."""
    page.goto(serve("mesh").url + "/services")
    idle = row(page, "inventory")
    expect(idle).to_contain_text("idle: checkout fails before it")
    expect(idle.locator(".tone-warn, .tone-bad, s")).to_have_count(0)
    expect(page.get_by_label("Key figures")).to_contain_text(re.compile("Silent.*0.*none", re.DOTALL))


def test_the_page_of_an_idle_service_says_nothing_else(page: Page, serve: Serve) -> None:
    """Silent and as usual at once would contradict each other."""
    page.goto(serve("mesh").url + "/services/inventory")
    figures = page.get_by_label("Key figures")
    expect(figures).to_contain_text("idle: checkout fails before it")
    expect(figures).not_to_contain_text("silent")
    expect(figures).not_to_contain_text("as usual")


@pytest.mark.parametrize("path", ["/incidents/318", "/objectives/cart-latency"])
def test_an_effect_is_said_to_be_one(page: Page, serve: Serve, path: str) -> None:
    """Beside an incident and an objective an idle service is no cause, and no alarm."""
    page.goto(serve("mesh").url + path)
    said = page.get_by_text(re.compile(r"silent since \d\d:\d\d, an effect: checkout fails before it"))
    expect(said).to_be_visible()
    expect(said).to_have_class(re.compile("muted"))


def test_hops_of_the_mesh_stand_apart_and_need_no_attention(page: Page, serve: Serve) -> None:
    """A proxy that fails calls is no failing service: the destination is, and has the state."""
    page.goto(serve("mesh").url + "/services")
    groups = page.get_by_role("row").filter(has_text=re.compile("^Mesh"))
    expect(groups).to_contain_text("proxies that only forward calls")
    expect(row(page, "envoy-zone-a").locator(".chip")).to_have_count(0)
    expect(page.get_by_role("row").last).to_contain_text("envoy-zone-a")


def test_memory_that_grows_is_said_with_when_its_limit_is_reached(page: Page, serve: Serve) -> None:
    """Amber, long before the bar is full."""
    page.goto(serve("mesh").url + "/services/checkout")
    memory = page.get_by_role("region", name=re.compile("^Saturation")).get_by_role("listitem")
    memory = memory.filter(has_text="Memory")
    said = memory.get_by_text("+38 MiB in 10 min, limit in about 62 min")
    expect(said).to_have_class(re.compile("tone-warn"))


@pytest.mark.parametrize("path", ["/", "/services", "/map", "/objectives/cart-latency", "/incidents/318"])
def test_a_lost_zone_is_one_fact_in_the_same_words_everywhere(page: Page, serve: Serve, path: str) -> None:
    """The start page, services, the map, objectives and open incidents name it, since when and how many."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(serve("zone").url + path)
    words = page.get_by_text(re.compile(r"zone-c silent since \d\d:\d\d: \d+ services")).first
    expect(words).to_be_visible()
    assert words.evaluate(
        "one => one.scrollWidth <= one.clientWidth + 1 && one.scrollHeight <= one.clientHeight + 4"
    )


def test_services_of_a_lost_zone_need_a_look(page: Page, serve: Serve) -> None:
    """None of them is as usual, and the count of what is silent names the zone."""
    page.goto(serve("zone").url + "/services")
    expect(row(page, "gateway")).to_contain_text(re.compile(r"zone-c silent since \d\d:\d\d"))
    expect(row(page, "gateway")).not_to_contain_text("as usual")
    expect(page.get_by_label("Key figures")).to_contain_text(
        re.compile("Silent.*zone-c.*services", re.DOTALL)
    )
    page.goto(page.url.replace("/services", "/services/gateway"))
    expect(page.get_by_label("Key figures")).to_contain_text(
        re.compile(r"a zone is silent.*zone-c silent since")
    )


def test_stores_queues_and_providers_are_rows_of_their_kind(page: Page, serve: Serve) -> None:
    """A provider that fails stands among the worst with its counts; what is as usual follows services."""
    page.goto(serve("burning").url + "/services")
    provider = row(page, "pay.example")
    expect(provider).to_contain_text("provider outside")
    expect(provider).to_contain_text("208 of 1,860 calls fail")
    expect(provider).to_contain_text("11.18%")
    expect(row(page, "redis")).to_contain_text(re.compile("cache.*as usual"))
    names = page.locator("tbody tr:not(.group) td:first-child a").all_inner_texts()
    assert names.index("pay.example") < names.index("cart") < names.index("redis")
    expect(page.get_by_label("Key figures")).to_contain_text("4 stores, 1 queue, 1 provider")
    provider.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("pay.example")


def test_the_list_is_narrowed_to_one_kind(page: Page, serve: Serve) -> None:
    """The kind is kept in the address, also with a filter that finds nothing, which is named."""
    page.goto(serve("burning").url + "/services")
    page.get_by_role("button", name="Kind all").click()
    page.get_by_role("menuitemradio", name="databases").click()
    expect(page).to_have_url(re.compile("kind=database"))
    names = page.locator("tbody tr:not(.group) td:first-child a")
    expect(names).to_have_count(3)
    expect(row(page, "checkout")).to_have_count(0)
    page.get_by_role("searchbox").fill("nobody")
    expect(page.get_by_text("No database matches “nobody”.")).to_be_visible()
