"""Memory of the page's script over an hour of news: flat, or does it grow?

    python -m benchmarks.page_memory [--minutes 60] [--every 5]

The fake server of the browser tests as a platform of 500 objectives and 300 services, with news every second
and lines for the live tail. One tab of headless Chromium goes round Objectives, Map, Logs (live) and Traces
by the rail, as somebody on call does; every five minutes, back on Objectives, garbage is collected and what
is left of the heap, the nodes of the document and the listeners are counted. The engine goes on compiling
script for an hour, and the browser keeps records of its own for whoever measures: both are in the heap, so
the page's own objects (objects, arrays, texts, closures) are added up from a snapshot beside it. The first
round loads the script of each page and is left out of the slope of those, which is flat if an hour of it
stays within its noise: twice its standard error, or 2% where that is more.
"""

import argparse
import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from benchmarks.chromium import window
from benchmarks.report import figure, heading, json_line, verdict
from playwright.sync_api import CDPSession, Page
from tests.browser.fake import shapes_logs
from tests.browser.fake.server import FakeServer

ROOMS = ("Map", "Logs", "Traces", "Objectives")
OWN_KINDS = (
    "array",
    "string",
    "object",
    "closure",
    "regexp",
    "number",
    "concatenated string",
    "sliced string",
)
LEAST_NOISE = 0.02
LINES_A_SECOND = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """What the page kept after garbage was collected, some minutes after it was opened."""

    minutes: float
    heap_mib: float
    objects_mib: float
    nodes: int
    listeners: int


def main() -> None:
    """Go round the pages, count every few minutes and print the slope."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=5.0, help="minutes between two counts")
    options = parser.parse_args()
    heading(f"Memory of the page over {options.minutes:g} minutes, news every second")
    with FakeServer("platform") as server, _news(server), window() as browser:
        tab = browser.new_page()
        tab.set_default_timeout(60_000)
        session = browser.new_cdp_session(tab)
        tab.goto(server.url + "/objectives")
        samples = list(_samples(tab, session, options.minutes, options.every))
    json_line("page_memory", _slope(samples))


def _samples(tab: Page, session: CDPSession, minutes: float, every: float) -> Iterator[Sample]:
    """Go round, and count at the end of each round."""
    session.send("Performance.enable")
    snapshot = _Snapshot(session)
    began = time.monotonic()
    for number in range(1, int(minutes / every) + 1):
        for place, room in enumerate(ROOMS, start=1):
            _open(tab, room)
            until = began + 60 * every * (number - 1 + place / len(ROOMS))
            tab.wait_for_timeout(1000 * max(1.0, until - time.monotonic()))
        sample = _count(session, snapshot, (time.monotonic() - began) / 60)
        note = f"heap {sample.heap_mib:.1f} MiB, {sample.nodes:,} nodes, {sample.listeners:,} listeners"
        figure(f"objects after {sample.minutes:.0f} min", f"{sample.objects_mib:.2f} MiB", note)
        yield sample


def _open(tab: Page, room: str) -> None:
    tab.get_by_role("navigation", name="Main").get_by_role("link", name=re.compile(f"^{room}")).first.click()
    tab.get_by_role("heading", name=room, level=1).wait_for()
    if room == "Logs":
        tab.get_by_role("button", name="Live off").click()


class _Snapshot:
    """Adds up the page's own objects from a snapshot of the heap, which comes in pieces."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self._pieces: list[str] = []
        session.on("HeapProfiler.addHeapSnapshotChunk", lambda event: self._pieces.append(event["chunk"]))

    def objects_bytes(self) -> int:
        """Return the bytes of objects, arrays, texts, closures and numbers."""
        self._pieces.clear()
        self._session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
        document = json.loads("".join(self._pieces))
        meta, nodes = document["snapshot"]["meta"], document["nodes"]
        fields, kinds = meta["node_fields"], meta["node_types"][0]
        kind_at, size_at = fields.index("type"), fields.index("self_size")
        own = {kinds.index(kind) for kind in OWN_KINDS}
        rows = range(0, len(nodes), len(fields))
        return sum(nodes[row + size_at] for row in rows if nodes[row + kind_at] in own)


def _count(session: CDPSession, snapshot: _Snapshot, minutes: float) -> Sample:
    for _ in range(3):  # what a first collection frees lets the next one free more
        session.send("HeapProfiler.collectGarbage")
    counted = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    heap_mib = counted["JSHeapUsedSize"] / 2**20
    objects_mib = snapshot.objects_bytes() / 2**20
    return Sample(minutes, heap_mib, objects_mib, int(counted["Nodes"]), int(counted["JSEventListeners"]))


@contextmanager
def _news(server: FakeServer) -> Iterator[None]:
    """Let time pass in the fake world: every second telemetry comes in, and some lines."""
    ended = threading.Event()

    def pass_on() -> None:
        number = 0
        while not ended.wait(1.0):
            world = server.world
            world.now = datetime.now(UTC)
            world.received += 1
            for _ in range(LINES_A_SECOND):
                number += 1
                saying = shapes_logs.SAYINGS[number % len(shapes_logs.SAYINGS)]
                world.written.append(shapes_logs.line(world.now, *saying, number=number))

    thread = threading.Thread(target=pass_on, daemon=True)
    thread.start()
    yield
    ended.set()
    thread.join()


def _slope(samples: Sequence[Sample]) -> list[dict[str, object]]:
    """Print how much an hour adds to the page's objects, and the most it may be by chance."""
    steady = samples[1:]
    if len(steady) < 3:
        figure("slope", "not known", "at least four counts are needed")
        return []
    minutes = np.array([one.minutes for one in steady])
    objects = np.array([one.objects_mib for one in steady])
    rate, level = np.polyfit(minutes, objects, 1)
    left = objects - (rate * minutes + level)
    spread = np.sqrt((left @ left) / (len(steady) - 2) / ((minutes - minutes.mean()) ** 2).sum())
    noise = max(2 * spread * 60, LEAST_NOISE * objects.mean())
    figure("objects, mean of all rounds but the first", f"{objects.mean():.2f} MiB")
    return [
        verdict(
            "an hour adds to the page's objects", round(float(rate) * 60, 2), "MiB", round(float(noise), 2)
        )
    ]


if __name__ == "__main__":
    main()
