"""The catalog: what is kept as code, whose it is and how it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]


def test_objectives_have_states_owners_and_definitions_worst_first(page: Page, serve: Serve) -> None:
    """What burns is on top; each leads to its definition, and no path of the server is in the title."""
    page.goto(serve("burning").url + "/catalog")
    expect(
        page.get_by_role("banner").or_(page.locator("main")).get_by_text("shop/reliability")
    ).to_have_count(0)
    first = page.get_by_role("region", name="Objectives").get_by_role("row").nth(1)
    expect(first).to_contain_text("burning, exhausted")
    expect(first).to_contain_text("payments")
    first.get_by_role("link", name="Definition of Orders succeed").click()
    expect(page).to_have_url(re.compile("/objectives/checkout-orders-succeed#definition$"))
