"""One service's page in a real browser: where its requests fail, and how full its resources are."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]


def panel(page: Page, name: str) -> Locator:
    """A panel by the beginning of its heading."""
    return page.get_by_role("region", name=re.compile(f"^{name}"))


def test_failures_are_compared_by_zone_version_and_instance(page: Page, serve: Serve) -> None:
    """A click divides them otherwise, the address keeps it, and a sentence judges all three."""
    page.goto(serve("burning").url + "/services/payment")
    spread = panel(page, "Failing requests")
    expect(spread.get_by_role("listitem")).to_have_count(3)
    expect(spread.get_by_text("Version v2.31 fails 360 times as often as the others.")).to_be_visible()
    spread.get_by_role("button", name="Version").click()
    expect(page).to_have_url(re.compile(r"\?by=version$"))
    first = spread.get_by_role("listitem").first
    expect(first).to_contain_text(re.compile(r"v2\.31.*52%.*\d+ of \d+"))
    page.reload()
    expect(spread.get_by_role("button", name="Version")).to_have_attribute("aria-pressed", "true")
    spread.get_by_role("button", name="Zone").click()
    expect(page).to_have_url(re.compile(r"/services/payment$"))


def test_a_row_of_failures_leads_to_their_traces(page: Page, serve: Serve) -> None:
    """The traces of one version's failures, in the same time; instances are found by their attribute."""
    page.goto(serve("burning").url + "/services/payment?by=version")
    panel(page, "Failing requests").get_by_role("link", name="v2.31").click()
    expect(page).to_have_url(
        re.compile(r"/traces\?service=payment&.*status=error&version=v2\.31&from=now-5m")
    )
    page.go_back()
    panel(page, "Failing requests").get_by_role("button", name="Instance").click()
    expect(page.get_by_text("3 of 48 instances, those with most failures.")).to_be_visible()
    expect(page.get_by_text("Counted in 1 of 6 intervals of 10 s.")).to_be_visible()
    panel(page, "Failing requests").get_by_role("link", name="zone-a").click()
    expect(page).to_have_url(re.compile(r"attribute=service\.instance\.id%3Dpayment-7d9f6c5b8-zone-a"))


def test_resources_are_shown_the_fullest_first(page: Page, serve: Serve) -> None:
    """Each with its limit in units and its fullest instance; a row leads to the plot of its metric."""
    page.goto(serve("burning").url + "/services/checkout")
    rows = panel(page, "Saturation").get_by_role("listitem")
    expect(rows).to_have_count(6)
    expect(rows.first).to_contain_text(re.compile("Connection pool.*payline · checkout-zone-b.*27 of 30"))
    expect(rows.first).to_have_attribute(
        "title", re.compile("checkout-zone-b is the fullest of 6 instances; at most 30 of 30 connections")
    )
    expect(rows.last).to_contain_text("6 ms")
    expect(page.get_by_text("Connection pool, payline is nearly full on checkout-zone-b")).to_be_visible()
    rows.first.get_by_role("link").click()
    expect(page).to_have_url(
        re.compile(
            r"/metrics/http\.server\.active_requests\?where=service\.name%3Dcheckout&by=service\.instance"
        )
    )


def test_a_service_without_metrics_says_what_to_send(page: Page, serve: Serve) -> None:
    """The panel names what would be in it, the setting, and where the names of metrics are written."""
    page.goto(serve("burning").url + "/services/gateway")
    saturation = panel(page, "Saturation")
    expect(saturation.get_by_text("gateway sent no metrics that show how full it is")).to_be_visible()
    expect(saturation.get_by_text("OTEL_METRICS_EXPORTER=otlp")).to_be_visible()
    expect(saturation.get_by_text("docs/guide/saturation.md")).to_be_visible()


def test_a_calm_service_is_grey(page: Page, serve: Serve) -> None:
    """Nothing stands out and nothing is nearly full: no bar has a colour."""
    page.goto(serve("healthy").url + "/services/checkout")
    expect(panel(page, "Saturation").get_by_text("Nothing is nearly full.")).to_be_visible()
    expect(page.locator("#spread .meter-bad, #saturation .meter-warn, #saturation .meter-bad")).to_have_count(
        0
    )


def test_what_is_usual_is_behind_the_charts(page: Page, serve: Serve) -> None:
    """Each head says where values usually lie; a new service says from when on there is a usual."""
    server = serve("burning")
    page.goto(server.url + "/services/payment")
    expect(panel(page, "Rate")).to_contain_text(re.compile(r"usual [\d.]+ – [\d.]+/s"))
    expect(panel(page, "Errors")).to_contain_text("usual 0 – 0.2%")
    expect(panel(page, "Duration")).to_contain_text("p99 usual 280 – 340 ms")
    page.goto(server.url + "/services/search")
    expect(panel(page, "Rate")).to_contain_text(re.compile(r"usual known from \d\d:\d\d on"))


def test_owner_and_runbook_are_in_the_bar(page: Page, serve: Serve) -> None:
    """Of a service, of its objective and of the incident; the runbook opens beside the page."""
    server = serve("burning")
    page.goto(server.url + "/services/payment")
    expect(page.get_by_role("banner").or_(page.locator("header"))).to_contain_text("team")
    runbook = page.get_by_role("link", name="Runbook")
    expect(runbook).to_have_attribute("href", "https://runbooks.example.com/payment")
    expect(runbook).to_have_attribute("rel", "noreferrer")
    page.goto(server.url + "/objectives/checkout-latency")
    expect(runbook).to_have_attribute("href", "https://runbooks.example.com/checkout")
    expect(page.get_by_role("link", name="Dashboard")).to_be_visible()
    page.goto(server.url + "/incidents/318")
    expect(runbook).to_have_attribute("href", "https://runbooks.example.com/checkout")


def test_operations_say_over_which_time_they_are(page: Page, serve: Serve) -> None:
    """Other figures of the page are of the last five minutes."""
    page.goto(serve("burning").url + "/services/payment")
    expect(page.get_by_role("columnheader", name="Operation · last 1 h")).to_be_visible()
    expect(page.get_by_text("Failing, last 5 min")).to_be_visible()


def test_failures_by_zone_add_up_to_those_of_the_strip(page: Page, serve: Serve) -> None:
    """The same requests of the same five minutes are counted in both."""
    page.goto(serve("burning").url + "/services/cart")
    whole = page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+$")).first.inner_text()
    rows = panel(page, "Failing requests").get_by_role("listitem")
    expect(rows).to_have_count(3)
    found = [re.findall(r"([\d,]+) of ([\d,]+)", row) for row in rows.all_inner_texts()]
    sums = [sum(int(one[0][side].replace(",", "")) for one in found) for side in (0, 1)]
    assert whole == f"{sums[0]:,} of {sums[1]:,}"


def test_a_zone_that_fell_silent_says_until_when_it_sent(page: Page, serve: Serve) -> None:
    """Its counts are of fewer minutes than those of the others."""
    page.goto(serve("zone").url + "/services/catalog")
    rows = page.get_by_role("region", name=re.compile("^Failing requests"))
    expect(rows.get_by_text(re.compile(r"sent only until \d\d:\d\d"))).to_have_count(1)


def test_incidents_that_began_at_a_service_are_among_what_happened_to_it(page: Page, serve: Serve) -> None:
    """The objective is of another service, and the trouble was here."""
    page.goto(serve("burning").url + "/services/payment")
    lately = page.get_by_role("region", name=re.compile("^Changes and incidents"))
    expect(lately.get_by_role("link", name=re.compile("^318 "))).to_be_visible()
