"""Ports: opens one, and names the program that uses one already."""

from __future__ import annotations

import errno
import socket

import psutil

from bazaar.errors import PortTakenError
from bazaar.layout import HOST, Layout

_BACKLOG = 512


def listen(port: int, needed_for: str) -> socket.socket:
    """Return a listening socket on loopback; raise an error that names the program that has the port."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((HOST, port))
        taken.listen(_BACKLOG)
    except OSError as error:
        taken.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTakenError(port, needed_for, owner_of(port)) from error
    return taken


def check(layout: Layout) -> None:
    """Refuse now, before anything runs, if any port of the shop is taken."""
    needed = {layout.control_port: "its control", layout.provider_port: "the payment provider"}
    needed |= layout.mesh_ports()
    needed |= {replica.port: replica.name for replica in layout.replicas()}
    for port, needed_for in needed.items():
        listen(port, needed_for).close()


def owner_of(port: int) -> str:
    """Return the program that listens there, as far as this user may see it."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return "another program"
    for found in connections:
        if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port and found.pid:
            return _described(found.pid)
    return "another program"


def _described(pid: int) -> str:
    try:
        return f"{psutil.Process(pid).name()} (pid {pid})"
    except psutil.NoSuchProcess:
        return f"pid {pid}"
