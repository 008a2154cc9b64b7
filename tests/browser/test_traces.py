"""Traces in a real browser: finding a bad one, reading it, comparing two, over the fake server."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .fake.server import FakeServer
from .fake.shapes_traces import CHARGE_TRACE, WIDE_TRACE
from .test_accessibility import violations

Serve = Callable[[str], FakeServer]
TRACE = "4f1c0a3b5d6e7f8091a2b3c4d5e69a02"


def opened(page: Page, serve: Serve, path: str, scenario: str = "burning") -> str:
    """Open a path and wait until all is read; return the server's address."""
    url = serve(scenario).url
    page.goto(url + path)
    expect(page.get_by_label("Loading")).to_have_count(0)
    return url


def test_conditions_stand_in_the_url_and_can_be_dropped(page: Page, serve: Serve) -> None:
    """Choosing a status narrows list and picture alike; the address can be shared, the chip dropped."""
    opened(page, serve, "/traces")
    expect(page.get_by_role("heading", name=re.compile("120 traces, 15 failed, 3 slow"))).to_be_visible()
    page.get_by_role("button", name="Status any").click()
    page.get_by_role("menuitemradio", name="failed", exact=True).click()
    expect(page).to_have_url(re.compile("status=error"))
    expect(page.get_by_role("heading", name=re.compile("15 traces, 15 failed"))).to_be_visible()
    page.get_by_label("At least, a duration such as 300 ms").fill("500ms")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("min_duration_seconds=0.5"))
    expect(page.locator("tbody [data-row]")).to_have_count(3)
    expect(page.get_by_label("Chosen conditions").get_by_role("button")).to_have_text(["Clear all"])
    page.get_by_role("button", name="Status failed").click()
    page.get_by_role("menuitemradio", name="any", exact=True).click()
    expect(page.locator("tbody [data-row]")).to_have_count(6)


def test_failed_traces_stand_first_and_say_what_happened(page: Page, serve: Serve) -> None:
    """Failed, slow, as usual, each with its number and words; the rest of a group comes on demand."""
    opened(page, serve, "/traces")
    groups = page.get_by_role("rowheader")
    expect(groups).to_have_text(
        ["Failed 15, newest first", "Slow 3, newest first", "As usual 102, newest first"]
    )
    first = page.locator("tbody [data-row]").first
    expect(first).to_contain_text("POST /orders 503 at payment")
    page.get_by_role("button", name="5 more failed").click()
    expect(page.locator("tbody").first.locator("[data-row]")).to_have_count(15)
    first.press("x")
    page.keyboard.press("j")
    page.locator("tbody [data-row]").nth(12).press("x")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("/compare/"))


def test_the_head_of_the_list_stays_in_sight(page: Page, serve: Serve) -> None:
    """Scrolled down, the columns still have their names."""
    opened(page, serve, "/traces")
    page.locator("main > .content").evaluate("one => { one.scrollTop = one.scrollHeight }")
    expect(page.get_by_role("columnheader", name="What happened")).to_be_in_viewport()


def test_a_brush_chooses_time_and_duration(page: Page, serve: Serve) -> None:
    """Dragging over dots puts both into the URL; a click on a dot opens its trace."""
    opened(page, serve, "/traces")
    box = page.get_by_role("img", name=re.compile("Duration of spans")).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.4)
    page.mouse.up()
    expect(page).to_have_url(re.compile("from=.*to=.*min_duration_seconds="))
    expect(page.get_by_role("heading", name=re.compile("[67] traces, [34] failed"))).to_be_visible()


def test_a_pasted_trace_id_opens_the_trace(page: Page, serve: Serve) -> None:
    """The search box takes a trace's id, and an attribute; of anything else it says what it takes."""
    opened(page, serve, "/traces")
    page.keyboard.press("/")
    page.keyboard.type("shop.channel=app")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove the condition: shop.channel=app")).to_be_visible()
    page.keyboard.type("payment")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Enter a 32-digit trace id")
    page.get_by_role("searchbox").fill(TRACE.upper())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="POST /orders · 503 at payment", level=1)).to_be_visible()
    expect(page.get_by_text("4f1c…9a02")).to_be_visible()


def test_the_waterfall_folds_the_mesh_and_unfolds_it_on_demand(page: Page, serve: Serve) -> None:
    """Hops stand behind what they carry; one click shows those of one call, another those of all."""
    opened(page, serve, f"/traces/{TRACE}")
    waterfall = page.get_by_label("Spans", exact=True)
    expect(waterfall.get_by_text("envoy-", exact=False)).to_have_count(0)
    waterfall.get_by_role("button", name="2 hops").last.click()
    expect(waterfall.get_by_text("mesh hop")).to_have_count(2)
    page.keyboard.press("h")
    expect(waterfall.get_by_text("mesh hop")).to_have_count(8)
    page.keyboard.press("h")
    expect(waterfall.get_by_text("mesh hop")).to_have_count(2)


def test_the_guilty_span_is_open_and_repeats_are_one_row(page: Page, serve: Serve) -> None:
    """The destination is named and red, its exception is below it, twelve queries are one row until `r`."""
    opened(page, serve, f"/traces/{CHARGE_TRACE}")
    expect(page.get_by_role("heading", name="POST /orders · timeout at payline", level=1)).to_be_visible()
    guilty = page.get_by_role("button", name="payline POST /v1/charges")
    expect(guilty).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".trace-row.guilty")).to_contain_text("began here")
    expect(page.get_by_text("httpx.ReadTimeout: no answer from api.payline.example")).to_be_visible()
    fold = page.get_by_role("button", name="postgresql/pricing 12 × SELECT prices")
    expect(fold).to_be_visible()
    expect(page.get_by_text("36 ms together")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="postgresql/pricing SELECT prices")).to_have_count(12)
    guilty.click()
    expect(guilty).to_have_attribute("aria-expanded", "false")


def test_a_trace_is_judged_by_the_objective_it_was_opened_from(page: Page, serve: Serve) -> None:
    """A bad event's link names its objective: the page says what that allows, its culprit is open."""
    opened(page, serve, "/objectives/checkout-orders-succeed")
    page.locator(".exemplar a").first.click()
    expect(page).to_have_url(re.compile("objective=checkout-orders-succeed"))
    expect(page.get_by_label("Key figures")).to_contain_text("671 ms, 250 ms allowed")
    guilty = page.locator(".trace-row.guilty.bad")
    expect(guilty).to_contain_text("began here")
    expect(guilty.locator(".trace-open")).to_have_attribute("aria-expanded", "true")
    assert violations(page) == []
    page.get_by_role("link", name="Violated checkout-orders-succeed").click()
    expect(page).to_have_url(re.compile("/objectives/checkout-orders-succeed$"))


def test_a_trace_is_shown_as_a_flame(page: Page, serve: Serve) -> None:
    """The switch stands in the address, and a click on a box opens its span below."""
    opened(page, serve, f"/traces/{CHARGE_TRACE}")
    page.get_by_role("button", name="As waterfall").click()
    expect(page).to_have_url(re.compile("view=flame"))
    page.get_by_label("Flame").get_by_role("button", name="payment POST /charges").click()
    expect(page.get_by_label("Span", exact=True)).to_contain_text("payment · POST /charges")
    assert violations(page) == []


def test_a_span_tells_all_about_itself(page: Page, serve: Serve) -> None:
    """Opened by keyboard it shows attributes, what it ran on and its log lines, and stands in the URL."""
    opened(page, serve, f"/traces/{TRACE}?lines=1")
    first = page.get_by_role("button", name="storefront POST /orders")
    first.focus()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("button", name="checkout POST /orders")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("span="))
    expect(page.get_by_text("service.instance.id")).to_be_visible()
    expect(page.get_by_text("ERROR POST /orders failed: upstream said 503")).to_be_visible()
    assert violations(page) == []


def test_ten_thousand_spans_scroll(page: Page, serve: Serve) -> None:
    """Of a trace with ten thousand spans only those in sight are drawn."""
    page.goto(serve("burning").url + f"/traces/{WIDE_TRACE}")
    # The fake server makes ten megabytes in plain Python, which takes its time on a busy machine.
    expect(page.get_by_label("Loading")).to_have_count(0, timeout=90_000)
    expect(page.get_by_role("button", name="postgresql 9,999 × SELECT items")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_text("10,000 spans: 10,000 shown")).to_be_attached()
    assert page.locator(".trace-open").count() < 100
    page.locator("main > .content").evaluate("one => { one.scrollTop = one.scrollHeight }")
    expect(page.locator('[data-index="9999"]')).to_be_visible()


def test_two_ticked_traces_are_compared(page: Page, serve: Serve) -> None:
    """Ticking two puts them side by side, with what is new and what fails."""
    opened(page, serve, "/traces")
    boxes = page.get_by_role("checkbox")
    boxes.nth(0).check()
    expect(page.get_by_text("Select another trace")).to_be_visible()
    boxes.nth(1).check()
    page.get_by_role("link", name="Compare the two").click()
    expect(page.get_by_role("cell", name="inventory GET /stock/{id}")).to_be_visible()
    expect(page.get_by_role("row", name="payment POST /charges fails")).to_be_visible()


def test_lines_that_were_not_read_are_not_none(page: Page, serve: Serve) -> None:
    """Where a trace's log lines cannot be read, the page does not say that there are none."""
    opened(page, serve, f"/traces/{TRACE}", "error")
    expect(page.get_by_role("button", name="Log lines unavailable")).to_be_visible()


@pytest.mark.parametrize(
    ("scenario", "path", "words"),
    [
        ("empty", "/traces", "No traces in this range"),
        ("burning", "/traces?service=nobody", "No trace matches all conditions"),
        ("error", "/traces", "Could not search the traces"),
    ],
)
def test_what_is_not_there_is_said(page: Page, serve: Serve, scenario: str, path: str, words: str) -> None:
    """Empty, narrowed to nothing and failed each have their sentence, readable in both themes."""
    opened(page, serve, path, scenario)
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    assert violations(page) == []


def test_what_happened_narrows_the_list_with_one_click(page: Page, serve: Serve) -> None:
    """A line of what happened lists only its traces; the address keeps it, and a second click shows all."""
    page.goto(serve("burning").url + "/traces")
    line = page.get_by_role("button", name="POST /orders slow at postgresql")
    line.click()
    expect(line).to_have_attribute("aria-pressed", "true")
    rows = page.get_by_role("table").get_by_role("link")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("slow at postgresql")
    page.reload()
    expect(line).to_have_attribute("aria-pressed", "true")
    line.click()
    expect(page.get_by_role("rowheader", name="Failed 15")).to_be_visible()
