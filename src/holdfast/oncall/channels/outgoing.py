"""Where messages may go: an address of the catalog is resolved and checked before each call.

What resolves to this machine or a private network is refused unless the installation allows it: else a
document could make the server speak to services that trust it.
"""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

Lookup = Callable[[str], "tuple[str, ...]"]
"""The IP addresses of a host name; raises OSError where there are none."""


class Refused(ValueError):
    """An address that nothing may be sent to, and why."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """Looks names up; `is_private_allowed` lets messages go to this machine and to private networks."""

    lookup: Lookup
    is_private_allowed: bool = False


def lookup(host: str) -> tuple[str, ...]:
    """Return the IP addresses of a host by the machine's resolver."""
    return tuple(str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))


def checked(url: str, resolver: Resolver) -> tuple[str, ...]:
    """Return the IP addresses that a URL's host has now.

    Raises:
        Refused: it has none, or one of them may not be called.
    """
    host = _host(url)
    try:
        found = resolver.lookup(host)
    except OSError as error:
        raise Refused(f"{host} has no address: {error}") from error
    for one in found:
        if not resolver.is_private_allowed and not ipaddress.ip_address(one.partition("%")[0]).is_global:
            raise Refused(f"{host} is {one}, which is not a public address; HOLDFAST_ALLOW_PRIVATE allows it")
    if not found:
        raise Refused(f"{host} has no address")
    return found


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # a port that is none raises
    except ValueError as error:
        raise Refused(f"this address is none: {error}") from error
    if not host:
        raise Refused("this address names no host")
    return host
