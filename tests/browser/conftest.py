"""The browser, the built page and the fake servers that the page's tests share."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from .fake.server import PAGE, FakeServer

WEB = Path(__file__).resolve().parents[2] / "web"
CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
LAUNCH = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# All tabs of a window's origin in one process: starting one costs more than most tests.
ONE_PROCESS = ["--process-per-site"]
BUILD_SECONDS = 300
# Patience for a busy machine: nothing here waits that long when all is well.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def built_page() -> Path:
    """Return the folder of the built page, built first where it is missing or older than its sources."""
    with _one_builder():
        if not _is_built():
            if shutil.which("npm") is None:
                pytest.skip("the page is not built, and npm is missing: `make setup` brings both")
            if not (WEB / "node_modules").is_dir():
                _npm("ci")
            _npm("run", "build")
    return PAGE


@contextmanager
def _one_builder() -> Iterator[None]:
    """Let one test process build while the others wait."""
    name = hashlib.sha256(str(WEB).encode()).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"holdfast-page-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_built() -> bool:
    index = PAGE / "index.html"
    if not index.is_file():
        return False
    sources = [path for folder in ("src", "public") for path in (WEB / folder).rglob("*") if path.is_file()]
    return max(path.stat().st_mtime for path in sources) <= index.stat().st_mtime


def _npm(*arguments: str) -> None:
    subprocess.run(["npm", *arguments], cwd=WEB, check=True, timeout=BUILD_SECONDS, capture_output=True)


# One per file, not per session: while it is open, an event loop runs in this thread, and tests of other
# packages that run one of their own would fail.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return one headless Chromium for all tests of a worker."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: `apt-get install chromium` brings it")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=[*LAUNCH, *ONE_PROCESS])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def window(browser: Browser, built_page: Path) -> Iterator[BrowserContext]:
    """Return a window whose process stays: one tab is always open, showing nothing but an image."""
    assert built_page.is_dir()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    with FakeServer("empty") as server:
        context.new_page().goto(server.url + "/icon.svg")
    yield context
    context.close()


@pytest.fixture
def serve(built_page: Path) -> Iterator[Callable[[str], FakeServer]]:
    """Return a function that starts the fake server of a scenario; all are stopped after the test."""
    assert built_page.is_dir()
    with ExitStack() as stack:
        yield lambda scenario: stack.enter_context(FakeServer(scenario))


@pytest.fixture
def page(window: BrowserContext) -> Iterator[Page]:
    """Return a fresh tab, 1280 wide and light, that fails the test if the console saw an error.

    What a test's page keeps is under the address of the test's own server; cookies are not, and are cleared.
    """
    window.clear_cookies()
    tab = window.new_page()
    tab.set_default_timeout(20_000)
    errors: list[str] = []
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    tab.close()
    unexpected = [error for error in errors if "Failed to load resource" not in error]
    assert unexpected == []
