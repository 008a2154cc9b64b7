"""What a server costs that receives little: processor time, and how soon telemetry is queryable.

    python -m benchmarks.rest [--seconds 60] [--spans 250] [--points 300] [--lines 30]

A collector's batches, one of each signal a second, go to a real server over OTLP/HTTP. Processor time is the
server process's own, over the whole time, as percent of one core; then the same with nothing coming in. After
that single spans, lines and points are sent at random instants, and asked for until an API reply has them.
First of all come inserts alone, of one second each: what their statements and views take, whoever unfolds.
"""

import argparse
import random
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
from benchmarks.intake import write_catalog
from benchmarks.report import figure, heading
from benchmarks.rest_bodies import lines, points, spans
from benchmarks.server import Server, running

from holdfast.telemetry.intake.varint import varint
from holdfast.telemetry.migrations import migrate
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

WARM_UP_SECONDS = 15
INSERTS = 15
SAMPLES = 30
ASK_EVERY_SECONDS = 0.1
LIMIT_PERCENT, REST_LIMIT_PERCENT, QUERYABLE_SECONDS = 10, 2, 5

Bodies = dict[str, Callable[[], bytes]]


def main() -> None:
    """Measure busy, at rest, and until queryable; print a figure for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    for what, count in (("spans", 250), ("points", 300), ("lines", 30)):
        parser.add_argument(f"--{what}", type=int, default=count)
    options = parser.parse_args()
    bodies: Bodies = {
        "traces": lambda: spans(options.spans),
        "metrics": lambda: points(options.points),
        "logs": lambda: lines(options.lines),
    }
    heading(f"At rest: {options.spans} spans/s, {options.points} points/s, {options.lines} lines/s")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        directory = Path(name)
        for unfolds_small in (False, True):
            _inserts(directory, bodies, unfolds_small=unfolds_small)
        with running(directory / "data", catalog=write_catalog(directory / "catalog")) as server:
            _nothing(server, options.seconds)
            stop = _sending(server, bodies)
            time.sleep(WARM_UP_SECONDS)
            figure(
                "all three, of one core",
                f"{_percent(server, options.seconds):.1f}%",
                f"wanted: {LIMIT_PERCENT}%",
            )
            if options.samples:
                _queryable(server, options.samples)
            stop()
            for signal in bodies:
                stop = _sending(server, {signal: bodies[signal]})
                time.sleep(WARM_UP_SECONDS)
                figure(f"{signal} alone, of one core", f"{_percent(server, options.seconds / 2):.1f}%")
                stop()


def _inserts(directory: Path, bodies: Bodies, *, unfolds_small: bool) -> None:
    """Print what one insert of a segment costs this process, who unfolds it aside."""
    warehouse = ChdbWarehouse(directory / f"alone-{unfolds_small}", unfolds_small=unfolds_small)
    warehouse.open()
    migrate(warehouse, Layout())
    who = "unfolded before" if unfolds_small else "unfolded by the engine"
    for signal, body in bodies.items():
        costs = [_insert(warehouse, directory, Signal(signal), body(), n) for n in range(INSERTS)]
        figure(f"one insert of {signal}, {who}", f"{1000 * statistics.median(costs[3:]):.0f} ms", "of CPU")
    warehouse.close()


def _insert(warehouse: ChdbWarehouse, directory: Path, signal: Signal, body: bytes, number: int) -> float:
    path = directory / f"{signal}-{number}.segment"
    path.write_bytes(varint(len(body)) + body)
    before = time.process_time()
    warehouse.insert_segment(signal, path, f"{signal}-{number}")
    return time.process_time() - before


def _nothing(server: Server, seconds: float) -> None:
    time.sleep(WARM_UP_SECONDS)
    figure(
        "nothing coming in, of one core",
        f"{_percent(server, seconds):.1f}%",
        f"wanted: {REST_LIMIT_PERCENT}%",
    )


def _percent(server: Server, seconds: float) -> float:
    before, began = server.process.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after = server.process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return float(100 * used / (time.monotonic() - began))


def _sending(server: Server, bodies: Bodies) -> Callable[[], None]:
    """Send a body of each signal every second; return what ends it."""
    stop = threading.Event()

    def run() -> None:
        with httpx.Client(timeout=30) as client:
            due = time.monotonic()
            while not stop.wait(max(0.0, due - time.monotonic())):
                due += 1
                for signal, body in bodies.items():
                    _post(client, server, signal, body())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join()

    return end


def _post(client: httpx.Client, server: Server, signal: str, body: bytes) -> None:
    reply = client.post(
        f"http://127.0.0.1:{server.http_port}/v1/{signal}",
        content=body,
        headers={"content-type": "application/x-protobuf"},
    )
    reply.raise_for_status()


def _queryable(server: Server, samples: int) -> None:
    took: dict[str, list[float]] = {"traces": [], "logs": [], "metrics": []}
    with httpx.Client(timeout=30) as client:
        for _ in range(samples):
            time.sleep(random.uniform(0, 10 / 3))
            for signal, seconds in took.items():
                seconds.append(_until_found(client, server, signal))
    for signal, seconds in took.items():
        p95 = sorted(seconds)[int(0.95 * (len(seconds) - 1))]
        figure(f"{signal} queryable, p95 of {samples}", f"{p95:.2f} s", f"wanted: {QUERYABLE_SECONDS} s")


def _until_found(client: httpx.Client, server: Server, signal: str) -> float:
    mark = uuid.uuid4().hex
    body = {"traces": spans, "logs": lines, "metrics": points}[signal](1, mark=mark)
    path, params, is_found = {
        "traces": (f"/traces/{mark}", {}, lambda reply: reply.status_code == 200),
        "logs": ("/logs", {"q": mark}, lambda reply: bool(reply.json()["items"])),
        "metrics": ("/metrics", {"q": mark}, lambda reply: bool(reply.json()["items"])),
    }[signal]
    _post(client, server, signal, body)
    began = time.monotonic()
    while time.monotonic() - began < 60:
        if is_found(client.get(server.api + path, params=params)):
            return time.monotonic() - began
        time.sleep(ASK_EVERY_SECONDS)
    raise SystemExit(f"{signal} were not queryable after a minute")


if __name__ == "__main__":
    main()
