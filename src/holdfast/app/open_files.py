"""How many files this process may open: each connection takes one, and so does each open part of a table."""

import resource
import sys
from pathlib import Path

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.intake.limits import FILES_PER_CONNECTION, ConnectionLimits

WANTED = FILES_PER_CONNECTION * ConnectionLimits().connections
"""With fewer the ports accept fewer connections than intended."""
LEAST = 400
"""An idle server has about a hundred open; with fewer than this it fails in its first busy minute."""
RAISE = "raise it with `ulimit -n`, or with LimitNOFILE= in a systemd unit"


def raise_limit() -> int:
    """Raise the soft limit as far as the hard one allows; return how many files may be open now.

    Raises `Unavailable` if they are too few to serve with.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = limit()
    if files < LEAST:
        raise Unavailable(
            f"this process may open {files} files and needs at least {LEAST}; {RAISE}",
            value=str(files),
            rule=f"at least {LEAST} open files",
        )
    return files


def limit() -> int:
    """Return how many files this process may have open."""
    return _count(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def most() -> int:
    """Return how many files a server started from here could open: it raises its limit to the hard one."""
    return _count(resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def limit_of(pid: int) -> int | None:
    """Return how many files another process may have open; None where that cannot be seen."""
    try:
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    except OSError:
        return None
    soft = next((line.split()[3] for line in lines if line.startswith("Max open files")), "")
    return int(soft) if soft.isdecimal() else None


def shortage(files: int) -> str:
    """Return a sentence on the effect of too few files; empty if they are enough."""
    if files >= WANTED:
        return ""
    wanted, granted = ConnectionLimits(), ConnectionLimits().within(files)
    return (
        f"{files} files may be open, so each port accepts {granted.connections} connections instead of "
        f"{wanted.connections}"
    )


def _count(value: int) -> int:
    return sys.maxsize if value == resource.RLIM_INFINITY else value
