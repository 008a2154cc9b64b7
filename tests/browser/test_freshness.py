"""Until when a view is complete: the line under the bar, and where charts end."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from .fake.server import FakeServer

Serve = Callable[[str], FakeServer]


def test_a_late_view_says_how_late_and_charts_end_where_the_data_does(page: Page, serve: Serve) -> None:
    """Over 30 s behind the line under the bar is amber, and what is not complete is hatched, not drawn."""
    server = serve("late")
    page.goto(server.url + "/services/checkout")
    expect(page.get_by_role("status").filter(has_text="3 min behind now")).to_be_visible()
    expect(page.locator(".freshness.late")).to_be_visible()
    expect(page.get_by_title("Not complete yet")).to_have_count(3)


def test_a_view_in_time_says_until_when_it_is_complete(page: Page, serve: Serve) -> None:
    """Up to 30 s behind the line is calm."""
    page.goto(serve("burning").url + "/services/checkout")
    expect(page.get_by_role("status").filter(has_text="12 s behind now")).to_be_visible()
    expect(page.locator(".freshness.late")).to_have_count(0)
