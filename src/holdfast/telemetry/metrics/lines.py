"""From what was measured per group and step to the lines of a plot: the greatest, and the rest as one.

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from holdfast.telemetry.metrics.functions import Function, Name
from holdfast.telemetry.metrics.grid import Grid
from holdfast.telemetry.metrics.measured import Counted, Level, together
from holdfast.telemetry.metrics.model import Line

Part = Level | Counted


@dataclass(frozen=True, slots=True)
class Group:
    """Series that make one line: their attributes, how many they are, and what was measured by step."""

    labels: Mapping[str, str]
    series: int
    measured: Mapping[int, Part]


def lines(groups: Sequence[Group], function: Function, grid: Grid, *, complete: int, top: int) -> list[Line]:
    """Return the `top` lines with the greatest value over the range, and if there are more, the rest as one.

    Of what is counted only the first `complete` steps are shown: later ones have not all been reported.
    The rest is everything else merged: added up where the function adds, and never an average of lines.
    """
    ranked = sorted(
        ((_overall(group, function, grid, complete), group) for group in groups),
        key=lambda pair: (pair[0] is None, -(pair[0] or 0.0), sorted(pair[1].labels.items())),
    )
    drawn = [_line(group, overall, function, grid, complete) for overall, group in ranked[:top]]
    beyond = [group for _, group in ranked[top:]]
    if not beyond:
        return drawn
    rest = _together(beyond)
    if _is_unmergeable(rest, function):
        return [*drawn, Line({}, rest.series, (None,) * grid.steps, None, is_rest=True)]
    return [
        *drawn,
        _line(rest, _overall(rest, function, grid, complete), function, grid, complete, is_rest=True),
    ]


def _is_unmergeable(group: Group, function: Function) -> bool:
    """Whether there is no such thing as the value of several of its series together."""
    levels = any(isinstance(part, Level) for part in group.measured.values())
    return levels and function.name is Name.QUANTILE


def _line(
    group: Group,
    overall: float | None,
    function: Function,
    grid: Grid,
    complete: int,
    *,
    is_rest: bool = False,
) -> Line:
    shown = _shown(group, grid, complete)
    values = tuple(
        _number(part.value(function, grid.step_seconds)) if (part := shown.get(step)) is not None else None
        for step in range(grid.steps)
    )
    return Line(group.labels, group.series, values, overall, is_rest)


def _shown(group: Group, grid: Grid, complete: int) -> dict[int, Part]:
    return {
        step: part
        for step, part in group.measured.items()
        if step < (complete if isinstance(part, Counted) else grid.steps)
    }


def _overall(group: Group, function: Function, grid: Grid, complete: int) -> float | None:
    """Return the function's value over all steps shown; a sum that stood as its average over them.

    Quantiles worked out by senders cannot be merged over steps either: there it is the greatest of them.
    """
    shown = _shown(group, grid, complete)
    whole = together(list(shown.values()))  # type: ignore[arg-type]  # all parts of a group are of one form
    if whole is None:
        return None
    if isinstance(whole, Level) and function.name is Name.SUM:
        return whole.total / len(shown)
    if isinstance(whole, Level) and function.name is Name.QUANTILE:
        return whole.most
    return _number(whole.value(function, grid.step_seconds * len(shown)))


def _number(value: float | None) -> float | None:
    """Return a value that can be drawn: sums of numbers near the greatest there are may be none."""
    return value if value is not None and isfinite(value) else None


def _together(groups: Sequence[Group]) -> Group:
    by_step: dict[int, list[Part]] = {}
    for group in groups:
        for step, part in group.measured.items():
            by_step.setdefault(step, []).append(part)
    merged = {step: together(parts) for step, parts in by_step.items()}  # type: ignore[arg-type]  # one form
    measured = {step: part for step, part in merged.items() if part is not None}
    return Group({}, sum(group.series for group in groups), measured)
