"""What was counted, and what stood, worked out slowly and plainly: point by point, second by second."""

from collections.abc import Sequence
from dataclasses import dataclass

STEP = 60


@dataclass(frozen=True)
class Reported:
    """One point: its instant, its value, and the start its sender names (None: unknown)."""

    at: float
    value: float
    start: float | None = None


def spans_of_counting(points: Sequence[Reported], read_from: float) -> list[tuple[float, float, float]]:
    """Return (from, to, amount) of everything a cumulative series counted, by the rules in `increments`."""
    streams: dict[float | None, dict[float, float]] = {}
    is_told = any(one.start is not None and one.start < one.at for one in points)
    for one in points:
        start = one.start if is_told and one.start is not None and one.start <= one.at else None
        instants = streams.setdefault(start, {})
        instants[one.at] = max(one.value, instants.get(one.at, one.value))
    counted = []
    for start, instants in streams.items():
        before: tuple[float, float] | None = None
        for at in sorted(instants):
            value = instants[at]
            if before is not None:
                counted.append((before[0], at, value - before[1] if value >= before[1] else value))
            elif start is not None and read_from <= start < at:
                counted.append((start, at, value))
            before = (at, value)
    return counted


def shared_out(counted: Sequence[tuple[float, float, float]], steps: int) -> dict[int, float]:
    """Return what falls into each step, second by second; whole seconds only."""
    found: dict[int, float] = {}
    for since, until, amount in counted:
        for second in range(int(since), int(until)):
            step = second // STEP
            if 0 <= step < steps:
                found[step] = found.get(step, 0.0) + amount / (until - since)
    return found


def standing(points: Sequence[Reported], steps: int, *, stale_after: float) -> dict[int, float]:
    """Return the newest value of each step: its own, or the one that stood when it began; None ends it."""
    known = {one.at: one.value for one in sorted(points, key=lambda one: (one.at, one.value))}
    found: dict[int, float] = {}
    for step in range(steps):
        reached = [at for at in known if at < (step + 1) * STEP]
        if reached and int((max(reached) + stale_after) // STEP) >= step:
            found[step] = known[max(reached)]
    return found
