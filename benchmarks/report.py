"""How figures are printed: what, how much, the machine and the day, so that a run can go into the docs."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def heading(title: str) -> None:
    """Print what is measured, on which machine, and when."""
    print(f"{title}\n{'-' * len(title)}")
    print(f"{machine()}; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n", flush=True)


def figure(what: str, value: str, note: str = "") -> None:
    """Print one figure."""
    print(f"{what:<58} {value:>16}  {note}".rstrip(), flush=True)


def machine() -> str:
    """Return cores, processor, memory and Python in a few words."""
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory_gib:.0f} GiB, Python {platform.python_version()}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
