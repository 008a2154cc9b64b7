"""API reads with many spans stored while more come in: the slowest one in a hundred of each call.

    python -m benchmarks.reads [--spans 20000000] [--rate 20000] [--seconds 90]

The engine makes and stores an hour's worth of spans; then a client in another process sends at the given rate
while the calls are timed one after the other, as a page makes them.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
from benchmarks.bodies import SPANS, another, body
from benchmarks.intake import write_catalog
from benchmarks.report import figure, heading
from benchmarks.server import Server, running

from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

CALLS = {
    "objectives": "/objectives",
    "one objective": "/objectives/orders-1",
    "its series, 28 days": "/objectives/orders-1/series?from=now-28d",
    "its contributors, 1 h": "/objectives/orders-1/contributors",
    "services, 1 h": "/services",
    "one service, 1 h": "/services/checkout",
    "its series, 1 h": "/services/checkout/series",
    "alerts": "/alerts",
    "incidents": "/incidents",
}

ON_ONE_PAGE_ONLY = {"its contributors, 1 h"}
"""Asked for in one round of five, as few pages ask for it."""


def main() -> None:
    """Fill, send and read; print a figure for every call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=20_000_000)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=90.0)
    arguments = parser.parse_args()
    heading(f"API reads with {arguments.spans:,} spans stored and {arguments.rate:,} spans/s coming in")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        directory = Path(name)
        catalog = write_catalog(directory / "catalog")
        with running(directory / "data", catalog=catalog):
            pass  # makes the tables and installs the selectors
        _fill(directory / "data" / "warehouse", arguments.spans)
        with running(directory / "data", catalog=catalog) as server:
            sender = multiprocessing.get_context("spawn").Process(
                target=send, args=(server.http_port, arguments.rate, arguments.seconds + 10), daemon=True
            )
            sender.start()
            time.sleep(5)
            _measure(server, arguments.seconds)
            sender.join()


def send(port: int, rate: int, seconds: float) -> None:
    """Send bodies of 1,000 spans at an even pace."""
    templates = [body(seed) for seed in range(20)]
    began = time.monotonic()
    with httpx.Client(timeout=30) as client:
        for number in range(int(seconds * rate / SPANS)):
            time.sleep(max(0.0, began + number * SPANS / rate - time.monotonic()))
            message = another(templates[number % 20], number)
            try:
                reply = client.post(
                    f"http://127.0.0.1:{port}/v1/traces",
                    content=message,
                    headers={"content-type": "application/x-protobuf"},
                )
            except httpx.TransportError as error:
                raise SystemExit(f"sending ended: {error}") from error
            reply.raise_for_status()


def _fill(path: Path, spans: int) -> None:
    """Store spans over the last hour with one statement a million, as random as an engine makes them."""
    warehouse = ChdbWarehouse(path)
    warehouse.open()
    million = 1_000_000
    for first in range(0, spans, million):
        warehouse.command(
            "INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, "
            "ResourceAttributes, SpanAttributes, Duration, StatusCode) SELECT "
            "fromUnixTimestamp64Nano(toInt64({now:UInt64} - (rand64() % 3600000000000))), "
            "lower(hex(generateUUIDv4())), lower(hex(rand64())), "
            "concat('POST /orders/', toString(rand() % 20)), 'Server', 'checkout', "
            "map('service.name', 'checkout', 'service.version', '1.4.2', "
            "'cloud.availability_zone', 'zone-a'), "
            "map('http.request.method', 'POST', 'http.response.status_code', '200', 'shop.tenant', "
            "toString(rand(1) % 200), 'shop.basket', toString(rand(2) % 200)), "
            "toUInt64(exp(17 + randNormal(0, 1))), if(rand(3) % 1000 = 0, 'Error', 'Unset') "
            "FROM numbers({count:UInt64})",
            {"now": int(datetime.now(UTC).timestamp() * 1e9), "count": min(million, spans - first)},
        )
    warehouse.close()


def _measure(server: Server, seconds: float) -> None:
    taken: dict[str, list[float]] = {name: [] for name in CALLS}
    until = time.monotonic() + seconds
    rounds = 0
    with httpx.Client(timeout=60) as client:
        while time.monotonic() < until:
            rounds += 1
            for name, path in CALLS.items():
                if name in ON_ONE_PAGE_ONLY and rounds % 5:
                    continue
                began = time.perf_counter()
                client.get(server.api + path).raise_for_status()
                taken[name].append(time.perf_counter() - began)
                time.sleep(0.02)
    for name, times in taken.items():
        p99 = sorted(times)[int(len(times) * 0.99)]
        note = f"p50 {statistics.median(times) * 1000:.0f} ms, {len(times)} calls; wanted: p99 under 100 ms"
        figure(f"{name}, p99", f"{p99 * 1000:.0f} ms", note)


if __name__ == "__main__":
    main()
