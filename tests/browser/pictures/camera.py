"""One headless Chromium that opens an address, waits until everything is drawn, and takes its picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from ..conftest import CHROMIUM, LAUNCH

Theme = Literal["light", "dark"]
PATIENCE_MILLISECONDS = 60_000
PHONE_BELOW = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a picture shows: an address, its size in pixels, and what is done before it is taken.

    `is_whole` says that nothing may be loading any more; the picture of loading itself is none.
    """

    name: str
    path: str
    theme: Theme = "light"
    width: int = 1280
    height: int = 800
    before: Callable[[Page], None] | None = None
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Camera:
    """Takes pictures into a folder."""

    browser: Browser
    folder: Path

    def take(self, view: View, server: str) -> None:
        """Open a view at a server, wait until it is drawn, and write `NAME.png`."""
        context = self.browser.new_context(
            viewport={"width": view.width, "height": view.height},
            color_scheme=view.theme,
            reduced_motion="reduce",
            has_touch=view.width < PHONE_BELOW,
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.goto(server + view.path)
        self._settle(page, is_whole=view.is_whole)
        if view.before is not None:
            view.before(page)
            self._settle(page, is_whole=view.is_whole)
        page.screenshot(path=self.folder / f"{view.name}.png")
        context.close()

    def _settle(self, page: Page, *, is_whole: bool) -> None:
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        if is_whole:
            expect(page.get_by_label("Loading")).to_have_count(0, timeout=PATIENCE_MILLISECONDS)
            page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")


@contextmanager
def camera(folder: Path) -> Iterator[Camera]:
    """Open a browser that takes pictures into `folder`, until the block ends."""
    assert CHROMIUM is not None, "no chromium on this machine: `apt-get install chromium` brings it"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCH)
        yield Camera(browser, folder)
        browser.close()
