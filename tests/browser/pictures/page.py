"""Pictures of the page in every kind of state, from the fake server: the same invented shop each time."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Page

from ..fake.server import FakeServer
from .camera import Camera, View

OBJECTIVE = "/objectives/checkout-latency"
TRACE = "/traces/4f1c0a3b5d6e7f8091a2b3c4d5e69a02?lines=1"
DURATION = "/metrics/http.server.request.duration?by=http.route"
PATTERNS = "/logs?view=patterns"
WIDE = 1920
HIGH = 1080


def what_they_share(page: Page) -> None:
    """Scroll to what the bad events have in common."""
    page.get_by_role("heading", name="in common").evaluate("one => one.scrollIntoView({ block: 'center' })")


def an_open_span(page: Page) -> None:
    """Open a span in the middle of the trace by keyboard."""
    page.get_by_role("button", name="storefront POST /orders").focus()
    for key in "jjjjjj":
        page.keyboard.press(key)
    page.keyboard.press("Enter")


SCENARIOS: Mapping[str, tuple[View, ...]] = {
    "burning": (
        View(name="objectives-light-1280", path="/objectives"),
        View(name="objectives-dark-1920", path="/objectives", theme="dark", width=WIDE, height=HIGH),
        View(name="objective-light-1920", path=OBJECTIVE, width=WIDE, height=HIGH),
        View(name="objective-dark-1280", path=OBJECTIVE, theme="dark"),
        View(name="explain-light-1280", path=OBJECTIVE, height=900, before=what_they_share),
        View(name="incident-light-1280", path="/incidents/318"),
        View(name="incident-dark-1920", path="/incidents/318", theme="dark", width=WIDE, height=HIGH),
        View(name="map-light-1280", path="/map", height=860),
        View(name="map-dark-1920", path="/map", theme="dark", width=WIDE, height=HIGH),
        View(name="services-light-1280", path="/services"),
        View(name="service-dark-1280", path="/services/payment", theme="dark"),
        View(name="traces-light-1280", path="/traces", height=900),
        View(name="trace-light-1280", path=TRACE, height=900, before=an_open_span),
        View(name="logs-light-1280", path="/logs"),
        View(name="log-patterns-dark-1280", path=PATTERNS, theme="dark", height=900),
        View(name="metrics-light-1280", path=DURATION, height=900),
    ),
    "many": (View(name="objectives-200-dark-1280", path="/objectives", theme="dark"),),
    "empty": (View(name="objectives-empty-light-1280", path="/objectives"),),
    "error": (View(name="objectives-error-light-1280", path="/objectives"),),
    "slow": (View(name="objectives-loading-dark-1280", path="/objectives", theme="dark", is_whole=False),),
}


def take(camera: Camera) -> None:
    """Take the pictures of every scenario."""
    for scenario, views in SCENARIOS.items():
        with FakeServer(scenario) as server:
            for view in views:
                camera.take(view, server.url)
                print(f"{view.name}.png", flush=True)
