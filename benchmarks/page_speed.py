"""How fast the page is: first load, script, from an act to the next paint, and frames while dragging.

    python -m benchmarks.page_speed [--loads 5] [--only load|acts|frames]

Headless Chromium, drawing in software, against the fake server of the browser tests as a platform of 500
objectives and 300 services. A load is that of a browser that knows nothing yet, until the first rows are
painted. On every page rows are clicked, pickers opened, filters typed into, columns sorted and groups folded;
how long each act takes until the next paint is what the browser itself reports (Event Timing, in steps of
8 ms; acts of less than 16 ms are not reported, and count as 16). The acts are the same in each run.
"""

import argparse
import gzip
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.chromium import VIEWPORT, window
from benchmarks.report import figure, heading, json_line, verdict
from playwright.sync_api import BrowserContext, Error, Locator, Page, Request
from tests.browser.fake.server import FakeServer

LOAD_SECONDS, SCRIPT_KILOBYTES, PAINT_MILLISECONDS, FRAME_MILLISECONDS = 1.0, 500, 200, 50
UNREPORTED_MILLISECONDS = 16.0
ROUNDS = 3
PAGES = {
    "objectives": "/objectives",
    "objective": "/objectives/checkout-latency",
    "map": "/map",
    "map as a table": "/map?view=table",
    "services": "/services",
    "service": "/services/checkout",
    "traces": "/traces",
    "trace": "/traces/4f1c0a3b5d6e7f8091a2b3c4d5e69a02",
    "logs": "/logs",
    "metrics": "/metrics",
    "metric": "/metrics/http.server.request.duration",
    "incidents": "/incidents",
    "incident": "/incidents/318",
    "alerts": "/alerts",
    "changes": "/changes",
    "catalog": "/catalog",
}
_ROWS_PAINTED = """
const looking = () => document.querySelector('a[data-row]')
    ? requestAnimationFrame(() => setTimeout(() => { window.rowsAt = performance.now(); }))
    : requestAnimationFrame(looking);
requestAnimationFrame(looking);
"""
_ACTS_TIMED = """
window.acts = {};
new PerformanceObserver(list => {
    for (const one of list.getEntries())
        if (one.interactionId)
            if (one.duration > (window.acts[one.interactionId]?.[0] ?? 0))
                window.acts[one.interactionId] =
                    [one.duration, `${one.name} ${one.target?.textContent?.trim()}`];
}).observe({ type: 'event', durationThreshold: 16, buffered: true });
"""
_FRAMES = """
() => {
    const seen = window.framesSeen = [];
    let last = null;
    const next = now => {
        if (last !== null) seen.push(now - last);
        last = now;
        window.framing = requestAnimationFrame(next);
    };
    window.framing = requestAnimationFrame(next);
}
"""
_ROWS = "[data-row] a, a[data-row], [data-row] button"
_FRAMES_SEEN = "() => { cancelAnimationFrame(window.framing); return window.framesSeen; }"

Figures = list[dict[str, Any]]


def main() -> None:
    """Load, act and drag; print every figure beside its bound."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--only", choices=("load", "acts", "frames"))
    options = parser.parse_args()
    heading("The page: 500 objectives, 300 services, software rendering")
    parts: dict[str, Callable[[BrowserContext, str], Figures]] = {
        "load": lambda browser, url: _load(browser, url, options.loads),
        "acts": _acts,
        "frames": _frames,
    }
    figures: Figures = []
    with FakeServer("platform") as server, window() as browser:
        for name, part in parts.items():
            if options.only in (None, name):
                figures += part(browser, server.url)
    json_line("page_speed", figures)


def _load(browser: BrowserContext, url: str, loads: int) -> Figures:
    """Load the first page in windows that know nothing."""
    assert browser.browser is not None
    times, kilobytes = [], 0.0
    for _ in range(loads):
        fresh = browser.browser.new_context(viewport=VIEWPORT)
        tab, asked = fresh.new_page(), list[Request]()
        tab.on("requestfinished", lambda one, kept=asked: kept.append(one))
        tab.add_init_script(_ROWS_PAINTED)
        tab.goto(url + "/objectives")
        tab.locator("a[data-row]").first.wait_for()
        tab.wait_for_timeout(500)
        times.append(float(tab.evaluate("window.rowsAt")) / 1000)
        kilobytes = sum(map(_script_bytes, asked)) / 1000
        fresh.close()
    return [
        verdict("first load to painted rows, median", round(statistics.median(times), 3), "s", LOAD_SECONDS),
        verdict("first load to painted rows, worst", round(max(times), 3), "s", LOAD_SECONDS),
        verdict("script of the first page, compressed", round(kilobytes), "kB", SCRIPT_KILOBYTES),
    ]


def _script_bytes(request: Request) -> int:
    response = request.response() if request.resource_type == "script" else None
    return len(gzip.compress(response.body())) if response else 0


def _acts(browser: BrowserContext, url: str) -> Figures:
    """Do on every page what it allows, and ask the browser how long each act took."""
    figures: Figures = []
    every: list[float] = []
    for name, path in PAGES.items():
        with _opened(browser, url + path) as tab:
            done = sum(act(tab) for _ in range(ROUNDS) for act in ACTS)
            tab.wait_for_timeout(300)
            acts = tab.evaluate("Object.values(window.acts)")
        seen = [float(one) for one, _ in acts]
        worst = max(acts, default=[0, ""])[1][:60]
        times = sorted(seen + [UNREPORTED_MILLISECONDS] * max(0, done - len(seen)))
        every += times
        what = f"{name}: act to next paint"
        figures.append(verdict(f"{what}, p98 of {len(times)}", _p(times, 98), "ms", PAINT_MILLISECONDS))
        figures.append(verdict(f"{what}, worst", times[-1], "ms", PAINT_MILLISECONDS) | {"of": worst})
        if times[-1] > PAINT_MILLISECONDS:
            figure("", "", f"which was {worst}")
    whole = verdict(f"every page, p98 of {len(every)}", _p(sorted(every), 98), "ms", PAINT_MILLISECONDS)
    return [*figures, whole]


def _p(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


@contextmanager
def _opened(browser: BrowserContext, address: str) -> Iterator[Page]:
    tab = browser.new_page()
    tab.set_default_timeout(30_000)
    tab.add_init_script(_ACTS_TIMED)
    tab.goto(address)
    tab.get_by_role("heading", level=1).first.wait_for()
    tab.wait_for_timeout(1_000)
    yield tab
    tab.close()


def _click(place: Locator) -> int:
    """Click if it is there and in sight; return how many acts that was."""
    if place.count() == 0 or not place.first.is_visible():
        return 0
    try:
        place.first.click(timeout=3_000)
    except Error:  # something lies over it, as a tip may
        return 0
    return 1


def _filter(tab: Page) -> int:
    field = tab.get_by_role("searchbox")
    if field.count() == 0:
        return 0
    done = _click(field)
    for key in ("s", "e", "r", "Backspace", "Backspace", "Backspace"):
        tab.keyboard.press(key)
        tab.wait_for_timeout(60)
    return done + 6


def _sort(tab: Page) -> int:
    heads = tab.locator("th button.sort")
    done = 0
    for number in range(min(3, heads.count())):
        done += _click(heads.nth(number))
        tab.wait_for_timeout(60)
    return done


def _pick(tab: Page) -> int:
    """Open the choices of the bar one after the other, and close them again."""
    done = 0
    choices = tab.locator("button[aria-haspopup]")
    for number in range(min(4, choices.count())):
        opened = _click(choices.nth(number))
        if opened:
            tab.wait_for_timeout(60)
            tab.keyboard.press("Escape")
            tab.wait_for_timeout(60)
        done += 2 * opened
    return done


def _group(tab: Page) -> int:
    """Fold a group and unfold it, and turn what can be pressed on and off."""
    done = 0
    for place in (tab.locator("tr.group button"), tab.locator("main [aria-pressed]:not(.map *)")):
        for _ in range(2):
            done += _click(place)
            tab.wait_for_timeout(60)
    return done


def _row(tab: Page) -> int:
    """Click a row and come back; what it opens is measured as well."""
    before = tab.url
    row = tab.locator(
        "[data-row] a, a[data-row], [data-row] button, .map-node, .map-edge, .log-open, .trace-open"
    )
    if not (done := _click(row)):
        return 0
    tab.wait_for_timeout(150)
    if tab.url.partition("?")[0] != before.partition("?")[0]:
        tab.go_back()
        tab.wait_for_timeout(300)
    elif tab.url != before:
        tab.keyboard.press("Escape")
        done += 1
    return done


ACTS: tuple[Callable[[Page], int], ...] = (_filter, _sort, _pick, _group, _row)


def _frames(browser: BrowserContext, url: str) -> Figures:
    """Drag the map about, and brush a chart."""
    with _opened(browser, url + "/map") as tab:
        tab.locator(".map-plane").wait_for()
        moved = _dragged(tab, tab.locator(".map").first)
    with _opened(browser, url + "/objectives/checkout-latency?from=now-6h") as tab:
        chart = tab.get_by_role("img", name=re.compile("^Total and bad")).first
        chart.scroll_into_view_if_needed()
        brushed = _dragged(tab, chart)
    return [
        verdict("frames while dragging the map, p95", _p(moved, 95), "ms", FRAME_MILLISECONDS),
        verdict("frames while brushing a chart, p95", _p(brushed, 95), "ms", FRAME_MILLISECONDS),
    ]


def _dragged(tab: Page, place: Locator) -> list[float]:
    """Drag slowly through a place; return the times between two frames, the shortest first."""
    box = place.bounding_box()
    assert box is not None
    steps = 90
    tab.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.15)
    tab.evaluate(_FRAMES)
    tab.mouse.down()
    for step in range(steps):
        share = 0.2 + 0.6 * step / steps
        tab.mouse.move(
            box["x"] + box["width"] * share, box["y"] + box["height"] * (0.15 + 0.3 * step / steps)
        )
    tab.mouse.up()
    return sorted(round(float(one), 1) for one in tab.evaluate(_FRAMES_SEEN))


if __name__ == "__main__":
    main()
