"""How figures are printed: what, how much, the machine and the day, so that a run can go into the docs."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def heading(title: str) -> None:
    """Print what is measured, on which machine, and when."""
    print(f"{title}\n{'-' * len(title)}")
    print(f"{machine()}; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n", flush=True)


def figure(what: str, value: str, note: str = "") -> None:
    """Print one figure."""
    print(f"{what:<58} {value:>16}  {note}".rstrip(), flush=True)


def verdict(what: str, value: float, unit: str, bound: float) -> dict[str, Any]:
    """Print a figure beside the most it may be, and return it for the line of JSON."""
    reached = value <= bound
    note = f"bound {bound:,.6g} {unit}: {'reached' if reached else 'missed'}"
    figure(what, f"{value:,.4g} {unit}", note)
    return {"what": what, "value": value, "unit": unit, "bound": bound, "reached": reached}


def json_line(benchmark: str, figures: Sequence[dict[str, Any]]) -> None:
    """Print all figures as one line of JSON, for a program to read."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    document = {"benchmark": benchmark, "at": at, "machine": machine(), "figures": figures}
    print(json.dumps(document), flush=True)


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
