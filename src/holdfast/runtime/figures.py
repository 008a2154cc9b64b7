"""Figures as tables of the command line show them; a dash stands for what was not measured. Pure."""

from typing import Any

NONE = "–"
RARE = 0.1
"""Below so many events a unit of time, the next longer unit is taken."""

_UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def count(value: Any) -> str:
    """Write a number of events, which may be weighted and so not whole: `1,234.5`."""
    if value is None:
        return NONE
    return f"{value:,.0f}" if abs(value) >= 100_000 else f"{value:,.6g}"


def rate(value: Any) -> str:
    """Write events per second: `12.3/s`; rare ones per minute, hour or day, where `0.0/s` would mean none."""
    if value is None:
        return NONE
    for unit, seconds in (("s", 1), ("min", 60), ("h", 3600)):
        if value * seconds >= RARE or not value:
            return f"{value * seconds:.1f}/{unit}"
    return f"{value * 86_400:.2g}/d"


def times(value: Any) -> str:
    """Write a burn rate: `13.4×`."""
    return NONE if value is None else f"{value:.3g}×"


def percent(value: Any) -> str:
    """Write a share as a percentage of two decimals: `0.25%`."""
    return NONE if value is None else f"{value * 100:.2f}%"


def whole_percent(value: Any) -> str:
    """Write a share as a percentage without decimals: `83%`."""
    return NONE if value is None else f"{value * 100:.0f}%"


def remaining(value: Any) -> str:
    """Write what is left of a budget, in one unit however far it is overspent: `83%`, `-58%`, `-31,200%`."""
    return NONE if value is None else f"{value * 100:,.0f}%"


def exact_percent(value: Any) -> str:
    """Write a share as a percentage of six digits, as targets need: `99.95%`."""
    return NONE if value is None else f"{value * 100:.6g}%"


def latency(seconds: Any) -> str:
    """Write how long a request took, in microseconds, milliseconds or seconds: `84.2 ms`."""
    if seconds is None:
        return NONE
    if abs(seconds) >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.3g} ms" if abs(seconds) >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def duration(seconds: Any) -> str:
    """Write how long a state lasts or lasted, in its two largest units: `2 h 30 min`, `45 s`."""
    if seconds is None:
        return NONE
    left = round(seconds)
    at = next((at for at, (_, size) in enumerate(_UNITS) if left >= size), len(_UNITS) - 1)
    shown = []
    for unit, size in _UNITS[at : at + 2]:
        number, left = divmod(left, size)
        shown.append(f"{number} {unit}")
    return " ".join(part for part in shown if not part.startswith("0 ")) or "0 s"
