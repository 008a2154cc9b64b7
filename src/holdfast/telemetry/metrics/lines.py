"""The lines of a plot, from aggregates per group and step: the greatest, and the rest merged into one.

Pure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.metrics.functions import Function, Name
from holdfast.telemetry.metrics.grid import Grid
from holdfast.telemetry.metrics.histograms import Bucket
from holdfast.telemetry.metrics.measured import CountAggregate, GaugeAggregate, together
from holdfast.telemetry.metrics.model import Line
from holdfast.telemetry.metrics.places import differing

Aggregate = GaugeAggregate | CountAggregate


@dataclass(frozen=True, slots=True)
class Group:
    """Series that make one line: their attributes, their number, their aggregate per step and their senders.

    `label` is what the line is called if it was split off for where its senders run.
    """

    labels: Mapping[str, str]
    series: int
    measured: Mapping[int, Aggregate]
    senders: Collection[ServiceId] = ()
    label: str = ""


def lines(
    groups: Sequence[Group],
    function: Function,
    grid: Grid,
    *,
    complete: int,
    top: int,
    asked: Collection[str] = (),
) -> list[Line]:
    """Return the `top` lines with the greatest value over the range, and the rest, if any, merged into one.

    Of counts only the first `complete` steps are shown: later ones are not fully reported yet. The rest is
    merged from its aggregates: it is a sum where the function adds, and never an average of lines. It has no
    values if it would add up environments or namespaces that were not `asked` for.
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
    if _is_unmergeable(rest, function) or differing(rest.senders, asked):
        return [*drawn, Line({}, rest.series, (None,) * grid.steps, None, is_rest=True)]
    return [
        *drawn,
        _line(rest, _overall(rest, function, grid, complete), function, grid, complete, is_rest=True),
    ]


def _is_unmergeable(group: Group, function: Function) -> bool:
    """Whether several of its series cannot be merged into one value."""
    levels = any(isinstance(part, GaugeAggregate) for part in group.measured.values())
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
    rough, steps = _rough(function, shown), _rough_steps(function, shown, grid)
    return Line(group.labels, group.series, values, overall, is_rest, group.label, rough, steps)


def _rough(function: Function, shown: Mapping[int, Aggregate]) -> Bucket | None:
    whole = together(list(shown.values()))  # type: ignore[arg-type]  # all parts of a group are of one form
    return whole.rough(function) if isinstance(whole, CountAggregate) else None


def _rough_steps(function: Function, shown: Mapping[int, Aggregate], grid: Grid) -> tuple[Bucket | None, ...]:
    found = {step: part.rough(function) for step, part in shown.items() if isinstance(part, CountAggregate)}
    return tuple(found.get(step) for step in range(grid.steps)) if any(found.values()) else ()


def _shown(group: Group, grid: Grid, complete: int) -> dict[int, Aggregate]:
    return {
        step: part
        for step, part in group.measured.items()
        if step < (complete if isinstance(part, CountAggregate) else grid.steps)
    }


def _overall(group: Group, function: Function, grid: Grid, complete: int) -> float | None:
    """Return the function's value over all steps shown; for a sum of gauges, its average over them.

    Quantiles computed by senders cannot be merged over steps: for those it is the greatest.
    """
    shown = _shown(group, grid, complete)
    whole = together(list(shown.values()))  # type: ignore[arg-type]  # all parts of a group are of one form
    if whole is None:
        return None
    if isinstance(whole, GaugeAggregate) and function.name is Name.SUM:
        return whole.total / len(shown)
    if isinstance(whole, GaugeAggregate) and function.name is Name.QUANTILE:
        return whole.most
    return _number(whole.value(function, grid.step_seconds * len(shown)))


def _number(value: float | None) -> float | None:
    """Return a value that can be drawn, else None: sums of huge numbers may overflow."""
    return value if value is not None and isfinite(value) else None


def _together(groups: Sequence[Group]) -> Group:
    by_step: dict[int, list[Aggregate]] = {}
    for group in groups:
        for step, part in group.measured.items():
            by_step.setdefault(step, []).append(part)
    merged = {step: together(parts) for step, parts in by_step.items()}  # type: ignore[arg-type]  # one form
    measured = {step: part for step, part in merged.items() if part is not None}
    senders = frozenset(one for group in groups for one in group.senders)
    return Group({}, sum(group.series for group in groups), measured, senders)
