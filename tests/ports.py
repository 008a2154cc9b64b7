"""Ports for servers that are killed and started again: nobody else gets them meanwhile.

The system gives the ports of its own range to whoever asks for any, also to the sockets of clients. A server
that is down for a moment finds such a port taken, so these lie below that range.
"""

import random
import socket
from pathlib import Path

LOWEST = 10_240
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_chosen = random.SystemRandom()


def free_port() -> int:
    """Return a port of this machine that nobody uses now, and that the system gives to nobody."""
    highest = int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else 32_768
    while True:
        port = _chosen.randrange(LOWEST, highest)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
