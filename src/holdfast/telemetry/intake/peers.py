"""Limits how many of the gRPC port's connections one host may hold.

gRPC bounds only the total number of connections: one host could hold them all, unnoticed. So the process
looks at its own open sockets every half second. If a host has more than its share, its newest connections
are shut, which gRPC treats as a sender that hung up; its oldest ones, which work, stay.
"""

import logging
import os
import socket
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.telemetry.intake.limits import ConnectionLimits

log = logging.getLogger(__name__)

_FILES = "/dev/fd"
_MAPPED = "::ffff:"


@dataclass(frozen=True, slots=True)
class Crowd:
    """A port with too many connections: a `sentence` for people, and how many were `shut`."""

    sentence: str
    shut: int


class Peers:
    """Watches the connections of one port of this process; used by one thread, lives with its server."""

    def __init__(self, port: int, limits: ConnectionLimits) -> None:
        self._port = port
        self._limits = limits
        self._hosts: dict[int, str | None] = {}
        self._shut: set[int] = set()

    def look(self) -> Crowd | None:
        """Close the connections a host has beyond its share; return the crowd, if the port is crowded."""
        files = self._look_through()
        by_host: dict[str, list[int]] = {}
        for inode, host in self._hosts.items():
            if host is not None and inode not in self._shut:
                by_host.setdefault(host, []).append(inode)
        counts = Counter({host: len(inodes) for host, inodes in by_host.items()})
        shut = sum(self._shut_newest(files, inodes) for inodes in by_host.values())
        if not shut and counts.total() < self._limits.connections:
            return None
        crowd = Crowd(self._sentence(counts), shut)
        log.warning("%s; closed now: %d", crowd.sentence, shut)
        return crowd

    def _sentence(self, counts: Counter[str]) -> str:
        host, most = counts.most_common(1)[0]
        return (
            f"connections to port {self._port} are turned away: {counts.total()} of "
            f"{self._limits.connections} are open, {most} of them from {host}; one host may have "
            f"{self._limits.per_host}"
        )

    def _look_through(self) -> dict[int, int]:
        """Update the connected hosts, in order of arrival; return the file number of each socket."""
        files = _sockets()
        self._hosts = {inode: host for inode, host in self._hosts.items() if inode in files}
        self._shut &= files.keys()
        for inode, file in files.items():
            if inode not in self._hosts:
                self._hosts[inode] = _host(file, inode, self._port)
        return files

    def _shut_newest(self, files: dict[int, int], inodes: Sequence[int]) -> int:
        shut = [one for one in inodes[self._limits.per_host :] if _shut(files[one], one)]
        self._shut.update(shut)
        return len(shut)


def _sockets() -> dict[int, int]:
    """Return the file number of each open socket by its inode."""
    found = {}
    try:
        names = os.listdir(_FILES)
    except OSError:  # no file is left to list them with, or the system has no such list
        return {}
    for name in names:
        try:
            status = os.fstat(int(name))
        except OSError:  # closed since it was listed
            continue
        if stat.S_ISSOCK(status.st_mode):
            found[status.st_ino] = int(name)
    return found


def _opened(file: int, inode: int) -> socket.socket | None:
    """Return a duplicate of the socket; None if the file number belongs to another one by now."""
    try:
        copy = socket.socket(fileno=os.dup(file))
    except OSError:
        return None
    if os.fstat(copy.fileno()).st_ino == inode:
        return copy
    copy.close()
    return None


def _host(file: int, inode: int, port: int) -> str | None:
    """Return the host at the other end of a connection to `port`; None for any other socket."""
    copy = _opened(file, inode)
    if copy is None:
        return None
    with copy:
        if copy.family not in (socket.AF_INET, socket.AF_INET6):
            return None
        try:
            here, there = copy.getsockname(), copy.getpeername()
        except OSError:  # it listens, or is gone
            return None
    return str(there[0]).removeprefix(_MAPPED) if here[1] == port else None


def _shut(file: int, inode: int) -> bool:
    copy = _opened(file, inode)
    if copy is None:
        return False
    with copy:
        try:
            copy.shutdown(socket.SHUT_RDWR)
        except OSError:  # its sender was faster
            return False
    return True
