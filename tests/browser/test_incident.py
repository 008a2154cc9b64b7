"""One incident's page: its title, its times, and a timeline that hides repeats."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]


def test_the_title_says_the_effect_and_since_when(page: Page, serve: Serve) -> None:
    """The title counts from the first errors and names the cause; the state counts from the opening."""
    page.goto(serve("burning").url + "/incidents/318")
    title = re.compile(r"^318 · Orders slow since (\w{3} )?\d\d:\d\d · payment v2\.31 · 504$")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_text("page · open 34 min")).to_be_visible()
    expect(page.get_by_text(re.compile(r"opened .*, 12 min later"))).to_be_visible()


def test_repeats_of_alerts_are_hidden_until_asked_for(page: Page, serve: Serve) -> None:
    """What matters leaves out covered alerts, People what machines wrote; the address keeps the choice."""
    page.goto(serve("burning").url + "/incidents/318")
    timeline = page.get_by_role("region", name="Timeline")
    covered = timeline.get_by_text("covered by the page alert")
    expect(timeline.get_by_text("Over the 1-hour page threshold")).to_be_visible()
    expect(covered).to_have_count(0)
    timeline.get_by_role("button", name="Everything 6").click()
    expect(covered).to_be_visible()
    timeline.get_by_role("button", name="People 1").click()
    expect(timeline.get_by_role("listitem")).to_have_count(1)
    assert page.url.endswith("?entries=people")


def test_one_that_is_over_offers_only_what_is_possible(page: Page, serve: Serve) -> None:
    """A resolved incident has no buttons that nobody can use; its record can still be added to."""
    page.goto(serve("burning").url + "/incidents/305")
    expect(page.get_by_role("textbox", name="Add a note")).to_have_attribute(
        "placeholder", "Add to the record: cause, fix, what to do next…"
    )
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    expect(page.get_by_role("button", name="Resolve…")).to_have_count(0)
