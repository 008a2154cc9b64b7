"""An objective over time: events per step, the budget of the window before each moment, burn rates. Pure.

Everything is a difference of two running totals. The budget of a long window needs its left edge only to the
hour, so 28 days of hours and the shown range in fine slices are all that is read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from holdfast.catalog.model import Objective
from holdfast.objectives.alerting.chance import CHANCE
from holdfast.telemetry.counting.model import Numbers, Slices
from holdfast.telemetry.counting.windows import Grain, left_edge, left_grain

BURN_WINDOWS = (timedelta(hours=1), timedelta(hours=6))
POINTS_MOST = 2000
_RUN_SECONDS = 60
"""A run is known by its first minute: later it may be worse, and its beginning is still its own."""
TEN_SECONDS_KEPT = 2 * 86_400
MINUTES_KEPT = 45 * 86_400

ReadSlices = Callable[[int, int, int, Grain], Slices]
"""Returns an SLI's slices of [start, end) in one width."""

Ratios = NDArray[np.float64]
"""Ratios for drawing; not a number where there were no events."""


@dataclass(frozen=True, slots=True)
class Series:
    """Parallel arrays over steps that begin at `times`; ratios belong to the end of the step."""

    step_seconds: int
    times: Numbers
    good: Numbers
    total: Numbers
    budget_remaining_ratio: Ratios
    burn: tuple[Ratios, ...]


@dataclass(frozen=True, slots=True)
class _Running:
    """Running totals over slices: `good(t)` counts everything that starts before `t`."""

    starts: Numbers
    good_until: Numbers
    total_until: Numbers

    def good(self, when: Numbers) -> Numbers:
        return self.good_until[np.searchsorted(self.starts, when, side="left")]

    def total(self, when: Numbers) -> Numbers:
        return self.total_until[np.searchsorted(self.starts, when, side="left")]


def series_of(
    objective: Objective, read: ReadSlices, *, start: int, end: int, step: int, edge: int
) -> Series:
    """Return the series of [start, end), in steps of whole multiples of 10 s, measured up to `edge`."""
    times = np.arange(start - start % step, max(end, start + 1), step, dtype=np.int64)
    ends = np.minimum(times + step, max(edge, int(times[0])))
    grain = grain_for(step, age=edge - int(times[0]))
    window = objective.window
    is_short = left_grain(window) is not Grain.HOUR
    longest = max(*BURN_WINDOWS, window) if is_short else max(BURN_WINDOWS)
    fine_start = grain.floor(int(times[0]) - int(longest.total_seconds()) - 3600)
    sli = objective.sli.id
    fine = _running(read(sli, fine_start, int(ends[-1]), grain))
    if is_short:
        whole = _trailing(fine, ends, window)
    else:
        hours_start = left_edge(int(times[0]), window)
        hours = _running(read(sli, hours_start, int(ends[-1]), Grain.HOUR))
        whole = _joined(hours, fine, ends, window, Grain.HOUR.ceiling(fine_start))
    return Series(
        step_seconds=step,
        times=times,
        good=fine.good(ends) - fine.good(times),
        total=fine.total(ends) - fine.total(times),
        budget_remaining_ratio=1 - _burn(*whole, objective),
        burn=tuple(_burn(*_trailing(fine, ends, window), objective) for window in BURN_WINDOWS),
    )


def grain_for(step: int, *, age: int) -> Grain:
    """Return the finest slices that a series of this step needs and that are still kept."""
    if step < Grain.MINUTE.value and age < TEN_SECONDS_KEPT:
        return Grain.TEN_SECONDS
    return Grain.MINUTE if step < Grain.HOUR.value and age < MINUTES_KEPT else Grain.HOUR


def onset_of(slices: Slices, *, allowed_ratio: float) -> int | None:
    """Return when the present run of errors began, or None if there is none.

    Each slice scores its bad events less those that `allowed_ratio` would allow; the onset is where the sum
    from there to the end is largest (the change point of a CUSUM). Half the threshold's error ratio serves as
    `allowed_ratio`: well above the ordinary, well below what fires. Strays before the run are not part of it.
    """
    if not len(slices.starts):
        return None
    scores = (slices.total - slices.good) - allowed_ratio * slices.total
    from_here = np.cumsum(scores[::-1])[::-1]
    best = int(np.argmax(from_here))
    return int(slices.starts[_past_strays(slices, best)]) if from_here[best] > 0 else None


def _past_strays(slices: Slices, first: int) -> int:
    """Return where a run begins that a single bad event, and a clean stretch after it, do not belong to.

    They do not where the run, at its error ratio in its first minute, would hardly have had that stretch: in
    little traffic one bad event outweighs a minute of good ones, and the sum alone would reach back to it.
    """
    bad = slices.total - slices.good
    failing = np.flatnonzero(bad)
    for stray, start in pairwise(failing[failing >= first].tolist()):
        run = (slices.starts >= slices.starts[start]) & (slices.starts < slices.starts[start] + _RUN_SECONDS)
        ratio = bad[run].sum() / slices.total[run].sum()
        clean = int(slices.total[stray + 1 : start].sum())
        if bad[stray] > 1 or (1 - ratio) ** clean >= CHANCE:
            return int(stray)
    return int(failing[-1])


def nullable(ratios: Ratios) -> list[float | None]:
    """Return ratios with None where there were no events."""
    return [
        None if missing else value for value, missing in zip(ratios.tolist(), np.isnan(ratios), strict=True)
    ]


def _running(slices: Slices) -> _Running:
    zero = np.zeros(1, dtype=np.int64)
    good, total = np.cumsum(slices.good), np.cumsum(slices.total)
    return _Running(slices.starts, np.concatenate([zero, good]), np.concatenate([zero, total]))


def _trailing(running: _Running, ends: Numbers, window: timedelta) -> tuple[Numbers, Numbers]:
    starts = _lefts(ends, window)
    return running.good(ends) - running.good(starts), running.total(ends) - running.total(starts)


def _joined(
    hours: _Running, fine: _Running, ends: Numbers, window: timedelta, seam: int
) -> tuple[Numbers, Numbers]:
    """Count windows whose left part is read in hours and whose right part, from `seam` on, in fine slices."""
    starts, at_seam = _lefts(ends, window), np.array([seam], dtype=np.int64)
    good = hours.good(at_seam) - hours.good(starts) + fine.good(ends) - fine.good(at_seam)
    total = hours.total(at_seam) - hours.total(starts) + fine.total(ends) - fine.total(at_seam)
    return good, total


def _lefts(ends: Numbers, window: timedelta) -> Numbers:
    grain = left_grain(window).value
    starts: Numbers = ends - int(window.total_seconds())
    return starts - starts % grain


def _burn(good: Numbers, total: Numbers, objective: Objective) -> Ratios:
    # Without events the ratio is 0/0: not a number, and no warning.
    with np.errstate(invalid="ignore"):
        ratios: Ratios = (total - good) / (total * float(1 - objective.target))
    return ratios
