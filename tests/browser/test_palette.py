"""The palette: what has a name is two keys and a few letters away; views can be pinned."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]


def opened(page: Page, server: FakeServer, path: str = "/objectives") -> FakeServer:
    """Open a page of a server and its palette."""
    page.goto(server.url + path)
    expect(page.get_by_role("button", name="Go to")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to")).to_be_focused()
    return server


def test_what_wants_attention_is_first(page: Page, serve: Serve) -> None:
    """Before anything is typed, open incidents and burning objectives stand above pages and actions."""
    opened(page, serve("burning"))
    groups = page.get_by_role("listbox", name="Found").get_by_role("group")
    expect(groups.first).to_have_accessible_name("Needs attention")
    expect(groups.first).to_contain_text("incident")
    expect(groups.last).to_have_accessible_name("Actions")


def test_a_service_is_a_few_letters_away(page: Page, serve: Serve) -> None:
    """Typing filters, the arrows move, Enter opens."""
    opened(page, serve("burning"))
    page.keyboard.type("checkout")
    expect(page.get_by_role("option", name=re.compile("^checkout.*service")).first).to_be_visible()
    first = page.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+a")
    page.keyboard.type("alerts")
    page.get_by_role("option", name=re.compile("^Alerts")).click()
    expect(page).to_have_url(re.compile("/alerts"))
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_trace_id_or_a_link_goes_straight_there(page: Page, serve: Serve) -> None:
    """An id or a link of this page that is pasted has one answer, and Enter opens it."""
    server = opened(page, serve("burning"))
    page.keyboard.insert_text(f"{server.url}/incidents?state=open")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/incidents\?state=open"))
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to")).to_be_focused()
    page.keyboard.insert_text("0af7651916cd43dd8448eb211c80319c")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option")).to_contain_text("trace")


def test_nothing_found_says_where_it_looked(page: Page, serve: Serve) -> None:
    """An answer of nothing names what was searched."""
    opened(page, serve("burning"))
    page.keyboard.type("zzzz")
    expect(page.get_by_text("Nothing found for “zzzz”. Looked in")).to_contain_text("objectives")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_view_is_pinned_by_name(page: Page, serve: Serve) -> None:
    """A pinned view keeps its filters, stands in the rail after a reload, and can be unpinned."""
    opened(page, serve("burning"), "/objectives?state=burning")
    page.keyboard.type("My burns")
    page.get_by_role("option", name="Pin this view as “My burns”").click()
    page.keyboard.press("Escape")
    page.reload()
    pinned = page.get_by_role("region", name="Pinned")
    expect(pinned.get_by_role("link", name="My burns")).to_have_attribute("href", re.compile("state=burning"))
    pinned.get_by_role("button", name="Unpin My burns").click()
    expect(pinned).to_have_count(0)


def test_a_view_is_saved_found_and_removed(page: Page, serve: Serve) -> None:
    """A saved view is found by its name after a reload, is not in the rail, and can be pinned and removed."""
    server = opened(page, serve("burning"), "/logs?q=timeout&from=now-2h")
    page.keyboard.type("Slow provider")
    page.get_by_role("option", name="Save this view as “Slow provider”").click()
    expect(page.get_by_text("View saved")).to_be_visible()
    opened(page, server, "/objectives")
    expect(page.get_by_role("region", name="Pinned")).to_have_count(0)
    page.keyboard.type("slow prov")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/logs\?q=timeout&from=now-2h"))
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="Pin “Slow provider”").click()
    expect(page.get_by_role("region", name="Pinned")).to_have_count(1)
    page.get_by_role("option", name="Remove the view “Slow provider”").click()
    expect(page.get_by_role("region", name="Pinned")).to_have_count(0)


def test_who_is_signed_in_has_views_on_the_server(page: Page, serve: Serve) -> None:
    """Views of somebody who signed in are theirs in every browser, and a refusal is said in words."""
    server = serve("token")
    page.goto(server.url + "/incidents")
    page.get_by_label("Token").fill("hf_let_me_in")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Go to")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to")).to_be_focused()
    page.keyboard.type("Open ones")
    page.get_by_role("option", name="Pin this view as “Open ones”").click()
    expect(page.get_by_text("View pinned")).to_be_visible()
    assert server.world.views["Open ones"]["address"] == "/incidents"
    page.evaluate("localStorage.clear()")
    page.reload()
    pinned = page.get_by_role("region", name="Pinned")
    expect(pinned.get_by_role("link", name="Open ones")).to_be_visible()
    pinned.get_by_role("button", name="Unpin Open ones").click()
    expect(pinned).to_have_count(0)
    assert server.world.views["Open ones"]["is_pinned"] is False
    server.world.failing = True
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="Remove the view “Open ones”").click()
    expect(page.get_by_role("dialog").get_by_text("did not answer")).to_be_visible()


def test_the_page_hears_of_news_and_asks_for_nothing_else(page: Page, serve: Serve) -> None:
    """With the stream of news a page that rests reads nothing; what is recorded is read at once."""
    server = serve("burning")
    server.world.streams_news = True
    asked: list[str] = []
    page.goto(server.url + "/incidents")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    page.wait_for_timeout(2_000)
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(6_000)
    assert asked == []
    server.world.recorded += 1
    with page.expect_response("**/api/v1/incidents?*"):
        pass
