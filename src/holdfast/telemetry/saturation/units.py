"""Amounts in units, with their limit: `27 of 30 connections`, `276 of 512 MiB`. Pure."""

from dataclasses import dataclass
from enum import StrEnum

_SCALES = {
    "ns": 1e-9,
    "us": 1e-6,
    "ms": 1e-3,
    "%": 1e-2,
    "kBy": 1e3,
    "MBy": 1e6,
    "GBy": 1e9,
    "KiBy": 2.0**10,
    "MiBy": 2.0**20,
    "GiBy": 2.0**30,
}
_SIZES = (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10), ("B", 1.0))


class UnitKind(StrEnum):
    """How an amount is written."""

    COUNT = "count"
    BYTES = "bytes"
    CPUS = "cpus"
    RATIO = "ratio"
    TIME = "time"
    TIME_SHARE = "time_share"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Unit:
    """A kind of amount, and the noun for one: `connection`, or of a ratio what it is a share of."""

    kind: UnitKind
    noun: str = ""


def scale_of(unit: str) -> float:
    """Return the factor from a metric's unit to seconds, bytes or a plain number."""
    return _SCALES.get(unit, 1.0)


def short(used: float, limit: float | None, unit: Unit) -> str:
    """Write an amount and its limit beside the name of what is counted: `27 of 30`."""
    if unit.kind is not UnitKind.COUNT:
        return text(used, limit, unit)
    return _number(used) if limit is None else f"{_number(used)} of {_number(limit)}"


def text(used: float, limit: float | None, unit: Unit) -> str:
    """Write an amount and its limit in units, never only a percentage of something unnamed."""
    if unit.kind is UnitKind.BYTES:
        return _bytes(used, limit)
    if unit.kind is UnitKind.RATIO:
        return f"{_share(used)} of {unit.noun}"
    if unit.kind is UnitKind.TIME:
        return _time(used)
    if unit.kind is UnitKind.TIME_SHARE:
        return f"{_time(used)} of each 1 s"
    amount, whole = _number(used), None if limit is None else _number(limit)
    each = "/s" if unit.kind is UnitKind.RATE else ""
    if whole is None:
        return f"{amount} {_plural(unit.noun, used)}{each}"
    return f"{amount} of {whole} {_plural(unit.noun, limit or 0)}{each}"


def _bytes(used: float, limit: float | None) -> str:
    amount, unit = _size(used)
    if limit is None:
        return f"{amount} {unit}"
    whole, limit_unit = _size(limit)
    return f"{amount} of {whole} {unit}" if unit == limit_unit else f"{amount} {unit} of {whole} {limit_unit}"


def _size(amount: float) -> tuple[str, str]:
    name, size = next((each for each in _SIZES if amount >= each[1]), _SIZES[-1])
    return _number(amount / size), name


def _time(seconds: float) -> str:
    if seconds >= 1 or not seconds:
        return f"{_number(seconds)} s"
    unit, each = ("ms", 1e-3) if seconds >= 1e-3 else ("µs", 1e-6)
    return f"{_number(seconds / each)} {unit}"


def _share(ratio: float) -> str:
    return "<1%" if 0 < ratio < 0.01 else f"{ratio * 100:.0f}%"


def _number(value: float) -> str:
    """Write three digits, and of counts all that stand before the point."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2g}" if abs(value) < 1 else f"{value:.3g}"


def _plural(noun: str, number: float) -> str:
    return noun if number == 1 or noun.endswith("s") else f"{noun}s"
