"""Environments, namespaces and regions: one switch for all pages, and services distinguished by identity."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from .fake.server import FakeServer
from .test_accessibility import violations

Serve = Callable[[str], FakeServer]
LIMITED = "/api/v1/services"


def switch(page: Page) -> Locator:
    """Return the environment switch."""
    return page.get_by_role("main").get_by_role("button", name=re.compile(r"^Environment \w"))


def rows(page: Page) -> Locator:
    """Return the rows of the table, without its head."""
    return page.get_by_role("row").filter(has=page.get_by_role("cell"))


def asked(page: Page) -> list[dict[str, list[str]]]:
    """Note the parameters of every question about services from now on."""
    seen: list[dict[str, list[str]]] = []

    def note(request: Request) -> None:
        if LIMITED in request.url:
            seen.append(parse_qs(urlsplit(request.url).query))

    page.on("request", note)
    return seen


def test_the_switch_is_there_only_where_there_is_a_choice(page: Page, serve: Serve) -> None:
    """With one environment the bar has no switch, unless the address names another one."""
    url = serve("burning").url
    page.goto(url + "/services")
    expect(page.get_by_role("link", name="payment", exact=True)).to_be_visible()
    expect(switch(page)).to_have_count(0)
    page.goto(url + "/services?environment=production")
    expect(page.get_by_role("link", name="payment", exact=True)).to_be_visible()
    expect(switch(page)).to_have_count(0)
    page.goto(url + "/services?environment=staging")
    expect(switch(page)).to_have_text("Environment staging")


def test_an_environment_is_chosen_by_keyboard_and_limits_what_is_asked(page: Page, serve: Serve) -> None:
    """The switch is a menu of radio items; the address and the requests name what is chosen."""
    page.goto(serve("places").url + "/services")
    expect(rows(page)).to_have_count(8)
    questions = asked(page)
    switch(page).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitemradio", name="All environments")).to_be_checked()
    options = ["All environments", "production", "staging", "default"]
    expect(page.get_by_role("menuitemradio")).to_have_text(options)
    page.get_by_role("menuitemradio", name="staging").focus()
    page.keyboard.press("Enter")
    expect(switch(page)).to_have_text("Environment staging")
    expect(rows(page)).to_have_count(3)
    expect(page).to_have_url(re.compile(r"/services\?environment=staging$"))
    assert questions[-1]["environment"] == ["staging"]


def test_an_environment_is_kept_by_links_reload_and_history(page: Page, serve: Serve) -> None:
    """Rail, keys, reload, back and forward keep it, as links in a new tab do; choosing all drops it."""
    page.goto(serve("places").url + "/services?environment=staging")
    expect(rows(page)).to_have_count(3)
    rail = page.get_by_role("navigation", name="Main")
    expect(rail.get_by_role("link", name="Logs")).to_have_attribute("href", "/logs?environment=staging")
    rail.get_by_role("link", name="Catalog").click()
    expect(page).to_have_url(re.compile(r"/catalog\?environment=staging$"))
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(rows(page)).to_have_count(3)
    page.reload()
    expect(switch(page)).to_have_text("Environment staging")
    switch(page).click()
    page.get_by_role("menuitemradio", name="All environments").click()
    expect(rows(page)).to_have_count(8)
    expect(page).to_have_url(re.compile(r"/services$"))
    expect(rail.get_by_role("link", name="Logs")).to_have_attribute("href", "/logs")
    page.go_back()
    expect(rows(page)).to_have_count(3)
    page.go_forward()
    expect(rows(page)).to_have_count(8)


def test_every_list_is_limited_by_what_its_read_declares(page: Page, serve: Serve) -> None:
    """Each list opens in an environment and asks only for that; the fake refuses undeclared parameters."""
    url = serve("places").url
    for path in ("objectives", "map", "traces", "logs", "metrics", "incidents", "changes"):
        with page.expect_request(re.compile(rf"/api/v1/{path}\?.*environment(=|%3D)staging")):
            page.goto(f"{url}/{path}?environment=staging")
        expect(page.get_by_label("Loading")).to_have_count(0)
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(switch(page)).to_have_text("Environment staging")


def test_an_environment_nothing_is_sent_from_says_so(page: Page, serve: Serve) -> None:
    """An unknown environment is named, with a way to all of them; nothing looks like a failure."""
    page.goto(serve("places").url + "/services?environment=QA")
    expect(page.get_by_role("heading", name="Nothing sent from qa in this range")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("came from production, staging and default")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("main").get_by_role("button", name="All environments").click()
    expect(rows(page)).to_have_count(8)


def test_services_are_listed_and_linked_by_identity(page: Page, serve: Serve) -> None:
    """Two of a name are two rows: namespace before the name, environment beside it, both in the link."""
    page.goto(serve("places").url + "/services")
    staged = rows(page).filter(has_text="billing/api").filter(has_text="staging")
    link = staged.get_by_role("link", name="billing/api")
    expect(link).to_have_attribute("href", "/services/api?environment=staging&namespace=billing")
    alone = rows(page).filter(has_text="invoices").get_by_role("link", name="invoices")
    expect(alone).to_have_text("invoices")
    absent = rows(page).filter(has_text="default/checkout").get_by_role("link", name="checkout")
    expect(absent).to_have_attribute("href", "/services/checkout?environment=default&namespace=default")
    link.click()
    expect(page.get_by_role("heading", name="api", level=1)).to_be_visible()
    expect(page.locator(".bar-where")).to_have_text(
        "Services / billing/api · payments team · staging · eu-west-1"
    )
    expect(page.get_by_role("region", name="Key figures")).to_contain_text("180 requests")


def test_environments_are_named_only_where_there_are_several(page: Page, serve: Serve) -> None:
    """Within one environment no row repeats it, and names that are unique there stand alone."""
    page.goto(serve("places").url + "/services?environment=default")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("columnheader", name="Environment")).to_have_count(0)
    expect(rows(page).get_by_role("link", name="checkout")).to_have_text("checkout")


def test_a_region_limits_the_services(page: Page, serve: Serve) -> None:
    """With several regions the list has a filter for them, kept in the address; with one there is none."""
    page.goto(serve("places").url + "/services")
    page.get_by_role("button", name="Region all").click()
    page.get_by_role("menuitemradio", name="us-east-1").click()
    expect(rows(page)).to_have_count(3)
    page.reload()
    expect(rows(page)).to_have_count(3)
    expect(page.get_by_role("button", name="Region us-east-1")).to_be_visible()
    page.goto(serve("burning").url + "/services")
    expect(page.get_by_role("link", name="payment", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Region")).to_have_count(0)


def test_a_name_of_several_services_is_a_choice(page: Page, serve: Serve) -> None:
    """Each is a line with its requests and errors; choosing one shows it, and back is the choice again."""
    page.goto(serve("places").url + "/services/api")
    expect(page.get_by_text("4 services are called api.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    staged = rows(page).filter(has_text="shop/api").filter(has_text="staging")
    expect(staged).to_contain_text("5,040")
    expect(staged).to_contain_text("31%")
    staged.get_by_role("link").click()
    expect(page.get_by_role("region", name="Key figures")).to_contain_text("420 requests")
    page.go_back()
    expect(rows(page)).to_have_count(4)


def test_the_switch_narrows_a_choice(page: Page, serve: Serve) -> None:
    """In one environment only its services of the name are offered."""
    page.goto(serve("places").url + "/services/api?environment=production")
    expect(page.get_by_text("2 services are called api.")).to_be_visible()
    expect(rows(page)).to_have_count(2)


def test_a_service_without_spans_shows_what_it_sends(page: Page, serve: Serve) -> None:
    """The service of a change or a line may send no spans: its page leads to what else is known of it."""
    page.goto(serve("burning").url + "/changes")
    page.get_by_role("link", name="storefront").click()
    expect(page.get_by_role("heading", name="storefront sent no spans in this range")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("link", name="1 change")).to_be_visible()
    page.get_by_role("link", name=re.compile(r"\d+ metrics")).click()
    expect(page.get_by_role("button", name="Service storefront")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/metrics\?service=storefront$"))


def test_a_link_that_knows_no_environment_stays_in_this_one(page: Page, serve: Serve) -> None:
    """An incident that names only its service leads to it by name, in the environment one is in."""
    page.goto(serve("burning").url + "/incidents?environment=staging")
    link = rows(page).get_by_role("link", name="checkout").first
    expect(link).to_have_attribute("href", "/services/checkout?environment=staging")


def test_a_service_of_another_environment_is_found_from_the_wrong_one(page: Page, serve: Serve) -> None:
    """Where the name sends nothing, the services of that name in other environments are offered."""
    page.goto(serve("places").url + "/services/invoices?environment=staging")
    expect(
        page.get_by_role("heading", name="invoices sent no spans from staging in this range")
    ).to_be_visible()
    page.get_by_role("link", name="billing/invoices").click()
    expect(page).to_have_url(re.compile(r"environment=production&namespace=billing$"))
    expect(page.get_by_role("region", name="Key figures")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        "/services?environment=staging",
        "/services?environment=qa",
        "/services/api",
        "/services/invoices?environment=staging",
        "/traces?environment=staging",
    ],
)
def test_identities_keep_wcag_aa(page: Page, serve: Serve, path: str) -> None:
    """The switch, the choice and the empty states are readable in both themes."""
    page.goto(serve("places").url + path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_label("Loading")).to_have_count(0)
    assert violations(page) == []
