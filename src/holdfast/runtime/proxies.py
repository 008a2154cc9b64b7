"""Requests that come through a proxy: which forwarded headers are trusted.

Anybody can write an `X-Forwarded-*` header. It counts only when the connection comes from an address that the
operator has named in HOLDFAST_TRUSTED_PROXIES; otherwise the caller is the address of the connection.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

UNKNOWN = "unknown"
"""Shown for a caller whose connection has no address."""
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers that only a proxy writes: a request with one of them is not a local one."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """The networks whose machines are trusted to name the caller; none by default."""

    networks: frozenset[Network] = frozenset()

    def caller(self, request: HTTPConnection) -> str:
        """Return the caller's address: behind trusted proxies, the one that the outermost of them saw."""
        peer = request.client.host if request.client else UNKNOWN
        if not self._trusts(_address(peer)):
            return peer
        return self._outermost(peer, _listed(request.headers, "x-forwarded-for"))

    def is_tls(self, request: HTTPConnection) -> bool:
        """Whether the request came by TLS, to this server or to a trusted proxy."""
        if request.url.scheme == "https":
            return True
        peer = request.client.host if request.client else UNKNOWN
        said = _listed(request.headers, "x-forwarded-proto")
        return self._trusts(_address(peer)) and said[-1:] == ["https"]

    def _outermost(self, peer: str, chain: list[str]) -> str:
        # Each proxy appends the address it saw. From the end backwards, the first untrusted one is the
        # caller; the caller itself wrote what comes before it.
        seen = peer
        for written in reversed(chain):
            address = _address(written)
            if address is None:
                return seen
            seen = str(address)
            if not self._trusts(address):
                return seen
        return seen

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.networks)


def networks(written: Iterable[str]) -> frozenset[Network]:
    """Read addresses and networks: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.

    Raises:
        ValueError: one of them is neither.
    """
    return frozenset(ipaddress.ip_network(one) for one in written)


def _listed(headers: Headers, name: str) -> list[str]:
    return [one.strip().lower() for value in headers.getlist(name) for one in value.split(",") if one.strip()]


def _address(written: str) -> Address | None:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
