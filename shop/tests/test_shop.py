"""The whole shop, as a person runs it: real processes, a real mesh, a real database, real shoppers."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.rounds import Rounds

from bazaar import ports
from bazaar.faults import FAULTS, Fault
from bazaar.layout import HOST, PROVIDER_HOST, SERVICES, ZONES, Layout

PATIENCE_SECONDS = 20.0
JOURNEYS_PER_SECOND = "8"
BURNING = 2.0
BURN_PATIENCE_SECONDS = 120.0
# Few enough that a sale brings three times as many to the till, and not only into the queue before it.
DEMO_JOURNEYS_PER_SECOND = "2.2"
OPEN = "the shop is open"


@dataclass(frozen=True, slots=True)
class Street:
    """Where shops are opened: one after the other, on the same ports and the same data."""

    layout: Layout
    data: Path
    telemetry_url: str
    environment: dict[str, str]

    def bazaar(self, *words: str) -> list[str]:
        """The command of a person."""
        return [sys.executable, "-m", "bazaar", *words, "--control-port", str(self.layout.control_port)]

    def open(self, *, until: str = OPEN, pace: str = JOURNEYS_PER_SECOND) -> subprocess.Popen[str]:
        """Open a shop and wait until it says it is open, or something before that."""
        command = self.bazaar("up", "--data", str(self.data), "--telemetry", self.telemetry_url)
        command += ["--base-port", str(self.layout.base_port), "--pace", pace]
        shop = subprocess.Popen(
            command, env=self.environment, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        assert shop.stderr is not None
        said = []
        while until not in "".join(said[-1:]):
            said.append(shop.stderr.readline())
            assert said[-1], f"the shop closed before it said {until!r}: {said}"
        return shop

    def say(self, *words: str) -> str:
        """Say something to the open shop; return the words it answers."""
        done = subprocess.run(
            self.bazaar(*words), env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stderr

    def parts(self) -> dict[str, psutil.Process]:
        """The processes of the open shop by name."""
        url = f"http://{HOST}:{self.layout.control_port}/status"
        status = httpx.get(url, trust_env=False, timeout=PATIENCE_SECONDS).json()
        return {part["name"]: psutil.Process(part["pid"]) for part in status["parts"]}

    def assert_empty(self, processes: list[psutil.Process]) -> None:
        """Fail if a process or a port is left."""
        _, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
        assert not alive
        ports.check(self.layout)


@pytest.fixture
def street(
    layout: Layout, data: Path, telemetry_url: str, python_environment: dict[str, str]
) -> Iterator[Street]:
    """A street; whatever was left open is closed."""
    street = Street(layout, data, telemetry_url, python_environment)
    yield street
    for left in psutil.Process().children():
        # A process that has ended and was not waited for has no command line to look at.
        with suppress(psutil.NoSuchProcess):
            if str(street.data) in left.cmdline():
                left.kill()


def processes_of(shop: subprocess.Popen[str]) -> list[psutil.Process]:
    """The supervisor and all that descends from it."""
    supervisor = psutil.Process(shop.pid)
    return [supervisor, *supervisor.children(recursive=True)]


@pytest.mark.prove
def test_a_day_in_the_shop(street: Street, sink: Any, rounds: Rounds) -> None:
    """Orders are traced through both zones, a slow provider loses them, fixing it brings them back."""
    rounds("shop-day", 1, lambda _seed: a_day(street, sink))


def a_day(street: Street, sink: Any) -> None:
    """Open, sell, break, fix and close."""
    shop = street.open()
    everywhere = set(product(SERVICES, ZONES))
    sink.wait_for(lambda: everywhere <= {(span.service, span.zone) for span in sink.spans.values()})
    sink.wait_for(lambda: any(len(sink.ancestry(o)) == 7 for o in sink.served("checkout", "POST /orders")))
    assert not [span for span in sink.spans.values() if span.failed]

    ordered = next(o for o in sink.served("checkout", "POST /orders") if len(sink.ancestry(o)) == 7)
    envoy = f"envoy-{ordered.zone}"
    assert [(span.service, span.kind) for span in sink.ancestry(ordered)] == [
        ("checkout", "SERVER"),
        (envoy, "CLIENT"),
        (envoy, "SERVER"),
        ("gateway", "CLIENT"),
        ("gateway", "SERVER"),
        ("edge", "CLIENT"),
        ("edge", "SERVER"),
    ]
    assert "payment-slow" in street.say("break", "payment-slow")
    sink.wait_for(lambda: sum(span.failed for span in sink.served("checkout", "POST /orders")) >= 5)
    charges = [span for span in sink.spans.values() if span.failed and span.name == "POST /v1/charges"]
    assert {span.attributes["server.address"] for span in charges} == {PROVIDER_HOST}
    assert {span.attributes["http.response.status_code"] for span in charges} == {"504"}

    assert "payment-slow" in street.say("mend")
    fixed = max(span.started_seconds for span in sink.spans.values())
    sink.wait_for(
        lambda: any(
            span.started_seconds > fixed and not span.failed
            for span in sink.served("checkout", "POST /orders")
        )
    )
    everyone = processes_of(shop)
    shop.send_signal(signal.SIGINT)
    assert shop.wait(PATIENCE_SECONDS) == 0
    street.assert_empty(everyone)
    assert sink.log_trace_ids & {span.trace_id for span in sink.spans.values()}
    assert {"http.server.request.duration", "bazaar.orders"} <= sink.metrics


@pytest.mark.prove
def test_every_fault_burns_in_the_real_shop(street: Street, sink: Any, rounds: Rounds) -> None:
    """With real processes, a real mesh and real shoppers each fault burns every objective it names."""
    rounds.over("shop-faults", list(FAULTS.values()), lambda fault: a_burning_day(street, sink, fault))


def a_burning_day(street: Street, sink: Any, fault: Fault) -> None:
    """Open a shop, break it until everything burns that the fault names, and close it."""
    sink.spans.clear()
    shop = street.open(pace=DEMO_JOURNEYS_PER_SECOND)
    sink.wait_for(lambda: len(sink.served("checkout", "POST /orders")) >= 5)
    street.say("break", fault.name)
    broken = max(span.started_seconds for span in sink.spans.values())
    sink.wait_for(
        lambda: all(sink.burn_of(name, broken) >= BURNING for name in fault.burns),
        patience_seconds=BURN_PATIENCE_SECONDS,
    )
    street.say("mend")
    shop.send_signal(signal.SIGINT)
    assert shop.wait(PATIENCE_SECONDS) == 0


@pytest.mark.prove
def test_it_opens_again_and_a_kill_leaves_nothing(street: Street, rounds: Rounds) -> None:
    """After `kill -9` of the supervisor nothing runs, and the next shop opens on the same data."""

    def one_ending(number: signal.Signals) -> None:
        shop = street.open()
        everyone = processes_of(shop)
        assert len(everyone) > len(SERVICES) * len(ZONES)
        shop.send_signal(number)
        shop.wait(PATIENCE_SECONDS)
        street.assert_empty(everyone)

    # Together one round: the second shop opens on what the first left.
    rounds("shop-kill", 1, lambda _seed: [one_ending(one) for one in (signal.SIGKILL, signal.SIGTERM)])


def test_told_to_stop_while_it_starts_it_leaves_nothing(street: Street) -> None:
    """An impatient person may stop it half-way, twice over: it ends well and leaves nothing."""
    shop = street.open(until="database ready")
    everyone = processes_of(shop)
    shop.send_signal(signal.SIGINT)
    shop.send_signal(signal.SIGINT)
    assert shop.wait(PATIENCE_SECONDS) == 0
    street.assert_empty(everyone)


def test_a_dead_part_closes_the_shop_and_is_named(street: Street) -> None:
    """When a replica dies the shop says which one, closes, and exits 3."""
    shop = street.open()
    everyone = processes_of(shop)
    street.parts()["payment-zone-b"].kill()
    _, words = shop.communicate(timeout=PATIENCE_SECONDS)
    assert "payment-zone-b was ended by SIGKILL" in words
    assert shop.returncode == 3
    street.assert_empty(everyone)


def test_a_second_shop_on_the_same_data_is_refused(street: Street) -> None:
    """Two shops cannot share a database: the second is refused and the first one's data is untouched."""
    hold = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print(1, flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(street.data / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    refused = subprocess.run(
        street.bazaar("up", "--data", str(street.data), "--base-port", str(street.layout.base_port)),
        env=street.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    holder.communicate("\n")
    assert refused.returncode == 3
    assert f"another shop works in {street.data}" in refused.stderr
