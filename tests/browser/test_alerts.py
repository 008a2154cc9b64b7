"""The page Alerts: what fires, what keeps quiet and why, and what ended."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]


def test_alerts_are_grouped_by_what_they_do(page: Page, serve: Serve) -> None:
    """Pages come first, each alert stands once, and a ticket without an incident has a home."""
    page.goto(serve("burning").url + "/alerts")
    groups = page.locator("tr.group")
    expect(groups).to_contain_text(["Firing 3", "Suspended, no data 1", "Covered 2", "Resolved 1"])
    expect(page.locator("tbody").first.locator("tr").nth(1)).to_contain_text("page")
    ticket = page.get_by_role("row", name="Shopper journey").first
    expect(ticket).to_contain_text("a ticket, no incident")
    expect(page.get_by_role("link", name="Alerts 3 firing")).to_be_visible()


def test_an_alert_leads_to_its_incident(page: Page, serve: Serve) -> None:
    """A page names the incident it belongs to, and the link opens it."""
    page.goto(serve("burning").url + "/alerts")
    page.get_by_role("link", name="incident 318", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/incidents/318$"))


def test_without_alerts_the_page_says_so(page: Page, serve: Serve) -> None:
    """Nothing fires, and nothing ended today."""
    page.goto(serve("empty").url + "/alerts")
    expect(page.get_by_text("Nothing fires")).to_be_visible()
