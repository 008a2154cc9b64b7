"""Names and addresses of hosts: which of them mean this machine."""

import ipaddress


def host_name(host: str) -> str:
    """Return the name in a `Host` header without its port: `[::1]:7070` is `::1`."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine's own name or address for itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
