"""Waits until a part answers, and notices when it died instead."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx
import psycopg
from nats.errors import Error as NatsError
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bazaar import jetstream
from bazaar.errors import NotReadyError
from bazaar.layout import HOST, Layout
from bazaar.parts import Part

_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 30.0


def wait_for(
    part: Part,
    ready: Callable[[], bool],
    *,
    meanwhile: Callable[[], None] = lambda: None,
    patience_seconds: float = _PATIENCE_SECONDS,
) -> None:
    """Ask until it is ready; a dead part or too long a wait is an error. `meanwhile` may end the wait."""
    deadline = time.monotonic() + patience_seconds
    while not ready():
        part.must_live()
        meanwhile()
        if time.monotonic() > deadline:
            raise NotReadyError(part.name, patience_seconds, part.log, part.last_lines())
        time.sleep(_POLL_SECONDS)


def database_answers(conninfo: str) -> bool:
    """Whether PostgreSQL accepts connections."""
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:
        return False
    return True


def cache_answers(client: Redis) -> bool:
    """Whether Redis is there."""
    try:
        return bool(client.ping())
    except RedisConnectionError:
        return False


def queue_answers(layout: Layout) -> bool:
    """Whether NATS is there, its stream made."""
    try:
        asyncio.run(jetstream.prepare(layout))
    except (OSError, NatsError):
        return False
    return True


def service_answers(client: httpx.Client, port: int) -> bool:
    """Whether a service says that it is healthy."""
    try:
        return client.get(f"http://{HOST}:{port}/healthz").is_success
    except httpx.TransportError:
        return False


def mesh_sees_everyone(client: httpx.Client, admin_port: int) -> bool:
    """Whether an Envoy is up and has found every replica healthy: no shopper will see a 503."""
    try:
        ready = client.get(f"http://{HOST}:{admin_port}/ready")
        clusters = client.get(f"http://{HOST}:{admin_port}/clusters", params={"format": "json"})
    except httpx.TransportError:
        return False
    return ready.is_success and _all_healthy(clusters.json())


def _all_healthy(clusters: dict[str, list[dict[str, object]]]) -> bool:
    return all(
        host["health_status"] == {"eds_health_status": "HEALTHY"}
        for cluster in clusters.get("cluster_statuses", [])
        for host in cluster.get("host_statuses", [])  # type: ignore[attr-defined]  # JSON has no types
    )
