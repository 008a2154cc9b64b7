"""Opens the ports that the server listens on, and names the program that uses one already."""

import errno
import socket

import psutil

from holdfast.runtime.errors import Unavailable

BACKLOG = 2048


def listen(host: str, port: int, *, purpose: str, setting: str) -> socket.socket:
    """Return a listening socket on `host` and `port` (0 for any free one), or raise `Unavailable`."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except socket.gaierror as error:
        raise Unavailable(f"the address {host!r} for {purpose} is not known: {error.strerror}") from error
    opened = socket.socket(family, socket.SOCK_STREAM)
    # A port of a server that has just stopped can be opened again at once; one in use cannot.
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise Unavailable(_refusal(error, host, port, purpose, setting)) from error
    return opened


def address(opened: socket.socket) -> str:
    """Return `HOST:PORT` of a listening socket."""
    host, port = opened.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def holder(port: int) -> str | None:
    """Return the program that listens on `port` (`python, pid 12`), or None if it is unknown."""
    try:
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port and found.pid:
                return f"{psutil.Process(found.pid).name()}, pid {found.pid}"
    except (psutil.Error, OSError):
        return None
    return None


def _refusal(error: OSError, host: str, port: int, purpose: str, setting: str) -> str:
    other = f"choose another with --{setting} or HOLDFAST_{setting.upper().replace('-', '_')}"
    if error.errno == errno.EADDRINUSE:
        by = holder(port)
        return f"port {port} for {purpose} is taken{f' by {by}' if by else ''}; stop that or {other}"
    if error.errno == errno.EACCES:
        return f"port {port} for {purpose} needs more rights than this user has; {other}"
    return f"{host}:{port} for {purpose} cannot be opened: {error.strerror}; {other}"
