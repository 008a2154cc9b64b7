"""The map: its words and places, what is chosen on it, the same as list and table, filtered by address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .fake.server import FakeServer
from .test_accessibility import violations
from .test_page import a_little_later

Serve = Callable[[str], FakeServer]
EDGE = "/map?edge=service%2Fpayment%3Eexternal%2Fpay.example"
WIDE = {"width": 1440, "height": 900}


def _node(page: Page, name: str) -> Locator:
    """The box of a node; its name is said after its state."""
    return page.locator(".map-node").filter(has=page.locator(".map-name", has_text=re.compile(f": {name}$")))


def _drawn(page: Page, url: str) -> None:
    page.goto(url)
    expect(_node(page, "payment").or_(_node(page, "part-07"))).to_be_visible()


def _places(page: Page) -> dict[str, str]:
    """Where every node stands."""
    return page.evaluate(_PLACES)


_PLACES = """() => Object.fromEntries([...document.querySelectorAll('.map-node')].map((one) =>
  [one.querySelector('.map-name').textContent.split(': ').at(-1), one.style.left + ' ' + one.style.top]))"""
_MEASURED = """() => {
  const box = (one) => { const r = one.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const all = (what) => [...document.querySelectorAll(what)];
  const scale = Number(/[\\d.]+/.exec(document.querySelector('.map-plane').style.transform)[0]);
  const size = (one) => parseFloat(getComputedStyle(one).fontSize) * scale;
  const isText = (one) => one.nodeType === 3 && one.textContent.trim() !== '';
  const words = (root) => [...root.querySelectorAll('*')].filter((one) =>
    !one.closest('.hidden-words') && [...one.childNodes].some(isText));
  const isWide = (one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline';
  const isTall = (one) => one.scrollHeight > one.clientHeight + 1;
  const said = (one) => one.innerText;
  return {
    nodes: all('.map-node').map(box),
    labels: all('.map-label > div').map(box),
    node_sizes: all('.map-node').flatMap(words).map(size).concat(all('.map-outside').map(size)),
    label_sizes: all('.map-label').flatMap(words).map(size),
    cut: all('.map-node, .map-node > *, .map-name, .map-label').filter(isWide).map(said),
    tall: all('.map-node').filter(isTall).map(said),
  };
}"""


_FITS = """() => {
  const frame = document.querySelector('.map-frame');
  return frame.scrollWidth <= frame.clientWidth + 1;
}"""


def _touch(one: list[float], other: list[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _assert_readable(page: Page) -> dict[str, Any]:
    """No label over a node or a label, no small or cut word."""
    expect(page.locator(".map-plane")).to_be_visible()
    found: dict[str, Any] = page.evaluate(_MEASURED)
    labels = found["labels"]
    for number, label in enumerate(labels):
        assert not [node for node in found["nodes"] if _touch(label, node)]
        assert not [other for other in labels[number + 1 :] if _touch(label, other)]
    assert min(found["node_sizes"]) >= 11
    assert min(found["label_sizes"]) >= 12
    assert (found["cut"], found["tall"]) == ([], [])
    return found


@pytest.mark.parametrize("scenario", ["burning", "many"])
def test_words_are_readable_and_nothing_covers_them(page: Page, serve: Serve, scenario: str) -> None:
    """At 1440 no label touches a node or a label, text has 11 px (12 on edges), and nothing is cut."""
    page.set_viewport_size(WIDE)
    _drawn(page, serve(scenario).url + "/map")
    page.wait_for_function(_FITS)  # the side beside it comes later, and the map is laid out once more
    found = _assert_readable(page)
    assert len(found["nodes"]) == (14 if scenario == "burning" else 60)


def test_a_chosen_edge_and_one_that_is_looked_at_have_words_too(page: Page, serve: Serve) -> None:
    """A calm edge says its rate and p99 while it has the focus; it covers nothing either."""
    page.set_viewport_size(WIDE)
    _drawn(page, serve("burning").url + "/map")
    expect(page.locator(".map-label")).to_have_count(2)
    page.get_by_role("button", name="gateway → search", exact=False).focus()
    expect(page.locator(".map-label")).to_have_count(3)
    expect(page.locator(".map-label", has_text="88/s")).to_be_visible()
    _assert_readable(page)


def test_the_map_draws_services_stores_and_what_fails(page: Page, serve: Serve) -> None:
    """Every node is there with its zones, and an edge that fails says so in words, apart for the mesh."""
    _drawn(page, serve("burning").url + "/map")
    assert len(_places(page)) == 14
    expect(_node(page, "postgresql/orders")).to_contain_text("database")
    expect(page.get_by_role("button", name="543/s from outside")).to_be_visible()
    expect(page.locator(".map-label", has_text="by mesh")).to_have_text(re.compile("3.1%.*6% retried"))
    expect(page.locator(".map-label", has_text="11.2%")).to_contain_text("failed")
    expect(_node(page, "catalog")).to_contain_text("1.9.4 90% · 2.0.0 10%")


def test_a_silent_zone_is_said_with_since_when(page: Page, serve: Serve) -> None:
    """On the node its letter is struck out, in the strip, the list and the panel it has its time."""
    _drawn(page, serve("burning").url + "/map")
    expect(_node(page, "inventory")).to_contain_text("zone-c silent")
    expect(_node(page, "inventory").locator("s")).to_have_text("c")
    words = re.compile(r"zone-c silent since \d\d:\d\d")
    expect(page.get_by_label("Key figures")).to_contain_text(words)
    expect(page.get_by_role("region", name="Needs attention")).to_contain_text(words)
    _node(page, "inventory").click()
    expect(page.get_by_role("region", name="inventory")).to_contain_text(words)


@pytest.mark.parametrize(
    "path", ["/services", "/services/inventory", "/incidents/318", "/objectives/cart-latency"]
)
def test_a_silent_zone_is_said_wherever_it_matters(page: Page, serve: Serve, path: str) -> None:
    """Services, the service, an open incident and an objective name the zone with since when."""
    page.goto(serve("burning").url + path)
    expect(page.get_by_text(re.compile(r"zone-c silent since \d\d:\d\d")).first).to_be_visible()


@pytest.mark.parametrize(
    "path", ["/services/search", "/objectives/search-latency", "/map?node=service%2Fsearch"]
)
def test_an_instance_that_stopped_is_a_quiet_fact(page: Page, serve: Serve, path: str) -> None:
    """The service, its objectives and the map's panel say it, and no sign alarms."""
    page.goto(serve("burning").url + path)
    fact = page.get_by_text(
        re.compile(r"1 of 6 instances stopped at \d\d:\d\d, traffic went to the others")
    ).last
    expect(fact).to_be_visible()
    assert fact.evaluate("one => one.closest('.tone-warn, .tone-bad') === null")


@pytest.mark.parametrize("path", ["/incidents/318", "/objectives/cart-latency"])
def test_what_stopped_elsewhere_is_not_named(page: Page, serve: Serve, path: str) -> None:
    """An incident and an objective that have nothing to do with the service do not name its instances."""
    page.goto(serve("burning").url + path)
    expect(page.get_by_text(re.compile(r"zone-c silent since")).first).to_be_visible()
    expect(page.get_by_text("instances stopped")).to_have_count(0)


def test_a_chosen_edge_is_compared_with_usual(page: Page, serve: Serve) -> None:
    """The panel is in the address: now against usual, by zone, one sentence, next steps."""
    page.set_viewport_size(WIDE)
    page.goto(serve("burning").url + EDGE)
    side = page.get_by_role("region", name="payment → pay.example")
    expect(side).to_contain_text("pay.example fails 11.1% of payment’s calls; nobody else calls it.")
    expect(side.get_by_role("row", name=re.compile("^Failed"))).to_contain_text("208")
    expect(side).to_contain_text("Usual at this hour: the same hour of the last 4 weeks.")
    expect(side.get_by_label("By caller’s zone")).to_contain_text("zone-c")
    expect(side.get_by_role("link", name="Traces that failed")).to_have_attribute(
        "href", re.compile(r"^/traces\?service=payment&status=error&from=now-5m")
    )
    expect(page.locator(".map-plane")).to_be_visible()
    _assert_readable(page)


def test_esc_closes_and_the_map_stays(page: Page, serve: Serve) -> None:
    """Choosing and closing changes neither scale nor places, and the focus goes back to the edge."""
    page.set_viewport_size(WIDE)
    _drawn(page, serve("burning").url + "/map")
    scale = page.locator(".map-plane").get_attribute("style")
    page.get_by_role("region", name="Needs attention").get_by_role(
        "button", name="payment → pay.example"
    ).click()
    expect(page).to_have_url(re.compile("edge=service"))
    assert page.locator(".map-plane").get_attribute("style") == scale
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Needs attention")).to_be_visible()
    expect(page).not_to_have_url(re.compile("edge="))
    assert page.locator(".map-plane").get_attribute("style") == scale
    expect(page.locator(".map-edge").first).to_be_focused()


def test_what_the_address_names_is_in_view(page: Page, serve: Serve) -> None:
    """On a map larger than its frame a link to a node shows it, and not only the worst edge."""
    page.set_viewport_size(WIDE)
    page.goto(serve("many").url + "/map?node=service%2Frecommendation")
    expect(page.locator('.map-node[aria-pressed="true"]')).to_be_in_viewport()


def test_tab_walks_along_the_edges_from_the_worst(page: Page, serve: Serve) -> None:
    """The first edge is the one that fails most; Enter chooses it, `f` fits, `v` turns to the table."""
    _drawn(page, serve("burning").url + "/map")
    page.locator(".map-edge").first.focus()
    focused = page.locator(".map-edge:focus")
    expect(focused).to_have_attribute("aria-label", re.compile("payment → pay.example"))
    page.keyboard.press("Tab")
    expect(focused).to_have_attribute("aria-label", re.compile("checkout → payment"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="checkout → payment")).to_be_visible()
    page.get_by_role("button", name="Closer").click()
    larger = page.locator(".map-plane").get_attribute("style")
    page.keyboard.press("f")
    expect(page.locator(".map-plane")).not_to_have_attribute("style", larger or "")
    page.keyboard.press("v")
    expect(page.get_by_role("row")).to_have_count(18)
    page.keyboard.press("v")
    expect(_node(page, "payment")).to_be_visible()


def test_arrows_go_from_node_to_node(page: Page, serve: Serve) -> None:
    """They begin at the worst edge, follow edges to the next layer, and Enter opens what they reach."""
    page.set_viewport_size(WIDE)
    _drawn(page, serve("burning").url + "/map")
    focused = page.locator("[data-node]:focus")
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("data-node", "service/payment")
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("data-node", "external/pay.example")
    page.keyboard.press("ArrowLeft")
    expect(focused).to_have_attribute("data-node", "service/payment")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="payment", exact=True)).to_be_visible()
    page.locator(".map-edge").first.focus()
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("data-node", "external/pay.example")


def test_places_are_the_same_after_a_reload_and_with_a_new_node(page: Page, serve: Serve) -> None:
    """A service that is new takes a free slot; nothing else moves, now and after a reload."""
    server = serve("burning")
    _drawn(page, server.url + "/map")
    before = _places(page)
    server.world.newcomers = True
    page.reload()
    expect(_node(page, "wishlist")).to_be_visible()
    after = _places(page)
    assert {name: after[name] for name in before} == before
    page.reload()
    expect(_node(page, "wishlist")).to_be_visible()
    assert _places(page) == after


def test_places_need_no_storage(page: Page, serve: Serve) -> None:
    """A browser that keeps nothing, or something that cannot be read, draws the map all the same."""
    server = serve("burning")
    page.add_init_script("localStorage.setItem('holdfast-map-slots', '{[')")
    _drawn(page, server.url + "/map")
    before = _places(page)
    page.add_init_script(
        "Storage.prototype.getItem = Storage.prototype.setItem = () => { throw new DOMException('no'); }"
    )
    _drawn(page, server.url + "/map")
    assert _places(page) == before


def test_a_narrow_screen_has_a_list(page: Page, serve: Serve) -> None:
    """Below 1,100 px the edges are a list, the worst first, and one of them opens the same panel."""
    page.set_viewport_size({"width": 1099, "height": 900})
    page.goto(serve("burning").url + "/map")
    rows = page.get_by_role("region", name="Calls, the worst first").get_by_role("button", name="→")
    expect(rows.first).to_contain_text("payment → pay.example")
    expect(page.locator(".map-node")).to_have_count(0)
    rows.first.click()
    expect(page.get_by_role("region", name="payment → pay.example")).to_contain_text("Usual")


def test_a_node_leads_to_its_service_in_the_same_range(page: Page, serve: Serve) -> None:
    """A node's panel has its service page, over the time the map shows."""
    _drawn(page, serve("burning").url + "/map?from=now-6h")
    _node(page, "payment").click()
    page.get_by_role("link", name="payment page").click()
    expect(page.get_by_role("heading", name="payment", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/services/payment\?from=now-6h"))


def test_nothing_moves_when_data_comes_or_filters_change(page: Page, serve: Serve) -> None:
    """Nodes keep their places through a refresh, and so do those that a filter leaves."""
    page.clock.install()
    _drawn(page, serve("burning").url + "/map")
    before = _places(page)
    with page.expect_response(re.compile(r"/api/v1/map")):
        a_little_later(page)
    assert _places(page) == before
    page.get_by_role("button", name="Version all").click()
    page.get_by_role("menuitemradio", name="v2.31").click()
    expect(_node(page, "cart")).to_have_count(0)
    after = _places(page)
    assert after == {node: before[node] for node in after}


def test_filters_live_in_the_url(page: Page, serve: Serve) -> None:
    """Zone, version and neighbourhood are in the address, go into the request, and come back with it."""
    server = serve("burning")
    _drawn(page, server.url + "/map")
    with page.expect_request(re.compile(r"/map\?.*zone=zone-b")):
        page.get_by_role("button", name="Zone all").click()
        page.get_by_role("menuitemradio", name="zone-b").click()
    expect(page).to_have_url(re.compile("zone=zone-b"))
    page.get_by_role("button", name="Around all").click()
    page.get_by_role("menuitemradio", name="payment").click()
    expect(page).to_have_url(re.compile("around=payment"))
    page.reload()
    expect(page.get_by_text("Only the callers and callees of payment")).to_be_visible()
    expect(_node(page, "gateway")).to_have_count(0)
    page.get_by_role("button", name="Show all calls").click()
    expect(_node(page, "gateway")).to_be_visible()


def test_the_table_says_the_same(page: Page, serve: Serve) -> None:
    """As a table the map is rows that sort by what fails, walked by keys, by address."""
    page.goto(serve("burning").url + "/map?view=table")
    rows = page.get_by_role("row")
    expect(rows).to_have_count(18)
    expect(rows.nth(1)).to_contain_text("many fail")
    expect(rows.nth(2)).to_contain_text("some fail")
    page.keyboard.press("j")
    expect(page.locator("[data-row]").first).to_be_focused()
    page.get_by_role("button", name="View table").click()
    page.get_by_role("menuitemradio", name="drawing").click()
    expect(page.get_by_role("button", name="Rearrange")).to_be_visible()


def test_an_empty_map_says_what_would_be_here(page: Page, serve: Serve) -> None:
    """Without calls the page names the one setting that brings them."""
    page.goto(serve("empty").url + "/map")
    expect(page.get_by_role("heading", name="No calls in this range")).to_be_visible()
    expect(page.get_by_text("OTEL_EXPORTER_OTLP_ENDPOINT")).to_be_visible()


def test_drawing_table_and_empty_keep_wcag_aa(page: Page, serve: Serve) -> None:
    """The drawn map, what is chosen, its table and the empty page hold in both themes."""
    server = serve("burning")
    _drawn(page, server.url + "/map")
    assert violations(page) == []
    page.goto(server.url + EDGE)
    expect(page.get_by_text("Usual at this hour: the same hour of the last 4 weeks.")).to_be_visible()
    assert violations(page) == []
    page.goto(server.url + "/map?view=table")
    expect(page.get_by_role("row")).to_have_count(18)
    assert violations(page) == []
    page.goto(serve("empty").url + "/map")
    expect(page.get_by_role("heading", name="No calls in this range")).to_be_visible()
    assert violations(page) == []


def test_the_first_load_brings_no_drawing(page: Page, serve: Serve) -> None:
    """What draws the map is fetched when it is first looked at, not before."""
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    server = serve("burning")
    page.goto(server.url + "/objectives")
    expect(page.get_by_role("heading", name="Objectives", level=1)).to_be_visible()
    assert not [url for url in fetched if re.search("Canvas|MapPage", url)]
    _drawn(page, server.url + "/map")
    assert [url for url in fetched if "Canvas" in url]


def test_figures_say_over_which_time_they_are(page: Page, serve: Serve) -> None:
    """Beside a chart of an hour, on the map's side and on a provider's page, figures name their own time."""
    server = serve("burning")
    page.goto(server.url + "/parties/pay.example?from=now-6h")
    expect(page.get_by_text("Calls failed, last 6 h")).to_be_visible()
    calls = page.get_by_role("region", name=re.compile("^Calls"))
    expect(calls.first).to_contain_text(re.compile(r"/s last 6 h"))
