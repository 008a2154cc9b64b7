"""Names of any characters in the page's addresses: opened, reloaded, and asked for as they are."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.runtime.test_addresses import ODD

from holdfast.runtime.addresses import name_in, segment, whole_segments

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]
NAMES = [name for name in ODD if "\n" not in name]


def test_a_page_is_opened_by_any_name(page: Page, serve: Serve) -> None:
    """Loaded from its address, the page asks for that name and shows it: here, that there is none."""
    url = serve("healthy").url
    for name in NAMES:
        with page.expect_request(lambda request, name=name: _asked(request.url) == f"services {name}"):
            page.goto(f"{url}/services/{segment(name)}")
        expect(page.get_by_role("main")).to_contain_text(name.strip())


# The server's part of a load is the same for all three; what the page reads in its address is not.
@pytest.mark.parametrize("kind", ["services", "metrics", "objectives"])
def test_the_page_asks_for_exactly_the_name_in_its_address(page: Page, serve: Serve, kind: str) -> None:
    """At an address, a page asks the server for that name and shows it."""
    page.goto(f"{serve('healthy').url}/{kind}")
    for name in NAMES:
        with page.expect_request(lambda request, name=name: _asked(request.url) == f"{kind} {name}"):
            page.evaluate("address => history.pushState(null, '', address)", f"/{kind}/{segment(name)}")
        expect(page.get_by_role("main")).to_contain_text(name.strip())


def _asked(url: str) -> str:
    """The kind and the name that a request asks the API for."""
    *_, kind, name = ("", "", *whole_segments(urlsplit(url).path).split("/")[3:5])
    return f"{kind} {name_in(name)}"


def test_a_change_of_the_range_keeps_the_name(page: Page, serve: Serve) -> None:
    """What is chosen on the page is written behind the name, which stays as it is."""
    url = serve("healthy").url
    for name in ("50%", "%2F", "team/cart", "店/カート"):
        page.goto(f"{url}/services/{segment(name)}?from=now-6h")
        expect(page.get_by_role("main")).to_contain_text(name)
        page.reload()
        assert page.url == f"{url}/services/{segment(name)}?from=now-6h"
