"""What an engineer looks at during an incident, with an hour and more stored and more coming in.

    python -m benchmarks.explore [--spans 50000000] [--lines 20000000] [--rate 10000] [--seconds 60]
        [--directory DIR]

The engine stores spans and lines as they would have come in at that rate; then a client in another process
sends spans at the same rate while the calls of the map, a service, traces and logs are timed, one after the
other. A directory that is named is kept, and used again if it is filled.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
from benchmarks.reads import send
from benchmarks.report import figure, heading
from benchmarks.server import Server, running
from benchmarks.stored import MILLION, fill, trace_id

WANTED_MILLISECONDS = 300
SETTLED_SECONDS = 1800


def main() -> None:
    """Fill, send and read; print a figure for every call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=50 * MILLION)
    parser.add_argument("--lines", type=int, default=20 * MILLION)
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--directory", type=Path)
    arguments = parser.parse_args()
    heading(
        f"Map, traces and logs with {arguments.spans:,} spans and {arguments.lines:,} lines stored and "
        f"{arguments.rate:,} spans/s coming in"
    )
    with ExitStack() as stack:
        directory = arguments.directory or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-bench-"))
        )
        end = _filled(directory, arguments)
        trace = trace_id(directory / "data" / "warehouse", 1_234)
        server = stack.enter_context(running(directory / "data"))
        _wait_for_the_map(server, end)
        sender = multiprocessing.get_context("spawn").Process(
            target=send, args=(server.http_port, arguments.rate, arguments.seconds + 10), daemon=True
        )
        sender.start()
        time.sleep(5)
        _measure(server, calls(end, trace), arguments.seconds)
        figure("resident memory", f"{server.resident_mib():,.0f} MiB")
        sender.join()


def calls(end: datetime, trace: str) -> dict[str, str]:
    """Return the calls by name: a path under the API, over the hour before `end` unless it says otherwise."""
    hour = f"from={quote((end - timedelta(hours=1)).isoformat())}&to={quote(end.isoformat())}"
    return {
        "map": f"/map?{hour}",
        "map, one zone": f"/map?{hour}&zone=zone-a",
        "services": f"/services?{hour}",
        "one service": f"/services/service-3?{hour}",
        "its series": f"/services/service-3/series?{hour}",
        "traces of a service": f"/traces?{hour}&service=service-3",
        "traces with an error": f"/traces?{hour}&status=error",
        "traces, slowest": f"/traces?{hour}&service=service-3&sort=slowest",
        "traces by operation and duration": f"/traces?{hour}&service=service-3&operation=GET%20%2Forders"
        "&min_duration_seconds=0.05",
        "traces by attribute": f"/traces?{hour}&service=service-3&attribute=shop.tenant%3Dtenant-7",
        "traces by a rare attribute": f"/traces?{hour}&attribute=shop.cart.id%3Dcart-123456",
        "traces by part of an attribute": f"/traces?{hour}&service=service-3&attribute=shop.cart.id~1234",
        "scatter of a service": f"/traces/scatter?{hour}&service=service-3",
        "a trace by id": f"/traces/{trace}",
        "logs, newest": f"/logs?{hour}",
        "logs of a service, errors": f"/logs?{hour}&where=service%3Dservice-3&where=severity%3E%3Derror",
        "logs with a common word": f"/logs?{hour}&q=order",
        "logs with a rare word": f"/logs?{hour}&q=123456",
        "logs with a phrase": f"/logs?{hour}&q=%22payment%20declined%22",
        "logs by attribute": f"/logs?{hour}&where=shop.tenant%3Dtenant-7",
        "log histogram": f"/logs/histogram?{hour}",
        "log histogram of a common word": f"/logs/histogram?{hour}&q=order",
        "log facets": f"/logs/facets?{hour}",
        "log patterns": f"/logs/patterns?{hour}",
    }


def _filled(directory: Path, arguments: argparse.Namespace) -> datetime:
    mark = directory / "filled"
    if mark.exists():
        return datetime.fromisoformat(mark.read_text(encoding="utf-8"))
    directory.mkdir(exist_ok=True)
    with running(directory / "data"):
        pass  # makes the tables
    end, began = datetime.now(UTC), time.perf_counter()
    fill(
        directory / "data" / "warehouse",
        spans=arguments.spans,
        lines=arguments.lines,
        rate=arguments.rate,
        end=end,
    )
    figure("stored by the engine", f"{time.perf_counter() - began:.0f} s")
    mark.write_text(end.isoformat(), encoding="utf-8")
    return end


def _wait_for_the_map(server: Server, end: datetime) -> None:
    """Wait until the joiner has put all that was stored on the map."""
    began = time.perf_counter()
    while time.perf_counter() - began < SETTLED_SECONDS:
        reply = httpx.get(f"{server.api}/map", params={"from": "now-5m"}, timeout=60).json()
        if reply["settled_until"] and datetime.fromisoformat(reply["settled_until"]) >= end - timedelta(
            minutes=3
        ):
            break
        time.sleep(2)
    figure("joined onto the map", f"{time.perf_counter() - began:.0f} s")


def _measure(server: Server, paths: dict[str, str], seconds: float) -> None:
    taken: dict[str, list[float]] = {name: [] for name in paths}
    until = time.monotonic() + seconds
    with httpx.Client(timeout=60) as client:
        while time.monotonic() < until:
            for name, path in paths.items():
                began = time.perf_counter()
                reply = client.get(server.api + path)
                if reply.status_code not in (200, 503):  # cut off after its time limit, which is long enough
                    raise SystemExit(f"{path}: {reply.status_code} {reply.text[:300]}")
                taken[name].append(time.perf_counter() - began)
                time.sleep(0.02)
    for name, times in taken.items():
        p95 = sorted(times)[int(len(times) * 0.95)]
        note = (
            f"p50 {statistics.median(times) * 1000:.0f} ms, {len(times)} calls; "
            f"wanted: p95 under {WANTED_MILLISECONDS} ms"
        )
        figure(f"{name}, p95", f"{p95 * 1000:.0f} ms", note)


if __name__ == "__main__":
    main()
