"""Incidents of several objectives in a real browser: their list, their page, and where a merged one leads."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]


def test_an_incident_lists_its_objectives_and_why_each_is_here(page: Page, serve: Serve) -> None:
    """Since when each burns, how many of its events were bad, and the party they have in common."""
    page.goto(serve("burning").url + "/incidents/317")
    objectives = page.get_by_role("region", name="Objectives · all fail at payment")
    joined = objectives.get_by_role("row").filter(has_text="joined because both fail at payment")
    expect(joined).to_contain_text("Shopper journey")
    expect(joined).to_contain_text("412 journeys")
    expect(joined).to_contain_text("burning")
    merged = objectives.get_by_role("row").filter(has_text="merged from incident 319")
    expect(merged).to_contain_text("Shopper journey")
    expect(objectives.get_by_role("row").filter(has_text="Orders succeed")).to_contain_text("opened")


def test_the_evidence_is_that_of_the_objective_selected(page: Page, serve: Serve) -> None:
    """The one that opened the incident at first; a choice is in the address."""
    page.goto(serve("burning").url + "/incidents/317")
    expect(page.get_by_role("region", name="Bad orders per minute")).to_be_visible()
    page.get_by_role("button", name="Evidence of").click()
    page.get_by_role("menuitemradio", name="Journeys failing").first.click()
    expect(page.get_by_role("region", name="Bad journeys per minute")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/incidents/317\?objective=\d+$"))


def test_an_incident_of_one_objective_is_as_short_as_it_was(page: Page, serve: Serve) -> None:
    """No table of one row, and nothing to select."""
    page.goto(serve("burning").url + "/incidents/318")
    expect(page.get_by_role("region", name="Suspects")).to_be_visible()
    expect(page.get_by_role("region", name="Objectives")).to_have_count(0)


def test_a_merged_incident_leads_to_the_one_it_is_part_of(page: Page, serve: Serve) -> None:
    """The list says where it went, its own address goes there, and the timeline there says so."""
    server = serve("burning")
    page.goto(server.url + "/incidents")
    row = page.get_by_role("row").filter(has_text="319")
    expect(row.get_by_role("link", name="merged into #317")).to_be_visible()
    of_two = page.get_by_role("row").filter(has_text="824 journeys").filter(has_text="412 orders")
    expect(of_two.get_by_role("cell", name="2", exact=True)).to_be_visible()
    page.goto(server.url + "/incidents/319")
    expect(page).to_have_url(server.url + "/incidents/317")
    expect(page.get_by_text("Incident 319 merged into incident 317: both fail at payment")).to_be_visible()
