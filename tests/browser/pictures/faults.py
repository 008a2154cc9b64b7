"""Pictures of the demo's faults: a real shop, each fault broken for a minute or so, and what shows it.

The whole takes half an hour: faults are broken one after the other, with time in between to recover, so that
every picture shows one fault.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from holdfast.runtime.clock import SystemClock

from .camera import Camera, View

CLOCK = SystemClock()
PATIENCE_SECONDS = 300
WARM_UP_SECONDS = 90
BROKEN_SECONDS = 60
RECOVERY_SECONDS = 30
LAG_MOST_SECONDS = 10
BURNING = ("burning", "exhausted")
HEIGHT = 900
README = "objectives-light"
"""The README's picture: the list of objectives while the provider is slow."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: the address of the page, and of the shop's control."""

    page: str
    control: str

    def get(self, path: str, **query: str) -> Any:
        """Return what the API answers."""
        return httpx.get(f"{self.page}/api/v1{path}", params=query, timeout=60).raise_for_status().json()

    def turn(self, method: str, path: str) -> None:
        """Break something, or end what is broken."""
        httpx.request(method, self.control + path, timeout=60).raise_for_status()


@dataclass(frozen=True, slots=True)
class Shown:
    """How one fault is shown: the address, made while it is broken, or once it is over (`afterwards`)."""

    fault: str
    address: Callable[[Demo, str], str]
    afterwards: bool = False


def slowest_trace(objective: str) -> Callable[[Demo, str], str]:
    """Show the slowest trace that violated an objective since the fault began."""

    def address(demo: Demo, since: str) -> str:
        query = {"objective": objective, "from": since, "sort": "slowest", "limit": "1"}
        found = _first(lambda: demo.get("/traces", **query)["items"], f"a trace that violated {objective}")
        return f"/traces/{found[0]['trace_id']}"

    return address


def over_time(path: str, *asked: tuple[str, str]) -> Callable[[Demo, str], str]:
    """Show a map, a plot or log lines, from the fault's beginning to now."""

    def address(_: Demo, since: str) -> str:
        query = [("from", since), ("to", _ago(0)), *asked]
        return f"{path}?{urlencode(query, quote_via=quote)}"

    return address


BY_INSTANCE = ("by", "service.instance.id")
FAULTS = (
    Shown("payment-slow", slowest_trace("orders-succeed")),
    Shown("payment-errors", slowest_trace("orders-succeed")),
    Shown("checkout-latency", slowest_trace("orders-within-800ms")),
    Shown("catalog-errors", over_time("/map")),
    Shown("catalog-n-plus-1", slowest_trace("catalog-within-150ms")),
    Shown("dependency-errors", over_time("/map")),
    Shown(
        "cart-leak",
        over_time("/metrics/process.memory.usage", ("where", "service.name=cart"), BY_INSTANCE),
        afterwards=True,
    ),
    Shown(
        "pool-exhaustion",
        over_time(
            "/logs", ("view", "patterns"), ("where", "service=inventory"), ("where", "severity>=error")
        ),
    ),
    Shown("cache-flush", slowest_trace("catalog-within-150ms")),
    Shown("queue-stuck", over_time("/metrics/bazaar.queue.waiting"), afterwards=True),
    Shown(
        "cpu-hog",
        over_time("/metrics/process.cpu.time", ("where", "service.name=search"), BY_INSTANCE),
        afterwards=True,
    ),
    Shown("zone-lost", slowest_trace("door-answers")),
    Shown(
        "flash-sale",
        over_time("/metrics/http.server.request.duration", ("fn", "rate"), ("where", "service.name=gateway")),
        afterwards=True,
    ),
)
NAMES = (README, *(f"fault-{one.fault}" for one in FAULTS))


def take(camera: Camera, data: Path, *, first_port: int, chosen: Collection[str] = ()) -> None:
    """Run a demo in `data` on ports from `first_port` on, break it, and take the pictures."""
    with _demo(data, first_port) as demo:
        _wait(WARM_UP_SECONDS)
        for shown in FAULTS:
            if not chosen or shown.fault in chosen:
                _one(camera, demo, shown)


def _one(camera: Camera, demo: Demo, shown: Shown) -> None:
    since = _ago(RECOVERY_SECONDS if shown.afterwards else 0)
    demo.turn("POST", f"/faults/{shown.fault}")
    _wait(BROKEN_SECONDS)
    address = None if shown.afterwards else shown.address(demo, since)
    if shown.fault == "payment-slow":
        _first(lambda: demo.get("/objectives/orders-succeed")["state"] in BURNING, "an objective that burns")
        camera.take(View(name=README, path="/objectives"), demo.page)
    demo.turn("DELETE", "/faults")
    _wait(RECOVERY_SECONDS)
    _first(lambda: _is_fresh(demo), "telemetry at most ten seconds behind, on a machine with time to spare")
    path = address or shown.address(demo, since)
    camera.take(View(name=f"fault-{shown.fault}", path=path, height=HEIGHT), demo.page)
    print(f"fault-{shown.fault}.png", flush=True)


@contextmanager
def _demo(data: Path, first_port: int) -> Iterator[Demo]:
    """Run `holdfast demo`, from when its shop is open until the block ends."""
    names = ("--port", "--otlp-grpc-port", "--otlp-http-port", "--control-port", "--shop-port")
    ports = [str(first_port + offset) for offset in (0, 1, 2, 3, 10)]
    options = [word for pair in zip(names, ports, strict=True) for word in pair]
    command = [str(Path(sys.executable).with_name("holdfast")), "demo", "--data", str(data), *options]
    demo = Demo(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[3]}")
    process = subprocess.Popen(command)
    try:
        for url in (f"{demo.page}/readyz", f"{demo.control}/status"):
            _first(partial(_answers, process, url), url)
        yield demo
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _is_fresh(demo: Demo) -> bool:
    """Whether what the shop sent is stored, so that a picture shows all of it."""
    lag = demo.get("/status")["intake"]["lag_seconds"]
    return lag is not None and lag < LAG_MOST_SECONDS


def _first(ask: Callable[[], Any], what: str) -> Any:
    """Return the first answer that is not empty; fail after some minutes, and say what did not come."""
    deadline = CLOCK.monotonic_seconds() + PATIENCE_SECONDS
    while not (answer := ask()):
        assert CLOCK.monotonic_seconds() < deadline, f"waited {PATIENCE_SECONDS} s for {what}"
        _wait(2)
    return answer


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    assert process.poll() is None, "the demo ended; its words are above"
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


def _wait(seconds: float) -> None:
    CLOCK.wait(threading.Event(), seconds)


def _ago(seconds: float) -> str:
    """Write the instant that long before now, as addresses and the API take it."""
    at = CLOCK.now() - timedelta(seconds=seconds)
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
