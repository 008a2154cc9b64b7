"""Sheets of every page and state: the drawing beside the page, in both schemes and at four widths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.lints.source import ROOT

from ..fake.server import FakeServer
from .camera import Camera, Theme, View

SHEETS = ROOT / "docs/page"
DRAWINGS = SHEETS / "drawings"
SIZES: Mapping[int, int] = {1440: 900, 1920: 1080, 900: 1100, 390: 844}
"""The height of a picture for each width of the window, in pixels; the first is the drawings' own."""

THEMES: tuple[Theme, ...] = ("light", "dark")
QUALITY = 62
SHEET_WIDTH = 2000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page in one state: a path in a scenario of the fake server, and the name of its drawing if any."""

    name: str
    path: str
    scenario: str = "burning"
    drawing: str | None = None
    is_whole: bool = True


TRACE = "/traces/4f1c0a3b5d6e7f8091a2b3c4d5e69a02"

PAGES = (
    Sheet("objectives", "/objectives", drawing="objectives"),
    Sheet("objective", "/objectives/checkout-latency", drawing="objective"),
    Sheet("incidents", "/incidents"),
    Sheet("incident", "/incidents/318", drawing="incident"),
    Sheet("alerts", "/alerts", drawing="alerts"),
    Sheet("map", "/map", drawing="map"),
    Sheet("services", "/services", drawing="services"),
    Sheet("service", "/services/payment", drawing="service"),
    Sheet("provider", "/parties/pay.example?kind=external", drawing="provider"),
    Sheet("traces", "/traces", drawing="traces"),
    Sheet("trace", TRACE, drawing="trace"),
    Sheet("compare", f"{TRACE}/compare/20a96e5d4c3b2a1908f7e6d5b3a0c1f4"),
    Sheet("logs", "/logs"),
    Sheet("patterns", "/logs?view=patterns&where=severity%3Derror"),
    Sheet("metrics", "/metrics"),
    Sheet("metric", "/metrics/http.server.request.duration?by=http.route"),
    Sheet("changes", "/changes"),
    Sheet("catalog", "/catalog"),
)

STATES = (
    *(Sheet(f"objectives-{state}", "/objectives", state) for state in ("healthy", "empty", "error", "late")),
    Sheet("objectives-loading", "/objectives", "slow", is_whole=False),
    Sheet("objectives-many", "/objectives", "many"),
    *(Sheet(f"{name}-empty", f"/{name}", "empty") for name in ("services", "traces", "logs", "map")),
    *(Sheet(f"{name}-late", f"/{name}", "late") for name in ("services", "traces", "map")),
    Sheet("map-error", "/map", "error"),
    Sheet("service-unknown", "/services/nobody"),
    Sheet("services-places", "/services", "places"),
    Sheet("sign-in", "/objectives", "token"),
)


def take(camera: Camera) -> None:
    """Write `docs/page/NAME-SCHEME.jpg` for every page and state."""
    for sheet in (*PAGES, *STATES):
        with FakeServer(sheet.scenario) as server, TemporaryDirectory() as folder:
            for theme in THEMES:
                _shoot(Camera(camera.browser, Path(folder)), sheet, theme, server.url)
                _compose(camera, sheet, theme, Path(folder))
                print(f"{sheet.name}-{theme}.jpg", flush=True)


def names() -> list[str]:
    """Return the names of all sheets."""
    return [f"{sheet.name}-{theme}" for sheet in (*PAGES, *STATES) for theme in THEMES]


def _shoot(camera: Camera, sheet: Sheet, theme: Theme, server: str) -> None:
    for width, height in SIZES.items():
        name = f"{theme}-{width}"
        view = View(
            name=name, path=sheet.path, theme=theme, width=width, height=height, is_whole=sheet.is_whole
        )
        camera.take(view, server)


def _compose(camera: Camera, sheet: Sheet, theme: Theme, folder: Path) -> None:
    page = camera.browser.new_page(viewport={"width": SHEET_WIDTH, "height": 400})
    document = folder / f"{theme}.html"
    document.write_text("".join(_document(sheet, theme, folder)))
    page.goto(document.as_uri())
    page.screenshot(
        path=camera.folder / f"{sheet.name}-{theme}.jpg", type="jpeg", quality=QUALITY, full_page=True
    )
    page.close()


def _document(sheet: Sheet, theme: Theme, folder: Path) -> Iterator[str]:
    """Yield a document: the drawing and the page at its width above, the other widths below."""
    paper, ink = ("#fff", "#333") if theme == "light" else ("#111", "#bbb")
    yield f"<body style='margin:12px;background:{paper};color:{ink};font:13px sans-serif'>"
    first, *rest = SIZES
    drawn = DRAWINGS / f"{sheet.drawing}-{theme}.jpg"
    above = [(f"drawing, {first}", drawn)] if sheet.drawing else []
    yield from _row([*above, (f"page, {first}", folder / f"{theme}-{first}.png")], 620)
    yield from _row([(f"page, {width}", folder / f"{theme}-{width}.png") for width in rest], 620)


def _row(pictures: list[tuple[str, Path]], height: int) -> Iterator[str]:
    yield "<div style='display:flex;gap:12px;margin-bottom:12px'>"
    for words, path in pictures:
        yield f"<figure style='margin:0'><img src='{path.as_uri()}' height={height}>"
        yield f"<figcaption>{words}</figcaption></figure>"
    yield "</div>"
