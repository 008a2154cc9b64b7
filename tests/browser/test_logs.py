"""The logs journey in a real browser: what is new, which lines, of what most, and to the trace and back."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from .fake import shapes_logs
from .fake.server import FakeServer
from .test_accessibility import violations

Serve = Callable[[str], FakeServer]
TRACE = "/traces/4f1c0a3b5d6e7f8091a2b3c4d5e69a02"
CHARGE = "POST /charges failed: upstream said 503"


def rows(page: Page) -> Locator:
    """The lines that are shown."""
    return page.get_by_role("table", name="Log lines").locator(".log-open")


def test_from_what_is_new_to_the_call_that_failed(page: Page, serve: Serve) -> None:
    """The strip says a pattern is new, the pattern leads to its lines, a line to its trace."""
    page.goto(serve("burning").url + "/logs")
    strip = page.get_by_role("region", name="Key figures")
    expect(strip).to_contain_text("provider did not answer charge")
    page.get_by_role("button", name=re.compile("^Patterns")).click()
    first = page.get_by_role("row").nth(1)
    expect(first).to_contain_text("new")
    first.get_by_role("button", name=re.compile("^provider did not answer")).click()
    expect(rows(page).first).to_contain_text("provider did not answer charge")
    expect(page).to_have_url(re.compile(r"q=provider\+did\+not\+answer"))
    page.get_by_role("link", name=re.compile("^Trace ")).first.click()
    expect(page.get_by_role("heading", name="POST /orders", level=1)).to_be_visible()
    page.get_by_role("link", name=re.compile("lines in Logs")).click()
    expect(page.get_by_role("group", name="Conditions")).to_contain_text("trace is ")
    page.go_back()
    page.go_back()
    expect(rows(page).first).to_contain_text("provider did not answer charge")


def test_the_lines_of_a_trace_stand_in_logs(page: Page, serve: Serve) -> None:
    """A trace leads to all of its lines, at the time it ran, and to no others."""
    page.goto(serve("burning").url + TRACE)
    page.get_by_role("link", name="All 8 lines in Logs").click()
    expect(page).to_have_url(re.compile(r"/logs\?from=20\S+to=20\S+where=trace%3D4f1c"))
    expect(page.get_by_text("All 8 lines shown.")).to_be_visible()
    expect(rows(page).last).to_contain_text("POST /orders failed")


def test_a_line_of_a_trace_stands_among_the_others(page: Page, serve: Serve) -> None:
    """A line leads to what was written around it, in sight and in focus; another time forgets it."""
    page.goto(serve("burning").url + TRACE + "?lines=1")
    page.get_by_role("link", name=CHARGE).first.click()
    expect(page).to_have_url(re.compile(r"/logs\?from=20\S+to=20\S+line=\d{19}-"))
    sought = page.locator('[aria-current="true"]')
    expect(sought).to_contain_text("POST /charges failed: upstream said 503")
    expect(sought).to_be_in_viewport()
    expect(sought.get_by_role("button")).to_be_focused()
    assert rows(page).count() > 1
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("^Time")).click()
    page.get_by_role("button", name="Last 6 h").click()
    expect(rows(page).first).to_be_visible()
    page.go_back()
    expect(sought).to_be_in_viewport()


def test_a_line_left_out_by_the_search_can_be_gone_to(page: Page, serve: Serve) -> None:
    """Where the line somebody came for does not match, the list says so and leads to it."""
    page.goto(serve("burning").url + TRACE + "?lines=1")
    page.get_by_role("link", name=CHARGE).first.click()
    expect(page.locator('[aria-current="true"]')).to_be_in_viewport()
    page.goto(page.url + "&where=severity%3Dwarn")
    expect(page.get_by_text("The linked line is not in this list")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Go to it").click()
    expect(page.locator('[aria-current="true"]')).to_be_in_viewport()
    expect(page.locator('[aria-current="true"]')).to_contain_text("POST /charges failed")


def test_a_value_narrows_and_leaves_out(page: Page, serve: Serve) -> None:
    """A facet's value goes to the address as a condition, its sign leaves it out, and both are taken back."""
    page.goto(serve("burning").url + "/logs")
    facet = page.get_by_role("region", name="severity")
    facet.get_by_role("button", name=re.compile("^error")).click()
    expect(page).to_have_url(re.compile("where=severity%3Derror"))
    expect(page.get_by_role("group", name="Conditions")).to_contain_text("severity is error")
    expect(page.get_by_role("cell", name="info", exact=True)).to_have_count(0)
    facet.get_by_role("button", name="Exclude severity error").click()
    expect(page.get_by_role("group", name="Conditions")).to_contain_text("severity is not error")
    expect(page.get_by_role("cell", name="error", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Remove: severity is not error").click()
    expect(page.get_by_role("group", name="Conditions")).to_have_count(0)


def test_words_are_searched_as_they_are_typed(page: Page, serve: Serve) -> None:
    """`/` goes to the field, what is typed narrows lines and counts, and nothing found says how to search."""
    page.goto(serve("burning").url + "/logs")
    expect(rows(page).first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("low")
    expect(rows(page).first).to_contain_text("is low")
    page.get_by_role("searchbox").fill("nonesuch")
    expect(page.get_by_text("Search terms match whole words")).to_be_visible()
    page.get_by_role("button", name="Clear the search").click()
    expect(rows(page).first).to_be_visible()


def test_a_line_opens_and_narrows(page: Page, serve: Serve) -> None:
    """By keyboard: j to a line, Enter opens it, and each of its values can be asked for."""
    page.goto(serve("burning").url + "/logs")
    expect(rows(page).first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows(page).nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows(page).nth(1)).to_have_attribute("aria-expanded", "true")
    detail = page.locator(".log-detail")
    expect(detail).to_contain_text("k8s.pod.name")
    assert violations(page) == []
    detail.get_by_role("button", name=re.compile("^Only thread")).click()
    expect(page.get_by_role("group", name="Conditions")).to_contain_text("thread is worker-")


def test_all_lines_are_reached_and_few_are_drawn(page: Page, serve: Serve) -> None:
    """Scrolling reads on, page by page, while the document holds a screenful."""
    page.goto(serve("burning").url + "/logs")
    expect(rows(page).first).to_be_visible()
    for _ in range(40):
        page.locator("main > .content").evaluate("main => main.scrollTo(0, main.scrollHeight)")
        if page.get_by_text(re.compile("^All .* lines shown")).count():
            break
        page.wait_for_timeout(100)
    expect(page.get_by_text("All 1,208 lines shown.")).to_be_visible()
    assert rows(page).count() < 80


def test_a_brushed_chart_is_the_time_asked_for(page: Page, serve: Serve) -> None:
    """Drawing over the chart puts its interval into the address and asks for its lines."""
    page.goto(serve("burning").url + "/logs")
    box = page.get_by_role("img", name=re.compile("^Lines:")).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 420, box["y"] + 60, steps=5)
    with page.expect_request(re.compile(r"/api/v1/logs\?from=20\d\d")):
        page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=20\d\d-\d\d-\d\dT.*to=20\d\d"))


def test_the_bars_are_told_by_severity(page: Page, serve: Serve) -> None:
    """Words and numbers tell bars apart: in the chart's name, the legend and, at the pointer, of one bar."""
    page.goto(serve("burning").url + "/logs")
    chart = page.get_by_role("img", name=re.compile(r"^Lines: error: [\d,]+ in all, .*; warn: .*; info: .*"))
    expect(chart).to_be_visible()
    legend = page.get_by_role("group", name="Lines by severity")
    expect(legend.get_by_role("button", name=re.compile(r"^warn \d+"))).to_be_visible()
    chart.hover()
    expect(page.locator(".chart-tip")).to_contain_text(
        re.compile(r"\d\d – .*\nerror  \d+\nwarn  \d+\ninfo  \d+")
    )
    legend.get_by_role("button", name=re.compile("^warn")).press("Enter")
    expect(page).to_have_url(re.compile("where=severity%3Dwarn"))
    expect(legend.get_by_role("button", name=re.compile("^warn"))).to_have_attribute("aria-pressed", "true")


def test_live_lines_never_take_the_readers_place(page: Page, serve: Serve) -> None:
    """At the top new lines appear; further down they wait, counted, and the list stays where it is."""
    server = serve("burning")
    page.goto(server.url + "/logs")
    expect(rows(page).first).to_be_visible()
    page.get_by_role("button", name="Live off").click()
    expect(page.get_by_text("Live: new lines appear")).to_contain_text(
        re.compile(r"last line is \d+ \w+ old")
    )
    server.world.written.append(shapes_logs.fresh(server.world, 1) | {"body": "first of them"})
    expect(rows(page).first).to_have_text("first of them")
    content = page.locator("main > .content")
    content.evaluate("main => main.scrollTo(0, 700)")
    shown = page.locator(".log-item").nth(20)
    expect(shown).to_be_visible()
    place = shown.bounding_box()
    server.world.written.append(shapes_logs.fresh(server.world, 2) | {"body": "second of them"})
    waiting = page.get_by_role("button", name="1 new line ↑")
    expect(waiting).to_be_visible()
    assert shown.bounding_box() == place
    waiting.click()
    expect(rows(page).first).to_have_text("second of them")


def test_the_facets_stay_beside_the_lines(page: Page, serve: Serve) -> None:
    """However far down one reads, what narrows the lines is in sight; on a narrow screen lines are, too."""
    page.goto(serve("burning").url + "/logs")
    expect(rows(page).first).to_be_visible()
    page.locator("main > .content").evaluate("main => main.scrollTo(0, 900)")
    expect(page.get_by_role("region", name="service", exact=True)).to_be_in_viewport()
    page.locator("main > .content").evaluate("main => main.scrollTo(0, 0)")
    page.set_viewport_size({"width": 900, "height": 800})
    expect(rows(page).first).to_be_in_viewport()
    assert violations(page) == []


def test_an_empty_server_says_how_lines_come_here(page: Page, serve: Serve) -> None:
    """Without any line the page names the one setting that brings them."""
    page.goto(serve("empty").url + "/logs")
    expect(page.get_by_text("No log lines in this range")).to_be_visible()
    expect(page.get_by_text("OTEL_EXPORTER_OTLP_ENDPOINT")).to_be_visible()


def test_an_error_says_what_was_tried(page: Page, serve: Serve) -> None:
    """When nothing can be read, the page says so once for each part, with the reason."""
    page.goto(serve("error").url + "/logs")
    expect(page.get_by_role("alert").first).to_contain_text("The warehouse did not answer within 10 s")
