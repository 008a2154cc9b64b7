"""What an open page asks of the server while nothing comes in: requests and bytes a minute, by page.

    python -m benchmarks.page_rest [--settle 180] [--seconds 60]

A real server with a catalog and no telemetry; headless Chromium opens each page in a tab of its own, and
after a time to settle its network events are counted: requests begun, and bytes of heads and bodies
received, those of the stream of news too.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.chromium import window as opened_window
from benchmarks.intake import write_catalog
from benchmarks.report import figure, heading
from benchmarks.server import running
from playwright.sync_api import BrowserContext, Page

PAGES = ("objectives", "services", "map", "incidents", "alerts")
REQUESTS_MOST, KILOBYTES_MOST = 3, 40


@dataclass
class Traffic:
    """What one tab asked for and received."""

    requests: int = 0
    received_bytes: int = 0

    def begin(self, _event: dict[str, Any]) -> None:
        """Count a request."""
        self.requests += 1

    def head(self, event: dict[str, Any]) -> None:
        """Count the head of an answer."""
        self.received_bytes += int(event["response"]["encodedDataLength"])

    def data(self, event: dict[str, Any]) -> None:
        """Count a piece of a body."""
        self.received_bytes += int(event["encodedDataLength"] or event["dataLength"])


def main() -> None:
    """Open every page, let it settle, count; print a figure for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--settle", type=float, default=180.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    heading(f"An open page at rest, over {options.seconds:.0f} s")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        directory = Path(name)
        with (
            running(directory / "data", catalog=write_catalog(directory / "catalog")) as server,
            opened_window() as window,
        ):
            tabs = {page: window.new_page() for page in PAGES}
            counted = {page: _watched(window, tab) for page, tab in tabs.items()}
            for page, tab in tabs.items():
                tab.goto(f"http://127.0.0.1:{server.page_port}/{page}")
            first = tabs[PAGES[0]]
            first.wait_for_timeout(1000 * options.settle)
            for traffic in counted.values():
                traffic.requests = traffic.received_bytes = 0
            first.wait_for_timeout(1000 * options.seconds)
            for page, traffic in counted.items():
                _report(page, traffic, options.seconds / 60)


def _report(page: str, traffic: Traffic, minutes: float) -> None:
    wanted = f"wanted: under {REQUESTS_MOST} and {KILOBYTES_MOST} kB"
    kilobytes = traffic.received_bytes / 1000 / minutes
    figure(page, f"{traffic.requests / minutes:.0f} requests, {kilobytes:.0f} kB a minute", wanted)


def _watched(window: BrowserContext, tab: Page) -> Traffic:
    traffic, session = Traffic(), window.new_cdp_session(tab)
    session.on("Network.requestWillBeSent", traffic.begin)
    session.on("Network.responseReceived", traffic.head)
    session.on("Network.dataReceived", traffic.data)
    session.send("Network.enable")
    return traffic


if __name__ == "__main__":
    main()
