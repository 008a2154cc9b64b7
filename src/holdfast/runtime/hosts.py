"""Names and addresses of hosts: which mean this machine, and which `Host` headers are valid."""

import ipaddress
import re

PORT_MOST = 65_535
_HOST = re.compile(
    r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?)\.?)(?::(?P<port>[0-9]{0,5}))?"
)


def host_name(host: str) -> str | None:
    """Return the name in a `Host` header without its port: `[::1]:7070` is `::1`; None if it is no host.

    Parsed strictly: text after a bracket, an @ or a second colon must not make a foreign name pass. Case and
    one trailing dot make no difference.
    """
    found = _HOST.fullmatch(host.strip(" \t").lower())
    if found is None or int(found["port"] or 0) > PORT_MOST:
        return None
    if found["address"] is not None:
        return found["address"] if _is_v6(found["address"]) else None
    name = found["name"]
    return None if ".." in name else name


def is_loopback(host: str | None) -> bool:
    """Whether `host` is a loopback name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _is_v6(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).version == 6
    except ValueError:
        return False
