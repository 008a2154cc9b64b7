"""How the use of a resource grew: memory that leaks, CPU that jumped, what piles up, and when a limit is
reached. Pure.
"""

from dataclasses import dataclass

from holdfast.telemetry.metrics.model import EARLIER_SECONDS
from holdfast.telemetry.saturation.units import Unit, UnitKind, text

GROWN_RATIO, GROWN_BYTES = 0.1, 16 * 2.0**20
"""Memory grows if ten minutes added a tenth and 16 MiB: what a cache or a collector moves is less."""

HOUR_RATIO = 0.5
"""Memory that stopped growing is still said if it is half as much again as the least of the last hour."""

JUMPED_TIMES, JUMPED_CPUS = 2.0, 0.2
"""CPU jumped if it is twice that of ten minutes before, and a fifth of a CPU more."""

MORE_TIMES, MORE_COUNT = 3.0, 20
"""What waits or is in use left its usual if it is three times what it was, and twenty more."""

SOON_MINUTES = 360
"""Further ahead a straight line says nothing."""

_MINUTES = EARLIER_SECONDS // 60


@dataclass(frozen=True, slots=True)
class Trend:
    """What one instance used ten minutes before, and least in the last hour; None where not stored."""

    earlier: float | None = None
    lowest: float | None = None


NO_TREND = Trend()


def grown(used: float, trend: Trend, unit: Unit) -> float:
    """Return how much more is used than ten minutes before, if that is much; else 0."""
    if trend.earlier is None:
        return 0.0
    more = used - trend.earlier
    if unit.kind is UnitKind.BYTES and more >= max(GROWN_BYTES, GROWN_RATIO * trend.earlier):
        return more
    if unit.kind is UnitKind.CPUS and more >= JUMPED_CPUS and used >= JUMPED_TIMES * trend.earlier:
        return more
    if unit.kind is UnitKind.COUNT and more >= MORE_COUNT and used >= MORE_TIMES * trend.earlier:
        return more
    return 0.0


def grown_in_hour(used: float, trend: Trend, unit: Unit) -> float:
    """Return how much more is used than at least in the last hour, of CPU at its start, if that is much.

    A count that goes up and down all the time has not grown: it must have been high ten minutes before too.
    """
    if trend.lowest is None or trend.earlier is None:
        return 0.0
    more = used - trend.lowest
    if unit.kind is UnitKind.CPUS:
        return more if more >= JUMPED_CPUS and used >= JUMPED_TIMES * trend.lowest else 0.0
    if unit.kind is UnitKind.COUNT:
        least = min(used, trend.earlier)
        is_much = least - trend.lowest >= MORE_COUNT and least >= MORE_TIMES * trend.lowest
        return more if is_much else 0.0
    if unit.kind is not UnitKind.BYTES:
        return 0.0
    return more if more >= max(GROWN_BYTES, HOUR_RATIO * trend.lowest) else 0.0


def trend_text(used: float, limit: float | None, trend: Trend, unit: Unit) -> str:
    """Write how use grew: `+38 MiB in 10 min, limit in about 26 min`; empty if it did not."""
    if more := grown(used, trend, unit):
        return f"+{text(more, None, unit)} in {_MINUTES} min{_until(used, limit, more)}"
    if more := grown_in_hour(used, trend, unit):
        return f"+{text(more, None, unit)} in the last hour"
    return ""


def _until(used: float, limit: float | None, more: float) -> str:
    if limit is None or limit <= used:
        return ""
    minutes = (limit - used) / more * _MINUTES
    return f", limit in about {max(1, round(minutes))} min" if minutes <= SOON_MINUTES else ""
