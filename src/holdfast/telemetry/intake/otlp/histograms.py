"""Checks the buckets of a histogram's point by the rules of OTLP. Pure.

In a point that breaks them it is unknown which bucket counts what: its percentiles would be wrong.
"""

import math
from collections.abc import Callable, Sequence
from operator import lt
from typing import Any

from holdfast.telemetry.intake.otlp.batch import Rule

SCALE_LEAST, SCALE_MOST = -11, 20
"""Valid scales: at −11 two buckets hold all doubles, at 20 every double has a 32-bit index."""


def _explicit_fault(point: Any) -> tuple[Rule, str] | None:
    bounds, counts = point.explicit_bounds, point.bucket_counts
    if len(counts) != len(bounds) + 1 and (counts or bounds):
        return Rule.BAD_BUCKET_COUNTS, f"{len(counts)} bucket_counts with {len(bounds)} explicit_bounds"
    return _bounds_fault(list(bounds)) if bounds else None


def _bounds_fault(bounds: Sequence[float]) -> tuple[Rule, str] | None:
    if all(map(lt, bounds, bounds[1:])) and not math.isnan(bounds[0]):
        return None
    place = next((n for n in range(1, len(bounds)) if not bounds[n - 1] < bounds[n]), 0)
    before = f" after {bounds[place - 1]!r}" if place else ""
    return Rule.BAD_BOUNDS, f"explicit_bounds[{place}]={bounds[place]!r}{before}"


def _exponential_fault(point: Any) -> tuple[Rule, str] | None:
    if SCALE_LEAST <= point.scale <= SCALE_MOST:
        return None
    return Rule.BAD_SCALE, f"scale={point.scale}, not in {SCALE_LEAST} to {SCALE_MOST}"


BUCKET_FAULTS: dict[str, Callable[[Any], tuple[Rule, str] | None]] = {
    "histogram": _explicit_fault,
    "exponential_histogram": _exponential_fault,
}
"""By the kind of metric, a function that returns what is wrong with a point's buckets."""
