"""The host agent: a process of its own that measures the host and all other parts, and sends it by OTLP."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

import httpx

from bazaar import NAME
from bazaar.host import Host, Watched
from bazaar.measures import request_of
from bazaar.telemetry import platform_identity

PAUSE_SECONDS = 10.0
SERVICE = "host-agent"

_TIMEOUT_SECONDS = 5.0
_log = logging.getLogger(f"{NAME}.agent")


def run(endpoint: str, watched: Sequence[Watched], sleep: Callable[[float], None] = time.sleep) -> None:
    """Measure and send, until ended."""
    host = Host({"service.name": SERVICE, **platform_identity()})
    with httpx.Client(trust_env=False, timeout=_TIMEOUT_SECONDS) as client:
        while True:
            sleep(PAUSE_SECONDS)
            send(client, endpoint, host, watched)


def send(client: httpx.Client, endpoint: str, host: Host, watched: Sequence[Watched]) -> None:
    """Send the current measures. A request that fails is not repeated, because the next one is as good."""
    body = request_of(host.measure(watched), time.time()).SerializeToString()
    kind = {"content-type": "application/x-protobuf"}
    try:
        client.post(f"{endpoint}/v1/metrics", content=body, headers=kind).raise_for_status()
    except httpx.HTTPError as error:
        _log.warning("the measures were not accepted: %s", error)
