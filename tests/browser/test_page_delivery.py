"""One page's delivery: its state, the ladder, the log with proof, and the button that stops it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .fake.server import FakeServer
from .fake.shapes_oncall import of
from .test_accessibility import violations

Serve = Callable[[str], FakeServer]
THUMB = 44


def opened(page: Page, serve: Serve, number: int = 4417) -> FakeServer:
    """Open the delivery of a page, and wait until it has loaded."""
    server = serve("burning")
    page.goto(f"{server.url}/pages/{number}")
    expect(page.get_by_role("heading", name=f"Page {number}", level=1)).to_be_visible()
    expect(page.get_by_label("Loading")).to_have_count(0)
    return server


@pytest.fixture
def phone(browser: Browser, built_page: Path) -> Iterator[Page]:
    """Return the page of a phone with a touch screen."""
    assert built_page.is_dir()
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    yield tab
    context.close()


def test_the_figures_say_how_it_stands(page: Page, serve: Serve) -> None:
    """State, by whom, how long so far with the next step, and how many messages did not arrive."""
    opened(page, serve)
    figures = page.get_by_label("Key figures")
    expect(figures).to_contain_text("not acknowledged")
    expect(figures).to_contain_text("nobody yet")
    expect(figures).to_contain_text(re.compile(r"8 min( \d+ s)? so far"))
    expect(figures).to_contain_text(re.compile(r"next step \d\d:\d\d"))
    expect(figures).to_contain_text("1 of 4")
    expect(figures).to_contain_text("its team owns the service")


def test_the_ladder_shows_the_steps_taken_and_those_to_come(page: Page, serve: Serve) -> None:
    """Each step names whom it asked and what became of it; one that is to come says when it would begin."""
    opened(page, serve)
    steps = page.get_by_role("region", name=re.compile("^Escalation")).get_by_role("listitem")
    expect(steps).to_have_count(3)
    expect(steps.nth(0)).to_contain_text("payments-primary")
    expect(steps.nth(0)).to_contain_text("phone not delivered")
    expect(steps.nth(1)).to_contain_text("Payments secondary")
    expect(steps.nth(2)).to_contain_text(re.compile(r"shop-day.*would begin \d\d:\d\d"))


def test_the_log_has_the_proof_of_each_message_by_step(page: Page, serve: Serve) -> None:
    """Every message has its result and what the provider said; who was passed over has a reason."""
    opened(page, serve)
    log = page.get_by_role("region", name="Delivery log")
    expect(log.get_by_role("row", name=re.compile("HTTP 503"))).to_contain_text("not delivered")
    expect(log.get_by_role("row", name=re.compile("HTTP 503"))).to_contain_text("4 tries")
    expect(log.get_by_role("row", name=re.compile("shop-night"))).to_contain_text(
        "passed over: has no verified contact"
    )
    expect(log).to_contain_text("waiting until")
    expect(log).to_contain_text("Accepted is not delivered, and delivered is not acknowledged")


def test_acknowledging_stops_what_waits(page: Page, serve: Serve) -> None:
    """One press acknowledges the state in sight; the waiting message is not sent, and the log says why."""
    server = opened(page, serve)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_label("Key figures")).to_contain_text("dev")
    log = page.get_by_role("region", name="Delivery log")
    expect(log).to_contain_text("not sent: dev had acknowledged")
    expect(log).to_contain_text("nobody else is asked")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    assert of(server.world).pages[4417]["fence"] == 2
    steps = page.get_by_role("region", name=re.compile("^Escalation")).get_by_role("listitem")
    expect(steps.nth(2)).to_contain_text("would have begun")


def test_a_state_that_was_not_seen_is_not_acknowledged(page: Page, serve: Serve) -> None:
    """The press carries the state in sight: where another holds by now, it changes nothing and says so."""
    server = opened(page, serve)
    of(server.world).pages[4417]["fence"] = 7
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status").filter(has_text="The page changed while you looked")).to_be_visible()
    assert of(server.world).pages[4417]["state"] == "paging"
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_label("Key figures")).to_contain_text("dev")


def test_one_that_is_over_says_by_whom_and_has_no_button(page: Page, serve: Serve) -> None:
    """A page that is over shows how long the acknowledgement took, and offers nothing."""
    opened(page, serve, 4409)
    expect(page.get_by_label("Key figures")).to_contain_text("1 min 12 s")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    assert violations(page) == []


def test_a_page_that_is_not_there_is_named(page: Page, serve: Serve) -> None:
    """A number without a page is an error that names it."""
    page.goto(serve("burning").url + "/pages/9")
    expect(page.get_by_role("alert")).to_contain_text("there is no page 9")


def test_a_thumb_acknowledges_on_a_phone(phone: Page, serve: Serve) -> None:
    """At 390 pixels the button is at the bottom, large enough, and the page does not scroll sideways."""
    opened(phone, serve)
    button = phone.get_by_role("button", name="Acknowledge")
    expect(button).to_have_count(1)
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= THUMB
    assert box["y"] > 844 / 2
    button.tap()
    expect(phone.get_by_label("Key figures")).to_contain_text("dev")
    expect(button).to_have_count(0)


def test_the_incident_says_who_was_paged_and_what_comes_next(page: Page, serve: Serve) -> None:
    """An incident names who was paged, that nobody acknowledged, and the next step, and leads to the page."""
    server = serve("burning")
    server.world.tell(318, "page.asked", "oncall", "Step 2 pages payments-secondary", 3, page=4417)
    page.goto(server.url + "/incidents/318")
    line = page.get_by_text(re.compile(r"^Paged: "))
    expect(line).to_have_text(
        re.compile(r"Paged: payments-secondary at \d\d:\d\d, not acknowledged; next step \d\d:\d\d\.")
    )
    page.get_by_role("link", name="Step 2 pages payments-secondary").click()
    expect(page.get_by_role("heading", name="Page 4417", level=1)).to_be_visible()
    page.get_by_role("link", name="Incident 318").click()
    page.get_by_role("link", name="Page 4417", exact=True).click()
    expect(page.get_by_role("heading", name="Page 4417", level=1)).to_be_visible()


def test_the_palette_finds_pages(page: Page, serve: Serve) -> None:
    """What is not acknowledged wants attention; a reference goes straight to its page."""
    page.goto(serve("burning").url + "/objectives")
    expect(page.get_by_role("heading", name="Objectives", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name=re.compile("Page 4417"))).to_be_visible()
    page.get_by_role("combobox", name="Go to").fill("page/4409")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Page 4409", level=1)).to_be_visible()
