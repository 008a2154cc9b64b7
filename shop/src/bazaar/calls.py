"""Calls from one service to another, always through the zone's Envoy.

Answer                 the other side's answer, below 500
DependencyError        the other side failed: it answered 5xx, or not in time
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

# The mesh decides how long a call may take; this only ends calls that the mesh itself lost.
_LAST_RESORT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of another service, below 500."""

    status: int
    body: Any


class DependencyError(Exception):
    """The other side failed: it answered 5xx, or not in time."""

    def __init__(self, peer: str, route: str, status: int) -> None:
        super().__init__(f"{peer} answered {route} with {status}")
        self.peer = peer
        self.status = status


class Mesh:
    """A replica's way to all others; lives as long as the replica."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(
        self, host: str, route: str, *, query: dict[str, str] | None = None, **values: str
    ) -> Answer:
        """Read something."""
        return await self.call("GET", host, route, values=values, query=query)

    async def post(self, host: str, route: str, body: object, **values: str) -> Answer:
        """Make something happen."""
        return await self.call("POST", host, route, values=values, body=body)

    async def delete(self, host: str, route: str, **values: str) -> Answer:
        """Undo or clear something."""
        return await self.call("DELETE", host, route, values=values)

    async def call(
        self,
        method: str,
        host: str,
        route: str,
        *,
        values: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        body: object = None,
        peer: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One call. `route` is the template the other side serves, `values` fill its braces."""
        request = self._client.build_request(
            method,
            f"http://{host}{route.format(**values or {})}",
            params=query,
            json=body,
            headers=headers,
            extensions={"route": route, "peer": peer or host},
        )
        return await self._send(request, peer or host, f"{method} {route}")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _send(self, request: httpx.Request, peer: str, route: str) -> Answer:
        try:
            response = await self._client.send(request)
        except httpx.TimeoutException as error:
            raise DependencyError(peer, route, 504) from error
        except httpx.TransportError as error:
            raise DependencyError(peer, route, 502) from error
        if response.status_code >= 500:
            raise DependencyError(peer, route, response.status_code)
        return Answer(response.status_code, response.json() if response.content else None)


def through_envoy(egress_url: str) -> Mesh:
    """The mesh as seen by a replica: Envoy is the forward proxy for every host name."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=30.0)
    client = httpx.AsyncClient(proxy=egress_url, limits=limits, timeout=_LAST_RESORT_SECONDS, trust_env=False)
    return Mesh(client)
