"""No link of any page leads to an error: each is followed, once for each kind of address."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page, Response, expect

from .fake.server import FakeServer
from .test_addresses import EVERY_PAGE

Serve = Callable[[str], FakeServer]
LINKS = "all => all.map(one => one.getAttribute('href')).filter(href => href.startsWith('/'))"
GO = """href => {
    history.pushState(null, '', href);
    dispatchEvent(new PopStateEvent('popstate'));
}"""
UNKNOWN = "No page at"
LINKS_MOST = 200
EXPECTED_FEWEST = 40


def kind_of(href: str) -> tuple[str, tuple[str, ...]]:
    """What two links have in common that show the same page of another thing: ids and times are omitted."""
    address = urlsplit(href)
    path = re.sub(r"/[0-9a-f]{16,}|/\d+", "/#", address.path)
    asked = [name for name, _ in parse_qsl(address.query) if name not in ("from", "to", "span", "line")]
    return path, tuple(sorted(asked))


def test_no_link_leads_to_an_error(page: Page, serve: Serve) -> None:
    """From every page every kind of link is followed: no error, no unknown address, no refused request."""
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(_words(answer)) if _is_refusal(answer) else None)
    page.goto(serve("burning").url)
    waiting, seen = deque(EVERY_PAGE), {kind_of(href) for href in EVERY_PAGE}
    followed = 0
    while waiting:
        href = waiting.popleft()
        page.evaluate(GO, href)
        expect(page.get_by_label("Loading")).to_have_count(0)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.get_by_role("alert").all_inner_texts() == [], href
        assert UNKNOWN not in page.locator("main").inner_text(), href
        assert refused == [], href
        followed += 1
        assert followed <= LINKS_MOST, "links multiply: an address keeps something of each page it passed"
        for found in page.locator("a[href]").evaluate_all(LINKS):
            if kind_of(found) not in seen:
                seen.add(kind_of(found))
                waiting.append(found)
    assert followed >= EXPECTED_FEWEST


def _is_refusal(answer: Response) -> bool:
    # What is not there (any more) is said in words, as of a service that stopped: no error.
    return answer.status >= 400 and answer.status != 404


def _words(answer: Response) -> str:
    return f"{answer.status} {answer.url}"
