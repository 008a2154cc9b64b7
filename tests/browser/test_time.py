"""Time on the page: typed, stepped, brushed, carried from page to page, in the reader's zone or UTC."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from holdfast.runtime.clock import SystemClock

from .fake.server import FakeServer
from .test_accessibility import violations

Serve = Callable[[str], FakeServer]
SERVICE = "/services/payment"
MORNING = "from=2026-11-22T08%3A00%3A00Z&to=2026-11-22T09%3A00%3A00Z"


@pytest.fixture
def paris(browser: Browser) -> Iterator[Page]:
    """Return a tab of a reader in Paris."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="Europe/Paris")
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    yield tab
    context.close()


def picker(page: Page) -> Locator:
    """Return the button of the bar that shows the time."""
    return page.get_by_role("main").get_by_role("button", name=re.compile("^Time "))


def typed(page: Page, text: str) -> None:
    """Open the dialog by its key and type a range."""
    page.keyboard.press("t")
    page.get_by_label("Range, typed").fill(text)


def shown(page: Page) -> dict[str, list[str]]:
    """Return the parameters of the address."""
    return parse_qs(urlsplit(page.url).query)


def brush(page: Page, chart: Locator) -> None:
    """Draw over a part of a chart, below the labels of its marks."""
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6, steps=5)
    page.mouse.up()


def opened(page: Page, url: str) -> None:
    """Open a page on a Saturday in November and wait until it shows its data."""
    page.clock.set_fixed_time("2026-11-28T09:15:00Z")
    page.goto(url)
    expect(picker(page)).to_be_visible()
    expect(page.get_by_label("Loading")).to_have_count(0)


def test_a_typed_range_is_read_beside_it_and_shown(paris: Page, serve: Serve) -> None:
    """`t` opens the dialog, the line is read as it is typed, Enter shows it."""
    opened(paris, serve("burning").url + SERVICE)
    typed(paris, "22 nov 9-11")
    dialog = paris.get_by_role("dialog", name="Choose a time")
    expect(dialog.get_by_role("status")).to_have_text("Sun 22 Nov 09:00 – 11:00, 2 h")
    expect(dialog.get_by_label("From")).to_have_value("Sun 22 Nov 09:00")
    paris.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert shown(paris) == {"from": ["2026-11-22T08:00:00Z"], "to": ["2026-11-22T10:00:00Z"]}
    expect(picker(paris)).to_have_text("Time Sun 22 Nov 09:00 – 11:00 CET")


def test_wrong_input_says_what_is_wrong_and_changes_nothing(page: Page, serve: Serve) -> None:
    """Enter does nothing while the line is no range; Escape leaves all as it was."""
    opened(page, serve("burning").url + SERVICE)
    typed(page, "25:70 to now")
    status = page.get_by_role("dialog").get_by_role("status")
    expect(status).to_have_text("No such time: 25:70. Hours go to 23, minutes to 59.")
    expect(page.get_by_label("Range, typed")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(picker(page)).to_have_text(re.compile("^Time last 1 h"))
    assert shown(page) == {}


def test_ends_and_days_are_typed_into_the_line(page: Page, serve: Serve) -> None:
    """A field changes its end, a day of the calendar is all of it, a second one the days between."""
    opened(page, serve("burning").url + f"{SERVICE}?{MORNING}")
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("To", exact=True).fill("sun 22 nov 9:30")
    expect(dialog.get_by_role("status")).to_contain_text("1 h 30 min")
    dialog.get_by_role("button", name="Mon 16 Nov").click()
    expect(dialog.get_by_role("status")).to_contain_text("1 d")
    dialog.get_by_role("button", name="Wed 18 Nov").click()
    expect(dialog.get_by_role("status")).to_contain_text("Mon 16 Nov – Wed 18 Nov, 3 d")
    page.keyboard.press("ArrowLeft")
    expect(dialog.get_by_role("button", name="Tue 17 Nov")).to_be_focused()
    dialog.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("from=2026-11-1[56]T"))


def test_steps_and_zoom_by_keys_and_buttons(page: Page, serve: Serve) -> None:
    """`[` and `]` step by the length, `-` doubles it, `0` comes back to now; there is nothing after now."""
    opened(page, serve("burning").url + SERVICE)
    expect(page.get_by_role("button", name="Later")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("]")
    assert shown(page) == {}
    page.keyboard.press("[")
    expect(page).to_have_url(re.compile("from=20.*&to=20"))
    expect(page.get_by_role("button", name="Later")).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("0")
    expect(page).to_have_url(re.compile(r"\?from=now-1h$"))
    page.keyboard.press("-")
    expect(page).to_have_url(re.compile(r"\?from=now-2h$"))
    page.get_by_role("button", name="Earlier").click()
    page.get_by_role("button", name="Now", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?from=now-2h$"))


def test_the_letter_after_g_is_a_room_and_not_the_time(page: Page, serve: Serve) -> None:
    """`g t` goes to the traces and opens no dialog."""
    opened(page, serve("burning").url + SERVICE)
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Traces", level=1)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_range_is_carried_from_page_to_page(page: Page, serve: Serve) -> None:
    """Links, keys and pages without a range keep it; the usual one comes back when it is dropped."""
    opened(page, serve("burning").url + f"/map?{MORNING}")
    rail = page.get_by_role("navigation", name="Main")
    expect(rail.get_by_role("link", name="Catalog")).to_have_attribute("href", f"/catalog?{MORNING}")
    rail.get_by_role("link", name="Objectives").click()
    expect(page).to_have_url(re.compile(r"/objectives\?from=2026-11-22T08"))
    with page.expect_request(re.compile(r"/api/v1/logs\?.*from=2026-11-22T08%3A00%3A00Z.*to=2026")):
        page.keyboard.press("g")
        page.keyboard.press("l")
    page.reload()
    expect(picker(page)).to_have_text(re.compile("Sun 22 Nov"))
    picker(page).click()
    page.get_by_role("button", name="Usual: last 1 h").click()
    expect(picker(page)).to_have_text(re.compile("^Time last 1 h"))
    rail.get_by_role("link", name="Map").click()
    expect(picker(page)).to_have_text(re.compile("^Time last 5 min"))


def test_the_zone_is_the_readers_or_utc_for_every_moment(paris: Page, serve: Serve) -> None:
    """One switch changes picker, clock, charts and tables at once, and is kept by the browser."""
    opened(paris, serve("burning").url + f"{SERVICE}?{MORNING}")
    expect(picker(paris)).to_have_text("Time Sun 22 Nov 09:00 – 10:00 CET")
    expect(paris.locator(".freshness time")).to_contain_text("CET")
    picker(paris).click()
    dialog = paris.get_by_role("dialog")
    expect(dialog).to_contain_text("09:00 CET = 08:00 UTC")
    dialog.get_by_role("button", name="UTC").click()
    expect(dialog.get_by_label("From")).to_have_value("Sun 22 Nov 08:00")
    paris.keyboard.press("Escape")
    expect(picker(paris)).to_have_text("Time Sun 22 Nov 08:00 – 09:00 UTC")
    expect(paris.locator(".freshness time")).to_contain_text("UTC")
    paris.get_by_role("navigation", name="Main").get_by_role("link", name="Changes").click()
    expect(paris.get_by_role("heading", name="Changes", level=1)).to_be_visible()
    paris.reload()
    expect(picker(paris)).to_have_text(re.compile("UTC$"))


def test_titles_and_the_tip_of_a_chart_obey_the_zone(paris: Page, serve: Serve) -> None:
    """A moment's title has the zone, and the moment at the pointer is in it."""
    url = serve("burning").url
    opened(paris, url + SERVICE + "?from=2026-11-11T23:00:00Z&to=2026-11-11T23:10:00Z")
    chart = paris.get_by_role("img", name=re.compile("^Rate"))
    chart.hover()
    expect(paris.locator(".chart-tip").first).to_contain_text("Nov 12 00:0")
    picker(paris).click()
    paris.get_by_role("dialog").get_by_role("button", name="UTC").click()
    paris.keyboard.press("Escape")
    chart.hover()
    expect(paris.locator(".chart-tip").first).to_contain_text("Nov 11 23:0")
    paris.goto(url + "/changes")
    expect(paris.locator("td time").first).to_have_attribute("title", re.compile("UTC$"))


def test_a_browser_that_keeps_nothing_can_still_switch(paris: Page, serve: Serve) -> None:
    """Without storage the choice lasts until the page is left."""
    paris.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied') } })"
    )
    opened(paris, serve("burning").url + SERVICE)
    picker(paris).click()
    paris.get_by_role("dialog").get_by_role("button", name="UTC").click()
    paris.keyboard.press("Escape")
    expect(picker(paris)).to_have_text(re.compile("UTC$"))


BRUSHED = {
    SERVICE: "^Rate",
    "/objectives/checkout-latency": "^Total and bad",
    "/metrics/http.server.request.duration": "of http.server",
    "/logs": "^Lines:",
    "/traces": "Duration of spans",
}


@pytest.mark.parametrize("path", BRUSHED)
def test_a_brush_sets_the_range_and_escape_goes_back(page: Page, serve: Serve, path: str) -> None:
    """Drawing over any chart chooses its time; Escape, or the browser's back, returns to the one before."""
    opened(page, serve("burning").url + f"{path}?from=now-6h")
    chart = page.get_by_role("img", name=re.compile(BRUSHED[path])).first
    brush(page, chart)
    expect(page).to_have_url(re.compile("from=20.*to=20"))
    expect(page.get_by_role("button", name="Zoom back")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("from=now-6h"))
    expect(page.get_by_role("button", name="Zoom back")).to_have_count(0)
    brush(page, chart)
    expect(page).to_have_url(re.compile("from=20.*to=20"))
    page.go_back()
    expect(page).to_have_url(re.compile("from=now-6h"))


def test_zoom_back_works_on_another_page_too(page: Page, serve: Serve) -> None:
    """What was brushed on one page is left again on the next one."""
    opened(page, serve("burning").url + SERVICE)
    brush(page, page.get_by_role("img", name=re.compile("^Rate")))
    expect(page.get_by_role("button", name="Zoom back")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Logs").click()
    page.get_by_role("button", name="Zoom back").click()
    expect(page).to_have_url(re.compile(r"/logs$"))


def test_charts_are_compared_with_an_earlier_time(page: Page, serve: Serve) -> None:
    """The choice is in the address, is read with the same endpoint, and is named in the chart and its tip."""
    opened(page, serve("burning").url + SERVICE)
    picker(page).click()
    with page.expect_request(re.compile(r"/services/payment/series\?from=now-169h&to=now-7d")):
        page.get_by_role("button", name="a week ago").click()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"\?compare=week$"))
    chart = page.get_by_role("img", name=re.compile("rate a week ago: highest"))
    chart.hover()
    expect(page.locator(".chart-tip").first).to_contain_text(
        re.compile(r"rate  \S+\s+rate a week ago  \S+/s")
    )
    page.goto(page.url.replace(SERVICE, "/metrics/http.server.request.duration").replace("week", "before"))
    expect(page.get_by_role("img", name=re.compile("the period before: highest"))).to_be_visible()


def test_a_comparison_is_named_in_the_bar_and_dropped_there(page: Page, serve: Serve) -> None:
    """Whoever comes by a link sees what the grey line is, and one click takes it away."""
    opened(page, serve("burning").url + f"{SERVICE}?compare=before")
    page.get_by_role("button", name="Compared with the period before").click()
    expect(page).to_have_url(re.compile(r"/payment$"))
    expect(page.get_by_role("img", name=re.compile("^Rate"))).not_to_have_attribute(
        "aria-label", re.compile("before")
    )


def test_a_range_around_an_incident_is_one_click(page: Page, serve: Serve) -> None:
    """The dialog offers what happened lately, open incidents first."""
    # The window's clock may still stand at the Saturday of the tests before, when nothing had happened yet.
    page.clock.set_fixed_time(SystemClock().now())
    page.goto(serve("burning").url + SERVICE)
    picker(page).click()
    around = page.get_by_role("group", name="Around something that happened")
    expect(around.get_by_role("button").first).to_contain_text("Incident 31")
    around.get_by_role("button").first.click()
    expect(page).to_have_url(re.compile(r"/payment\?from=20[^&]+$"))
    expect(picker(page)).to_contain_text("– now")


def test_an_empty_short_range_leads_to_a_longer_one(page: Page, serve: Serve) -> None:
    """Where the last minutes hold nothing, one click looks at a day."""
    page.goto(serve("empty").url + "/services")
    page.get_by_role("button", name="Look at the last 24 h").click()
    expect(page).to_have_url(re.compile(r"/services\?from=now-24h$"))


def test_the_dialog_keeps_wcag_aa(page: Page, serve: Serve) -> None:
    """Names, roles and contrast hold in the dialog, for right and wrong input, in both themes."""
    opened(page, serve("burning").url + SERVICE)
    typed(page, "yesterday 9-11")
    assert violations(page) == []
    page.get_by_label("Range, typed").fill("never")
    assert violations(page) == []
