"""The machine of the README's tour: a checkout, a Holdfast whose shop loses orders, and the shop's control.

Holdfast and the control are the real ones on free ports; engines are in memory and the shop's past is made
up, so the whole tour takes seconds. Commands are processes in the checkout, found and answered as a reader's.
"""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from tests.lints.source import ROOT
from tests.telemetry.traces.test_attribution import a_call, a_payment, a_span

from bazaar.breakage import Breakage
from bazaar.control import Control
from bazaar.dials import Dials
from bazaar.layout import Layout
from holdfast.app import fakes, serve
from holdfast.app.engines import Engines
from holdfast.app.kinds import KINDS
from holdfast.app.listeners import HttpListener
from holdfast.catalog.model import Objective
from holdfast.catalog.service import CatalogService
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.settings import Settings
from holdfast.telemetry.counting.source import MemoryCounts
from holdfast.telemetry.traces.by_sli import MemorySpans
from holdfast.telemetry.traces.model import Span

CLOCK = SystemClock()
PATIENCE_SECONDS = 30.0
SLICE = timedelta(seconds=10)
SLICES = 120
"""Twenty minutes of traffic, the length of a coffee after `make demo` ..."""

BAD_SLICES = 9
"""... of which the last minute and a half lost every other order."""

ORDERS_PER_SLICE = 12


@dataclass(frozen=True)
class Tour:
    """Where a reader's commands run: `checkout` holds `.venv` and the catalog, `environment` the ports."""

    checkout: Path
    environment: dict[str, str]

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as it is written, to its end."""
        return subprocess.run(
            command,
            shell=True,
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def get(self, path: str) -> Any:
        """Return what the running Holdfast answers."""
        return httpx.get(f"{self.environment['HOLDFAST_URL']}/api/v1{path}").raise_for_status().json()

    def control(self, method: str, path: str) -> Any:
        """Return what the shop's control answers."""
        url = f"http://127.0.0.1:{self.environment['HOLDFAST_CONTROL_PORT']}{path}"
        return httpx.request(method, url).raise_for_status().json()


@contextmanager
def touring(directory: Path) -> Iterator[Tour]:
    """Run the tour's machine while the block runs."""
    checkout = _checkout(directory)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    environment.pop("COLUMNS", None)  # a reader's output goes into a pipe here, and is as wide as it is
    environment |= {"XDG_DATA_HOME": str(directory), "NO_COLOR": "1"}
    # What one command compiled the next one need not, also where a machine is set to keep no bytecode.
    environment |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(directory / "bytecode")}
    environment["PATH"] = f"{checkout / '.venv/bin'}:{environment['PATH']}"
    settings = Settings(
        data=directory / "data",
        catalog=checkout / "shop/reliability",
        port=0,
        otlp_grpc_port=0,
        otlp_http_port=0,
    )
    (settings.data / "spool").mkdir(parents=True)
    with ExitStack() as stack:
        addresses = stack.enter_context(serve.serving(settings, CLOCK, engines_of=_losing_orders))
        environment["HOLDFAST_URL"] = f"http://{addresses.page}"
        environment["HOLDFAST_CONTROL_PORT"] = str(stack.enter_context(_shop_control()))
        tour = Tour(checkout, environment)
        until(lambda: _has_evidence(tour.get("/incidents")["items"]))
        yield tour


def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so in another process; fail if it does not become so."""
    deadline = CLOCK.monotonic_seconds() + PATIENCE_SECONDS
    while not is_so():
        assert CLOCK.monotonic_seconds() < deadline
        CLOCK.wait(threading.Event(), 0.05)


def _checkout(directory: Path) -> Path:
    checkout = directory / "checkout"
    shutil.copytree(ROOT / "shop/reliability", checkout / "shop/reliability")
    (checkout / ".venv").mkdir()
    (checkout / ".venv/bin").symlink_to(Path(sys.executable).parent)
    return checkout


def _has_evidence(incidents: list[dict[str, Any]]) -> bool:
    return bool(incidents) and incidents[0]["onset_at"] is not None


@contextmanager
def _losing_orders(settings: Settings) -> Iterator[Engines]:
    """Open engines in memory that hold twenty minutes of a shop whose payment provider has become slow."""
    with fakes.opened(settings) as engines:
        catalog = CatalogService(engines.database, CLOCK, KINDS, directory=settings.catalog)
        catalog.start()
        counts, spans, now = engines.counts(CLOCK.now), engines.spans, CLOCK.now()
        assert isinstance(counts, MemoryCounts)
        assert isinstance(spans, MemorySpans)
        for objective in catalog.current().objectives:
            _shop(counts, objective, now)
        for n in range(BAD_SLICES):
            spans.spans += _lost_order(f"{n:032x}", now - (n + 1) * SLICE)
        yield engines


def _shop(counts: MemoryCounts, objective: Objective, now: datetime) -> None:
    loses = objective.name == "orders-succeed"
    for n in range(SLICES):
        bad = ORDERS_PER_SLICE // 2 if loses and n < BAD_SLICES else 0
        good, service = ORDERS_PER_SLICE - bad, objective.sli.total.service
        counts.record(objective.sli.id, now - (n + 1) * SLICE, good=good, bad=bad, service=service)


def _lost_order(trace_id: str, at: datetime) -> list[Span]:
    failed = {"status": "Error", "trace_id": trace_id, "start_nanoseconds": int(at.timestamp()) * 10**9}
    return [
        a_span("a", attributes={"http.response.status_code": "502"}, **failed),
        a_call("b", "a", **failed),
        a_payment("c", "b", message="the provider did not answer", **failed),
    ]


@contextmanager
def _shop_control() -> Iterator[int]:
    """Serve the shop's control without the shop: its dials turn, and its mesh agrees to everything."""
    mesh = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    control = Control(Layout(), Breakage(Layout(), Dials(), mesh), lambda: ())
    with socket.create_server(("127.0.0.1", 0)) as opened:
        listener = HttpListener("control", control.application(), opened, CLOCK)
        listener.start()
        yield int(opened.getsockname()[1])
        listener.stop()
