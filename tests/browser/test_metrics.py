"""The metrics page in a real browser: pick, group, filter, choose, share; and its empty and failed states."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]
DURATION = "http.server.request.duration"


def test_a_metric_is_picked_and_drawn(page: Page, serve: Serve) -> None:
    """Typing finds a metric, a click draws what usually makes sense of it, and its address says which."""
    page.goto(serve("burning").url + "/metrics")
    page.get_by_role("searchbox", name="Find a metric").fill("request.dur")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_role("link", name=DURATION).click()
    expect(page).to_have_url(re.compile(rf"/metrics/{DURATION}"))
    expect(page.get_by_role("heading", name=DURATION, level=1)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("p99 of .*: .*now"))).to_be_visible()
    expect(page.get_by_role("button", name="Function p99")).to_be_visible()


def test_what_is_asked_lives_in_the_address(page: Page, serve: Serve) -> None:
    """Function, groups and filters are chosen by clicks, kept in the URL, and come back with it."""
    page.goto(serve("burning").url + f"/metrics/{DURATION}")
    page.get_by_role("region", name="http.route").get_by_role("button", name="Group").click()
    expect(page.get_by_role("cell", name="/products/{sku}")).to_be_visible()
    expect(page.get_by_role("cell", name=re.compile("more series"))).to_be_visible()
    page.get_by_role("button", name="Function p99").click()
    page.get_by_role("menuitemradio", name="rate, per second").click()
    page.get_by_role("region", name="service.name").get_by_role("button", name="payment").click()
    expect(page).to_have_url(re.compile(r"by=http\.route&fn=rate&where=service\.name%3Dpayment"))
    page.reload()
    expect(page.get_by_role("button", name="Function rate, per second")).to_be_visible()
    page.get_by_role("button", name="Remove by http.route").click()
    expect(page.get_by_role("cell", name="all 28 series")).to_be_visible()
    page.get_by_role("button", name="Remove service.name=payment").click()
    expect(page).to_have_url(re.compile(r"\?fn=rate$"))


def test_a_measured_value_leads_to_its_trace(page: Page, serve: Serve) -> None:
    """A diamond on the chart, and a row below it, open the trace in which the value was measured."""
    page.goto(serve("burning").url + f"/metrics/{DURATION}")
    spots = page.get_by_role("link", name=re.compile("open its trace"))
    expect(spots.first).to_be_visible()
    traces = page.get_by_role("region", name="Exemplars")
    traces.get_by_role("link", name="4f1c…9a02").or_(traces.get_by_role("link").first).first.click()
    expect(page).to_have_url(re.compile("/traces/[0-9a-f]{32}"))


def test_without_points_the_page_says_how_to_send_some(page: Page, serve: Serve) -> None:
    """An empty server shows the one setting that brings metrics."""
    page.goto(serve("empty").url + "/metrics")
    expect(page.get_by_role("heading", name="No points received in this range")).to_be_visible()
    expect(page.get_by_text("OTEL_EXPORTER_OTLP_ENDPOINT")).to_be_visible()


def test_a_filter_that_leaves_nothing_says_so(page: Page, serve: Serve) -> None:
    """The chart stays, empty, and the table says what may be wrong."""
    page.goto(serve("burning").url + f"/metrics/{DURATION}?where=http.route%3D%2Fnowhere")
    expect(page.get_by_text("No data in this range")).to_be_visible()
    expect(page.get_by_text("no series matches these filters")).to_be_visible()


def test_a_metric_that_is_not_there_is_told(page: Page, serve: Serve) -> None:
    """An address of a metric without points says what was tried."""
    page.goto(serve("burning").url + "/metrics/no.such.metric")
    expect(page.get_by_role("alert")).to_contain_text("No metric 'no.such.metric' has points in this range")


def test_an_old_plot_says_since_when(page: Page, serve: Serve) -> None:
    """A metric that no longer comes is drawn with the moment of its newest point."""
    page.goto(serve("many").url + "/metrics/shop.orders")
    expect(page.get_by_text("Stale: no point since")).to_be_visible()


def test_a_line_of_assumed_values_says_so(page: Page, serve: Serve) -> None:
    """The chart in words, the line's end, the table and the note: a wide bucket reads as what it is."""
    page.goto(serve("burning").url + "/metrics/messaging.process.duration")
    expect(
        page.get_by_role("img", name=re.compile(r"now under 5 s \(one bucket\), highest over 5 s"))
    ).to_be_visible()
    expect(page.locator(".chart-label")).to_have_text("under 5 s (one bucket)")
    expect(page.get_by_role("cell", name="under 5 s (one bucket)")).to_have_count(2)
    expect(page.get_by_text("only the shaded bucket is measured")).to_be_visible()
