"""Changes in a real browser: what was detected beside what was reported, and marks on every chart."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]
DETECTED = re.compile("cart 1.4.0 takes traffic in zone-a, 10% of requests")


def marks(page: Page, name: str | re.Pattern[str] = DETECTED) -> Locator:
    """The lines of marks whose whole sentence shows on hover."""
    return page.locator(".chart-mark").and_(page.get_by_title(name))


def test_a_detected_version_is_listed_with_its_traffic(page: Page, serve: Serve) -> None:
    """The list says that nobody reported it, and where, how much and since when its traffic was seen."""
    page.goto(serve("burning").url + "/changes")
    row = page.get_by_role("row").filter(has_text="cart 1.4.0 takes traffic")
    expect(row).to_contain_text(re.compile(r"10% of 410 in zone-a since \d\d:\d\d"))
    expect(row.get_by_role("cell").last).to_have_text("detected")
    page.get_by_role("searchbox", name="Filter changes").fill("detected")
    expect(page.locator("[data-row]")).to_have_count(1)


@pytest.mark.parametrize("path", ["/logs", "/traces", "/objectives/checkout-latency", "/services/cart"])
def test_a_chart_carries_the_changes(page: Page, serve: Serve, path: str) -> None:
    """Logs, traces, objectives and services show what changed, as a line with its few words."""
    page.goto(serve("burning").url + path)
    expect(page.locator(".chart-mark").first).to_be_visible()
    expect(page.locator(".chart-mark").first).to_have_attribute("title", re.compile("."))


@pytest.mark.parametrize(
    ("of_cart", "of_payment"),
    [
        ("/logs?where=service%3Dcart", "/logs?where=service%3Dpayment"),
        ("/traces?service=cart&from=now-6h", "/traces?service=payment&from=now-6h"),
        (
            "/metrics/http.server.request.duration?where=service.name%3Dcart",
            "/metrics/http.server.request.duration?where=service.name%3Dpayment",
        ),
    ],
)
def test_a_filter_for_a_service_leaves_its_changes(
    page: Page, serve: Serve, of_cart: str, of_payment: str
) -> None:
    """Where a service is chosen, the changes of others are gone."""
    server = serve("burning")
    page.goto(server.url + of_cart)
    expect(marks(page)).to_have_count(1)
    expect(marks(page, re.compile("payment v2.31"))).to_have_count(0)
    page.goto(server.url + of_payment)
    expect(marks(page, re.compile("payment v2.31: Rollout 10"))).to_have_count(1)
    expect(marks(page)).to_have_count(0)


@pytest.mark.parametrize("path", ["/logs", "/traces", "/services/cart"])
def test_labels_stand_above_the_data(page: Page, serve: Serve, path: str) -> None:
    """A label lies in a band of its own: no peak is behind it."""
    page.goto(serve("burning").url + path)
    expect(page.locator(".chart-mark > span, .chart-mark > a").first).to_be_visible()
    charts = page.locator("figure.chart").all()
    assert charts
    for chart in charts:
        data = chart.locator(".chart-over").bounding_box()
        labels = [one.bounding_box() for one in chart.locator(".chart-mark > *").all()]
        assert data is not None
        assert all(box is None or box["y"] + box["height"] <= data["y"] for box in labels)


def test_a_mark_opens_its_change(page: Page, serve: Serve) -> None:
    """Hover says what it is; a click and the keyboard open the change among those around it."""
    page.goto(serve("burning").url + "/services/cart")
    mark = panel_mark(page, "Rate")
    mark.hover()
    mark.click()
    expect(page).to_have_url(re.compile(r"/changes\?change=\d+&from=.*&to="))
    expect(page.locator("tr[aria-current]")).to_have_count(1)
    expect(page.locator("tr[aria-current]")).to_contain_text("cart")
    page.go_back()
    panel_mark(page, "Errors").focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr[aria-current]")).to_have_count(1)


def panel_mark(page: Page, name: str) -> Locator:
    """The mark of a detected version in one chart."""
    return page.get_by_role("region", name=name).get_by_role("link", name=re.compile("cart 1.4.0"))


def test_a_mark_opens_its_incident(page: Page, serve: Serve) -> None:
    """An incident's mark is red, and its label leads to its page."""
    page.goto(serve("burning").url + "/objectives/checkout-latency")
    mark = page.locator(".chart-mark-incident a").first
    mark.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/incidents/\d+"))
