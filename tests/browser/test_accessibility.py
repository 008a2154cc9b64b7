"""WCAG AA by axe on every page and state, in both themes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .fake.server import FakeServer
from .test_addresses import EVERY_PAGE

Serve = Callable[[str], FakeServer]
LEVELS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # What passes is megabytes to fetch from the page, and nobody reads it.
    "resultTypes": ["violations"],
}
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
STATES = {
    "empty": "/objectives",
    "error": "/objectives",
    "slow": "/objectives",
    "token": "/objectives",
    "viewer": "/incidents/318",
}


def violations(page: Page) -> list[str]:
    """Return what axe finds in either theme, one line for each element."""
    return [line for theme in THEMES for line in violations_in(page, theme)]


def violations_in(page: Page, theme: Literal["light", "dark"]) -> list[str]:
    """Return what axe finds in one theme; the page follows it at once, as it does at dusk."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    expect(page.locator(f'html[data-mantine-color-scheme="{theme}"]')).to_be_attached()
    found = Axe().run(page, options=LEVELS).response["violations"]
    return [
        f"{theme}: {rule['id']}: {node['html'][:160]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_keeps_wcag_aa(page: Page, serve: Serve, path: str) -> None:
    """Contrast, names, roles and structure hold on each page in both themes."""
    page.goto(serve("burning").url + path)
    expect(page.get_by_role("heading", name=EVERY_PAGE[path], level=1)).to_be_visible()
    expect(page.get_by_label("Loading")).to_have_count(0)
    assert violations(page) == []


@pytest.mark.parametrize("scenario", STATES)
def test_every_state_keeps_wcag_aa(page: Page, serve: Serve, scenario: str) -> None:
    """So do empty, failed, loading, signed-out and read-only views."""
    page.goto(serve(scenario).url + STATES[scenario])
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_function(
        "document.querySelector('main').innerText.length > 0 || document.querySelector('[aria-busy]')"
    )
    assert violations(page) == []


def test_dialogs_and_menus_keep_wcag_aa(page: Page, serve: Serve) -> None:
    """What floats above the page is named and readable too."""
    page.goto(serve("burning").url + "/incidents/318")
    page.get_by_role("button", name="Resolve…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert violations(page) == []
