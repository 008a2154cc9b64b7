"""On a phone one thumb is enough: all of a page is within its width, and an incident is taken with a tap."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .fake.server import FakeServer
from .test_accessibility import violations
from .test_addresses import EVERY_PAGE, just_after_midnight

Serve = Callable[[str], FakeServer]
WIDTH, HEIGHT = 390, 844
# The least that a thumb hits, in CSS pixels.
THUMB = 44
NOTHING_SIDEWAYS = """() => {
    const content = document.querySelector("main > .content");
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth === clientWidth && content.scrollWidth === content.clientWidth;
}"""
OPEN_INCIDENT = "/incidents/318"
TRACE = "/traces/4f1c0a3b5d6e7f8091a2b3c4d5e69a02"


@pytest.fixture
def phone(browser: Browser, built_page: Path) -> Iterator[Page]:
    """Return the page of a phone with a touch screen, that fails the test if the console saw an error."""
    assert built_page.is_dir()
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, has_touch=True, is_mobile=True, color_scheme="light"
    )
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert errors == []


def shown(page: Page, address: str, path: str) -> None:
    """Open one page, and wait until it has loaded."""
    page.goto(address + path)
    expect(page.get_by_role("heading", name=EVERY_PAGE[path], level=1)).to_be_visible()
    expect(page.get_by_label("Loading")).to_have_count(0)


def lies_within(page: Page, *parts: Locator) -> None:
    """Expect parts to be drawn whole between the left and the right edge of the screen."""
    for part in parts:
        expect(part).to_be_visible()
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= WIDTH
        assert part.evaluate("one => one.scrollWidth <= one.clientWidth || !one.clientWidth")


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_no_page_scrolls_sideways(phone: Page, serve: Serve, path: str) -> None:
    """Each page is as wide as the phone, and its title is whole."""
    just_after_midnight(phone)
    shown(phone, serve("burning").url, path)
    phone.wait_for_function(NOTHING_SIDEWAYS)
    lies_within(phone, phone.get_by_role("heading", level=1))


def test_the_rooms_are_in_reach_of_a_thumb(phone: Page, serve: Serve) -> None:
    """The bar at the bottom has the rooms of the night with their counts, each large enough to be hit."""
    phone.goto(serve("burning").url + "/objectives")
    rooms = phone.get_by_role("navigation", name="Main")
    expect(rooms.get_by_role("link")).to_have_text([
        "Incidents2 open", "Alerts3 firing", "Objectives", "Services"
    ])  # fmt: skip
    for target in [*rooms.get_by_role("link").all(), rooms.get_by_role("button", name="More…")]:
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= THUMB
        assert box["y"] + box["height"] <= HEIGHT
    rooms.get_by_role("link", name="Alerts").tap()
    expect(phone.get_by_role("heading", name="Alerts", level=1)).to_be_visible()
    expect(rooms.get_by_role("link", name="Alerts")).to_have_attribute("aria-current", "page")


def test_every_room_is_behind_more(phone: Page, serve: Serve) -> None:
    """ "More…" opens the whole list with the theme and the keys, and closes once a room is chosen."""
    phone.goto(serve("burning").url + "/incidents")
    phone.get_by_role("button", name="More…").tap()
    every = phone.get_by_role("dialog", name="All rooms")
    expect(every.get_by_role("link")).to_have_count(11)
    assert violations(phone) == []
    every.get_by_role("button", name="Keys").tap()
    expect(every).to_have_count(0)
    phone.get_by_role("dialog", name="Keys").get_by_role("button", name="Close").tap()
    phone.get_by_role("button", name="More…").tap()
    every.get_by_role("link", name="Traces").tap()
    expect(phone.get_by_role("heading", name="Traces", level=1)).to_be_visible()
    expect(every).to_have_count(0)


def test_an_incident_is_acknowledged_with_one_tap(phone: Page, serve: Serve) -> None:
    """The button is wide, at the bottom and in sight; it goes once somebody has the incident."""
    phone.goto(serve("burning").url + OPEN_INCIDENT)
    button = phone.get_by_role("button", name="Acknowledge")
    expect(button).to_be_in_viewport(ratio=1)
    box = button.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (WIDTH - 2 * 16, 58)
    figures = phone.get_by_role("region", name="Key figures")
    lies_within(phone, figures.get_by_text("open", exact=True), figures.get_by_text("412", exact=True))
    button.tap()
    expect(button).to_have_count(0)
    expect(figures.get_by_text("acknowledged", exact=True)).to_be_visible()


def test_a_viewer_reads_why_the_incident_is_not_theirs_to_take(phone: Page, serve: Serve) -> None:
    """What may not be done is disabled with its reason, at the bottom too."""
    phone.goto(serve("viewer").url + OPEN_INCIDENT)
    button = phone.get_by_role("button", name="Acknowledge")
    expect(button).to_have_attribute("aria-disabled", "true")
    # Playwright waits for what is disabled; a thumb does not.
    button.tap(force=True)
    expect(phone.get_by_role("tooltip")).to_be_visible()


def test_a_suspect_is_followed_with_a_tap(phone: Page, serve: Serve) -> None:
    """The suspects come before the timeline, and their links are large enough to be hit."""
    phone.goto(serve("burning").url + OPEN_INCIDENT)
    suspects = phone.get_by_role("region", name="Suspects")
    timeline = phone.get_by_role("region", name="Timeline")
    expect(suspects.get_by_role("listitem").first).to_contain_text("payment v2.31")
    above, below = suspects.bounding_box(), timeline.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] < below["y"]
    way = suspects.get_by_role("link", name="Traces").first
    box = way.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= THUMB
    way.tap()
    expect(phone.get_by_role("heading", name="Traces", level=1)).to_be_visible()
    expect(phone).to_have_url(re.compile("objective=checkout-latency"))


def test_objectives_are_read_without_scrolling_sideways(phone: Page, serve: Serve) -> None:
    """A row shows its name, state, failures of now and budget within the width; a tap opens it."""
    phone.goto(serve("burning").url + "/objectives")
    row = phone.get_by_role("row").filter(has_text="Orders within 800 ms")
    name = row.get_by_role("link", name="Orders within 800 ms")
    lies_within(
        phone, row.get_by_text("burning"), row.get_by_text("623 of 4,100"), row.get_by_text("1,204 of 10,950")
    )
    lies_within(phone, name)
    name.tap()
    expect(phone.get_by_role("heading", name="Orders within 800 ms", level=1)).to_be_visible()


@pytest.mark.parametrize(
    ("path", "of", "parts"),
    [
        ("/alerts", "Orders within 800 ms", ["page", "623 of 4,100 bad", "incident 318", "checkout"]),
        ("/incidents", "318", ["open", "412 orders", "46 min", "nobody yet"]),
        ("/services", "tier 1 · payments", ["94 of 1,800 requests fail", "6/s", "5.2%"]),
    ],
)
def test_lists_are_read_without_scrolling_sideways(
    phone: Page, serve: Serve, path: str, of: str, parts: list[str]
) -> None:
    """A row of a list shows its name, state and counts within the phone's width."""
    phone.goto(serve("burning").url + path)
    row = phone.get_by_role("row").filter(has_text=of).first
    lies_within(phone, *[row.get_by_text(part, exact=True).first for part in parts])


@pytest.mark.parametrize(
    "path", ["/objectives", "/incidents", "/services", "/changes", "/metrics", "/catalog"]
)
def test_lists_have_one_control_in_place_of_loose_heads(phone: Page, serve: Serve, path: str) -> None:
    """Heads are read out and not drawn: cards say the words of their figures, and "Sort" has the columns."""
    shown(phone, serve("burning").url, path)
    table = (
        phone.get_by_role("region", name="Objectives")
        if path == "/catalog"
        else phone.locator(".panel").first
    )
    heads = table.locator("thead, .grid-head")
    assert heads.evaluate("one => getComputedStyle(one).clipPath") != "none"
    expect(heads.get_by_role("button")).to_have_count(0)
    lies_within(phone, table.get_by_role("button", name="Sort"))


def test_a_list_is_sorted_and_turned_with_a_thumb(phone: Page, serve: Serve) -> None:
    """The order is chosen from the columns, turned with the button beside it, and kept in the address."""
    phone.goto(serve("burning").url + "/incidents")
    numbers = phone.locator("tbody tr td:first-child")
    expect(numbers).to_have_text(["318", "317", "319", "305"])
    phone.get_by_role("button", name="Sort open first").tap()
    phone.get_by_role("menuitemradio", name="Number").tap()
    expect(phone).to_have_url(re.compile("sort=id"))
    expect(numbers).to_have_text(["319", "318", "317", "305"])
    turn = phone.get_by_role("button", name="Turn the order round")
    box = turn.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= THUMB
    turn.tap()
    expect(numbers).to_have_text(["305", "317", "318", "319"])
    phone.get_by_role("button", name="Sort Number").tap()
    phone.get_by_role("menuitemradio", name="open first").tap()
    expect(numbers).to_have_text(["318", "317", "319", "305"])


def test_who_has_an_incident_stands_beside_its_state(phone: Page, serve: Serve) -> None:
    """The owner is on the first line of the card, above what happened; tiles name incident and owner."""
    phone.goto(serve("burning").url + "/incidents")
    row = phone.get_by_role("row").filter(has_text="318").first
    state, owner = (
        row.get_by_text("open", exact=True).bounding_box(),
        row.get_by_text("nobody yet").bounding_box(),
    )
    title = row.get_by_role("link", name="Orders slow").bounding_box()
    assert state is not None
    assert owner is not None
    assert title is not None
    assert owner["y"] + owner["height"] <= title["y"]
    assert abs(owner["y"] - state["y"]) < state["height"]
    figures = phone.get_by_role("region", name="Key figures")
    lies_within(phone, figures.get_by_text("318 Orders slow"), figures.get_by_text("317 by payments-primary"))


def test_a_failed_span_and_a_line_are_whole_on_a_phone(phone: Page, serve: Serve) -> None:
    """The operation in which the trouble began and the text of a line wrap; neither is cut."""
    phone.goto(serve("burning").url + TRACE)
    guilty = phone.locator(".trace-row.guilty .trace-open")
    expect(guilty).to_contain_text("POST /charges")
    assert guilty.evaluate("one => one.scrollWidth <= one.clientWidth")
    phone.goto(serve("burning").url + "/logs?where=severity%3Derror")
    line = phone.locator(".log-open").first
    expect(line).to_be_visible()
    assert line.evaluate("one => one.scrollWidth <= one.clientWidth")


@pytest.mark.parametrize(
    "path", ["/objectives", "/alerts", "/incidents", OPEN_INCIDENT, "/services", "/traces"]
)
def test_the_phone_keeps_wcag_aa(phone: Page, serve: Serve, path: str) -> None:
    """Contrast, names, roles and structure hold at a phone's width, in both themes."""
    shown(phone, serve("burning").url, path)
    assert violations(phone) == []
