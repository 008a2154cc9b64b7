"""The five slowest answers of an investigation, under load: what bad events share, where they began, logs.

    python -m benchmarks.slow_answers [--spans 3000000] [--lines 2000000] [--rate 2000] [--seconds 60]
        [--against DIR] [--directory DIR]

The engine stores an hour of spans and lines; then spans come in at the rate given while four readers ask the
five questions over the last hour, one after the other. In the first part no two questions have the same
range, so that nothing is answered from memory; in the second all four look at the same page. With another
checkout both answer in turns, on copies of the same data and in the same run. A directory that is named is
kept, and used again if it is filled.
"""

import argparse
import itertools
import multiprocessing
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from benchmarks.reads import send
from benchmarks.report import figure, heading, json_line
from benchmarks.server import Server, running
from benchmarks.stored import MILLION, fill

READERS = 4
TURN_SECONDS = 15.0
HOUR = 3600
ANSWERS = {
    "breakdown": "/objectives/requests-succeed/breakdown?from={start}",
    "contributors": "/objectives/requests-succeed/contributors?from={start}",
    "facets": "/logs/facets?from={start}",
    "patterns": "/logs/patterns?from={start}",
    "scatter": "/traces/scatter?from={start}&service=service-3",
}
_CATALOG = """apiVersion: openslo/v1
kind: Service
metadata: {name: service-3}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: requests-succeed}
spec:
  service: service-3
  indicator:
    metadata: {name: requests-succeed}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: traces
            spec: {service: service-3, kind: server, status: ok, maxDuration: 100ms}
        total: {metricSource: {type: traces, spec: {service: service-3, kind: server}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: good, target: 0.999}]
"""

Times = dict[str, list[float]]


@dataclass(slots=True)
class Side:
    """A checkout's server, and how long its answers took: every range another, and one for all."""

    name: str
    server: Server
    apart: Times = field(default_factory=lambda: {name: [] for name in ANSWERS})
    shared: Times = field(default_factory=lambda: {name: [] for name in ANSWERS})
    apart_cpu_seconds: float = 0.0


def main() -> None:
    """Fill, send and ask; print medians and the slowest of twenty."""
    options = _parser().parse_args()
    heading(
        f"Slow answers: {options.spans:,} spans and {options.lines:,} lines stored, {options.rate:,} spans/s "
        f"coming in, {READERS} readers"
    )
    with ExitStack() as stack:
        directory = options.directory or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-bench-"))
        )
        catalog = _filled(directory, options)
        checkouts = {"now": None} | ({"before": options.against.resolve()} if options.against else {})
        sides = [
            Side(name, stack.enter_context(_server(stack, directory, name, catalog, checkout)))
            for name, checkout in checkouts.items()
        ]
        _ask_in_turns(sides, options.seconds, options.rate)
    json_line("slow_answers", [*_reported(sides, "apart"), *_reported(sides, "shared"), *_cpu(sides)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=3 * MILLION)
    parser.add_argument("--lines", type=int, default=2 * MILLION)
    parser.add_argument("--rate", type=int, default=2_000, help="spans a second")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="of each of the two parts, for each checkout"
    )
    parser.add_argument("--against", type=Path, help="another checkout, to answer in turns with this one")
    parser.add_argument("--directory", type=Path)
    return parser


def _filled(directory: Path, options: argparse.Namespace) -> Path:
    """Store the hour with the older schema, if there are two; return the catalog."""
    catalog, data = directory / "catalog", directory / "data"
    if (directory / "filled").exists():
        return catalog
    catalog.mkdir(parents=True)
    (catalog / "catalog.yaml").write_text(_CATALOG, encoding="utf-8")
    with running(data, catalog=catalog, checkout=options.against):
        pass  # makes the tables and installs the selectors
    began = time.perf_counter()
    rate = options.spans // HOUR
    fill(data / "warehouse", spans=options.spans, lines=options.lines, rate=rate, end=datetime.now(UTC))
    figure("stored by the engine", f"{time.perf_counter() - began:.0f} s")
    (directory / "filled").touch()
    return catalog


def _server(
    stack: ExitStack, directory: Path, name: str, catalog: Path, checkout: Path | None
) -> AbstractContextManager[Server]:
    """Start a server over a copy of its own, which goes when the run ends."""
    place = directory / name
    # stack.callback(shutil.rmtree, place, ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(directory / "data", place / "data", symlinks=True)
    return running(place / "data", catalog=catalog, checkout=checkout)


def _ask_in_turns(sides: Sequence[Side], seconds: float, rate: int) -> None:
    turns = max(1, round(seconds / TURN_SECONDS))
    for _ in range(turns):
        for side in sides:
            _turn(side, min(seconds, TURN_SECONDS), rate)


def _turn(side: Side, seconds: float, rate: int) -> None:
    """Send to one server, and ask it: first each reader for itself, then all the same."""
    sender = multiprocessing.get_context("spawn").Process(
        target=send, args=(side.server.http_port, rate, 2 * seconds + 4), daemon=True
    )
    sender.start()
    time.sleep(3)  # until it has made its bodies
    httpx.get(
        side.server.api + "/objectives?limit=1", timeout=60
    )  # the first request of all describes the API
    before = _cpu_seconds(side.server)
    _ask(side.server, side.apart, seconds, is_shared=False)
    side.apart_cpu_seconds += _cpu_seconds(side.server) - before
    _ask(side.server, side.shared, seconds, is_shared=True)
    sender.join()


def _cpu_seconds(server: Server) -> float:
    taken = server.process.cpu_times()
    return float(taken.user + taken.system)


_numbers = itertools.count(1)


def _ask(server: Server, times: Times, seconds: float, *, is_shared: bool) -> None:
    until = time.monotonic() + seconds

    def read(number: int) -> None:
        order = list(ANSWERS.items())
        order = order[number:] + order[:number]
        with httpx.Client(timeout=60) as client:
            while time.monotonic() < until:
                for name, path in order:
                    # Some seconds more, so that no two of them have the same range.
                    start = f"now-{HOUR + (0 if is_shared else next(_numbers))}s"
                    began = time.perf_counter()
                    client.get(server.api + path.format(start=start)).raise_for_status()
                    times[name].append(time.perf_counter() - began)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _reported(sides: Sequence[Side], part: str) -> list[Mapping[str, object]]:
    """Print the answers of a part, those of two checkouts beside each other."""
    words = {"apart": "every range another", "shared": "all look at the same"}[part]
    figures: list[Mapping[str, object]] = []
    for name in ANSWERS:
        found = {side.name: _summary(getattr(side, part)[name]) for side in sides}
        now, before = found["now"], found.get("before")
        note = f"p95 {now['p95_ms']:.0f} ms, {now['count']} asked"
        if before:
            note += (
                f"; before {before['p50_ms']:.0f} ms, p95 {before['p95_ms']:.0f} ms, {before['count']} asked"
            )
            note += f": {before['p50_ms'] / now['p50_ms']:.1f} times as fast"
        figure(f"{name}, {words}: p50", f"{now['p50_ms']:.0f} ms", note)
        figures.append({"what": name, "part": part, **found})
    return figures


def _cpu(sides: Sequence[Side]) -> list[Mapping[str, object]]:
    """Print what one answer cost the server, with that of the intake: steadier than times on a busy host."""
    costs = {}
    for side in sides:
        costs[side.name] = round(1000 * side.apart_cpu_seconds / max(1, sum(map(len, side.apart.values()))))
        figure(f"CPU of an answer and of the intake beside it, {side.name}", f"{costs[side.name]} ms")
    return [{"what": "cpu of an answer", "part": "apart", **costs}]


def _summary(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
        "count": len(ordered),
    }


if __name__ == "__main__":
    main()
