"""Every view of the page is an address, and shows its whole self at each of the drawn widths."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]
DRAWN_WIDTHS = (900, 1280, 1920)
TITLE_CUT = "one => one.getBoundingClientRect().right - one.parentElement.getBoundingClientRect().right"
NOTHING_STICKS_OUT = """() => {
    const content = document.querySelector("main > .content");
    const whole = document.documentElement;
    const fits = (axis) => whole[`scroll${axis}`] === whole[`client${axis}`];
    return content.scrollWidth === content.clientWidth && fits("Width") && fits("Height");
}"""
EVERY_PAGE = {
    "/objectives": "Objectives",
    "/objectives/checkout-latency": "Orders within 800 ms",
    "/map": "Map",
    "/alerts": "Alerts",
    "/services": "Services",
    "/services/payment": "payment",
    "/parties/pay.example?kind=external": "pay.example",
    "/logs": "Logs",
    "/logs?view=patterns&where=severity%3Derror": "Logs",
    "/metrics": "Metrics",
    "/metrics/http.server.request.duration?by=http.route": "http.server.request.duration",
    "/traces": "Traces",
    "/traces/4f1c0a3b5d6e7f8091a2b3c4d5e69a02": "POST /orders · 503 at payment",
    "/traces/4f1c0a3b5d6e7f8091a2b3c4d5e69a02/compare/20a96e5d4c3b2a1908f7e6d5b3a0c1f4": (
        "4f1c…9a02 and 20a9…c1f4"
    ),
    "/incidents": "Incidents",
    "/incidents/318": "318 · Orders slow since ",
    "/oncall": "On-call",
    "/oncall?weeks=4": "On-call",
    "/pages/4417": "Page 4417",
    "/changes": "Changes",
    "/catalog": "Catalog",
}


def just_after_midnight(page: Page) -> None:
    """Put the reader where a day has just begun: an hour ago was yesterday, whose words are longer."""
    hour = datetime.now(UTC).hour
    zone = f"Etc/GMT+{hour}" if hour <= 12 else f"Etc/GMT-{24 - hour}"
    page.context.new_cdp_session(page).send("Emulation.setTimezoneOverride", {"timezoneId": zone})


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_opens_by_its_address(page: Page, serve: Serve, path: str) -> None:
    """Each view is a URL: it shows its whole heading, no error, and nothing beyond the window."""
    just_after_midnight(page)
    page.goto(serve("burning").url + path)
    expect(page.get_by_role("heading", name=EVERY_PAGE[path], level=1)).to_be_visible()
    expect(page.get_by_label("Loading")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    for width in DRAWN_WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        # Polled: charts are drawn again for the new width in a later frame.
        page.wait_for_function(NOTHING_STICKS_OUT)
        assert page.locator("main h1").evaluate(TITLE_CUT) <= 1


@pytest.mark.parametrize("path", ["/objectives", "/services", "/incidents", "/alerts", "/changes"])
def test_lists_are_whole_at_900_pixels(page: Page, serve: Serve, path: str) -> None:
    """At the smallest drawn width no column of a list is out of sight, and no number of the strip is cut."""
    page.set_viewport_size({"width": 900, "height": 900})
    page.goto(serve("burning").url + path)
    expect(page.get_by_label("Loading")).to_have_count(0)
    wide = page.locator("main .panel, main .strip-value")
    expect(wide.first).to_be_visible()
    assert wide.evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length") == 0
