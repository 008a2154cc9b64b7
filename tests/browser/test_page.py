"""The page in a real browser: what people see, type and click, over the fake server."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.rounds import Rounds

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]
FIRST_LOAD_MILLISECONDS = 1_000
LIVE_MILLISECONDS = 5_000


def names(page: Page) -> list[str]:
    """Return the objectives as listed, from the top."""
    return page.locator("[data-row]").all_inner_texts()


def a_little_later(page: Page) -> None:
    """Move the clock of the page, installed before, past its next reading of what it shows."""
    page.clock.fast_forward(LIVE_MILLISECONDS)


def test_objectives_load_worst_first(page: Page, serve: Serve) -> None:
    """The first page lists every objective, the exhausted one on top, with counts beside the ratio."""
    page.goto(serve("burning").url)
    expect(page.get_by_role("heading", name="Objectives", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Orders succeed")).to_be_visible()
    assert names(page)[:2] == ["Orders succeed", "Orders within 800 ms"]
    row = page.get_by_role("row").filter(has_text="Orders within 800 ms")
    expect(row).to_contain_text("burning")
    expect(row.get_by_title("1,204 left of 10,950 bad orders allowed in 28 days")).to_be_visible()


def test_an_alert_appears_without_reload(page: Page, serve: Serve) -> None:
    """When an objective starts to burn, its row, the rail and the title say so on the open page."""
    server = serve("healthy")
    page.clock.install()
    page.goto(server.url + "/objectives")
    row = page.get_by_role("row").filter(has_text="Cart answers")
    expect(row).to_contain_text("ok")
    page.evaluate("window.sameDocument = true")
    server.world.burn("cart-answers")
    a_little_later(page)
    expect(row).to_contain_text("burning")
    expect(page.get_by_role("link", name="Incidents 1 open")).to_be_visible()
    expect(page).to_have_title("(1) Objectives · Holdfast")
    assert page.evaluate("window.sameDocument") is True


def test_rows_keep_their_places_while_only_numbers_change(page: Page, serve: Serve) -> None:
    """A poll that changes no state moves no row."""
    server = serve("healthy")
    page.clock.install()
    page.goto(server.url + "/objectives")
    expect(page.get_by_role("link", name="Cart answers")).to_be_visible()
    before = names(page)
    server.world.promises.reverse()
    with page.expect_response(re.compile(r"/api/v1/objectives\?")):
        a_little_later(page)
    page.wait_for_function("document.querySelectorAll('[data-row]').length > 0")
    assert names(page) == before


def test_an_incident_is_acknowledged(page: Page, serve: Serve) -> None:
    """Acknowledge takes the incident at once, under a key of its own, and says who has it."""
    server = serve("burning")
    page.goto(server.url + "/incidents/318")
    expect(page.get_by_text("nobody yet")).to_be_visible()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("list").get_by_text("Acknowledged by dev")).to_be_visible()
    expect(page.get_by_text("nobody yet")).to_have_count(0)
    refused = page.get_by_role("button", name="Acknowledge")
    expect(refused).to_be_disabled()
    expect(refused).to_have_accessible_description("dev has acknowledged it.")
    assert len(server.world.posted_keys) == 1
    assert len(server.world.posted_keys[0]) == 32


def test_a_suspect_leads_on(page: Page, serve: Serve) -> None:
    """A service has its page of the time of the incident, a provider the calls to it, both their traces."""
    page.goto(serve("burning").url + "/incidents/318")
    suspects = page.get_by_role("region", name="Suspects").get_by_role("listitem")
    service = suspects.filter(has_text="payment").get_by_role("link", name="Service")
    expect(service).to_have_attribute(
        "href", re.compile(r"/services/payment\?environment=default&from=2\d{3}-")
    )
    provider = suspects.filter(has_text="payline")
    its_calls = provider.get_by_role("link", name="Its calls")
    expect(its_calls).to_have_attribute("href", re.compile(r"/parties/payline\?from=2\d{3}-"))
    traces = provider.get_by_role("link", name="Traces")
    expect(traces).to_have_attribute("href", re.compile(r"/traces\?objective=checkout-latency&from="))


def test_resolving_asks_once_and_says_what_will_happen(page: Page, serve: Serve) -> None:
    """Resolve opens one question with its consequence; only the answer changes anything."""
    server = serve("burning")
    page.goto(server.url + "/incidents/318")
    page.get_by_role("button", name="Resolve…").click()
    dialog = page.get_by_role("dialog", name="Resolve incident 318?")
    expect(dialog).to_contain_text("is resolved for everybody")
    assert server.world.incidents[318]["state"] == "open"
    dialog.get_by_role("textbox").fill("v2.31 rolled back")
    dialog.get_by_role("button", name="Resolve").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("Resolved by dev: v2.31 rolled back")).to_be_visible()


def test_a_note_is_written_into_the_timeline(page: Page, serve: Serve) -> None:
    """What is typed below the timeline stands on its top after Enter."""
    page.goto(serve("burning").url + "/incidents/318")
    field = page.get_by_role("textbox", name="Add a note")
    field.fill("Provider confirms an outage")
    field.press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="Provider confirms an outage")).to_be_visible()
    expect(field).to_have_value("")


def test_what_a_role_may_not_do_is_disabled_with_its_reason(page: Page, serve: Serve) -> None:
    """A viewer sees the actions, cannot use them, and is told which role it takes."""
    page.goto(serve("viewer").url + "/incidents/318")
    button = page.get_by_role("button", name="Acknowledge")
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(
        "Your role is viewer; you need the responder role to acknowledge incidents."
    )
    button.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("you need the responder role")


def test_the_keyboard_alone_is_enough(page: Page, serve: Serve) -> None:
    """`/` filters, arrows and j/k walk, Enter opens, `g` and a letter goes to a room, `?` tells the keys."""
    page.goto(serve("burning").url + "/objectives")
    expect(page.get_by_role("link", name="Orders succeed")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Orders succeed")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Orders within 800 ms")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("cart")
    expect(page.get_by_role("link", name="Orders succeed")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name=re.compile("^Cart")).first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Cart"), level=1)).to_be_visible()
    for key, room in (
        ("i", "Incidents"),
        ("m", "Map"),
        ("s", "Services"),
        ("l", "Logs"),
        ("c", "Changes"),
        ("k", "Catalog"),
        ("o", "Objectives"),
    ):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.get_by_role("heading", name=room, level=1)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_filters_and_sort_live_in_the_url(page: Page, serve: Serve) -> None:
    """Typing filters at once, a head sorts, and the address alone brings the same view back."""
    server = serve("burning")
    page.goto(server.url + "/objectives")
    page.get_by_role("searchbox").fill("cart")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="Group worst first").click()
    page.get_by_role("menuitemradio", name="none").click()
    page.get_by_role("button", name="Objective", exact=True).click()
    expect(page.get_by_role("columnheader", name="Objective")).to_have_attribute("aria-sort", "ascending")
    listed = names(page)
    assert listed == sorted(listed, key=str.casefold)
    page.get_by_role("button", name="Objective", exact=True).click()
    expect(page.get_by_role("columnheader", name="Objective")).to_have_attribute("aria-sort", "descending")
    page.reload()
    expect(page.locator("[data-row]").first).to_have_text(listed[-1])


def test_the_state_filter_shows_only_that_state(page: Page, serve: Serve) -> None:
    """A number of the strip is a link to the objectives it counts, those with only a ticket too."""
    page.goto(serve("burning").url + "/objectives")
    figures = page.get_by_label("Key figures")
    expect(figures).to_contain_text("2 page, 1 only ticket")
    page.get_by_role("link", name="Burning now 3").click()
    expect(page.locator("[data-row]")).to_have_count(3)
    expect(page.get_by_role("button", name="State burning", exact=True)).to_be_visible()


def test_a_burn_that_calls_nobody_is_amber(page: Page, serve: Serve) -> None:
    """Only a ticket fires: a triangle, the word ticket, and no red in the row."""
    page.goto(serve("burning").url + "/objectives?state=burning_slowly")
    row = page.get_by_role("row").filter(has_text="Shopper journey")
    expect(row.locator(".chip-warn")).to_have_text("burning · ticket")
    expect(row.locator(".tone-bad")).to_have_count(0)


def test_a_brushed_chart_puts_its_range_into_the_url(page: Page, serve: Serve) -> None:
    """Drawing over a chart chooses that interval for the page, by address."""
    page.goto(serve("burning").url + "/objectives/checkout-latency")
    chart = page.get_by_role("img", name=re.compile("^Burn rate"))
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 120, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 90, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=20\d\d-\d\d-\d\dT.*&to=20\d\d"))


def test_a_picked_range_is_what_the_server_is_asked(page: Page, serve: Serve) -> None:
    """The range picker's choice goes to the address and into the requests."""
    page.goto(serve("burning").url + "/services/payment")
    page.get_by_role("button", name="Time").click()
    with page.expect_request(re.compile(r"/services/payment/series\?.*from=now-6h")):
        page.get_by_role("button", name="Last 6 h").click()
    expect(page).to_have_url(re.compile("from=now-6h"))


def test_the_theme_follows_the_system_and_a_choice_is_remembered(page: Page, serve: Serve) -> None:
    """Auto is what the system prefers; a chosen theme survives a reload."""
    page.emulate_media(color_scheme="dark")
    page.goto(serve("healthy").url + "/objectives")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(15, 18, 22)"
    page.get_by_role("button", name="Theme: auto").click()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    page.wait_for_function(f"{ground} === 'rgb(246, 247, 249)'")
    page.reload()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert page.evaluate(ground) == "rgb(246, 247, 249)"


def test_stale_data_stays_and_says_since_when_and_why(page: Page, serve: Serve) -> None:
    """When reads fail, the last numbers remain under a banner, which goes when reads succeed again."""
    server = serve("burning")
    page.clock.install()
    page.goto(server.url + "/objectives")
    expect(page.get_by_role("link", name="Orders succeed")).to_be_visible()
    server.world.failing = True
    a_little_later(page)
    banner = page.get_by_role("status").filter(has_text="Stale since")
    expect(banner).to_contain_text("The warehouse did not answer within 10 s")
    expect(page.get_by_role("link", name="Orders succeed")).to_be_visible()
    server.world.failing = False
    a_little_later(page)
    expect(banner).to_have_count(0)


def test_an_error_says_what_was_tried_and_what_to_do(page: Page, serve: Serve) -> None:
    """Without any data, the page names the attempt, the server's reason and the next step."""
    page.goto(serve("error").url + "/objectives")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Could not list the objectives")
    expect(alert).to_contain_text("holdfast doctor")


def test_an_unknown_name_is_answered_with_the_name(page: Page, serve: Serve) -> None:
    """A wrong address tells which objective was sought."""
    page.goto(serve("burning").url + "/objectives/nonesuch")
    expect(page.get_by_role("alert")).to_contain_text("nonesuch")


def test_an_empty_server_says_what_would_be_here(page: Page, serve: Serve) -> None:
    """Without objectives the page shows the one command that brings them."""
    page.goto(serve("empty").url + "/objectives")
    expect(page.get_by_text("holdfast catalog apply DIRECTORY")).to_be_visible()


def test_loading_shows_the_pages_own_shape(page: Page, serve: Serve) -> None:
    """While the server is slow, the strip and rows stand there empty, without a spinner."""
    page.goto(serve("slow").url + "/objectives")
    expect(page.get_by_label("Loading").first).to_be_visible()
    expect(page.get_by_role("heading", name="Objectives", level=1)).to_be_visible()


def test_a_token_lets_one_in_and_a_wrong_one_does_not(page: Page, serve: Serve) -> None:
    """A server that asks for a token shows only the question, and the page asked for once it is answered."""
    page.goto(serve("token").url + "/incidents/318")
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("No such token")
    page.get_by_label("Token").fill("hf_let_me_in")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name=re.compile("^318"), level=1)).to_be_visible()


def test_a_session_that_ends_leads_to_the_sign_in(page: Page, serve: Serve) -> None:
    """A 401 on any read brings the question back."""
    server = serve("token")
    server.world.signed_in = True
    page.clock.install()
    page.goto(server.url + "/objectives")
    expect(page.get_by_role("link", name="Orders succeed")).to_be_visible()
    server.world.signed_in = False
    a_little_later(page)
    expect(page.get_by_label("Token")).to_be_visible()


def test_a_change_is_recorded(page: Page, serve: Serve) -> None:
    """The form writes one change, which then stands on top."""
    page.goto(serve("burning").url + "/changes")
    page.get_by_role("button", name="Record a change…").click()
    dialog = page.get_by_role("dialog", name="Record a change")
    dialog.get_by_label("Service (empty: all)").fill("cart")
    dialog.get_by_label("Summary").fill("Cache doubled")
    dialog.get_by_role("button", name="Record").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Cache doubled")


def test_ten_thousand_objectives_render_only_what_is_seen(page: Page, serve: Serve) -> None:
    """All can be found and reached, while the document holds a screenful of rows."""
    page.goto(serve("huge").url + "/objectives?group=none")
    expect(page.get_by_role("table", name="10,000 rows of objectives")).to_be_visible(timeout=30_000)
    assert page.locator("[data-row]").count() < 80
    page.get_by_role("searchbox").fill("service-2000")
    expect(page.locator("[data-row]")).to_have_count(4)
    page.get_by_role("searchbox").fill("")
    page.locator("main > .content").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    expect(page.get_by_role("row").last).to_have_attribute("aria-rowindex", "10001")


def test_the_script_is_small(built_page: Path) -> None:
    """All script stays under 500 kB compressed."""
    scripts = list(built_page.rglob("*.js"))
    compressed = sum(len(gzip.compress(path.read_bytes())) for path in scripts)
    assert compressed < 500_000


# In the page itself, in the frame after the one that has the first link of a table in it.
_TELLS_WHEN_ROWS_COME = """
const looking = () => document.querySelector('a[data-row]')
    ? requestAnimationFrame(() => { window.rowsAt = performance.now(); })
    : requestAnimationFrame(looking);
requestAnimationFrame(looking);
"""


@pytest.mark.prove
def test_the_first_load_is_quick(page: Page, serve: Serve, rounds: Rounds) -> None:
    """On a machine at rest the first rows of 200 objectives are painted within a second."""
    page.add_init_script(_TELLS_WHEN_ROWS_COME)

    def load(_seed: int) -> None:
        page.goto(serve("many").url + "/objectives")
        expect(page.get_by_role("link", name="Orders succeed")).to_be_visible()
        first, rows = page.evaluate(
            "new Promise(told => setTimeout(() => told("
            "[performance.getEntriesByName('first-contentful-paint')[0].startTime, window.rowsAt]), 100))"
        )
        rounds.say(f"first paint after {first:.0f} ms, rows after {rows:.0f} ms")
        assert rows < FIRST_LOAD_MILLISECONDS

    rounds("first-load", 1, load)


def test_nothing_is_fetched_from_elsewhere(page: Page, serve: Serve) -> None:
    """Fonts and scripts are bundled: the page asks no other machine for anything."""
    server = serve("burning")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url + "/objectives")
    expect(page.get_by_role("link", name="Orders succeed")).to_be_visible()
    assert [url for url in asked if not url.startswith(server.url)] == []
