"""What people ask of metrics: which there are, what one is made of, and a plot of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Invalid, NotFound, TooLarge
from holdfast.runtime.timerange import TimeRange, parse_range
from holdfast.telemetry.instants import second_from
from holdfast.telemetry.metrics import functions
from holdfast.telemetry.metrics.functions import Function, Name
from holdfast.telemetry.metrics.grid import Grid, stale_after_seconds
from holdfast.telemetry.metrics.lines import Group, lines
from holdfast.telemetry.metrics.measured import Counted, Level
from holdfast.telemetry.metrics.model import (
    DISTRIBUTIONS,
    EACH,
    Attribute,
    Exemplar,
    Filter,
    Kind,
    Line,
    Stream,
)
from holdfast.telemetry.metrics.point_store import PointStore
from holdfast.telemetry.metrics.store import SERIES_MOST, Choice, Chosen, MetricStore
from holdfast.telemetry.name_caps import NAME_CAPS, OTHER
from holdfast.telemetry.warehouse import Warehouse

DEFAULT_RANGE = timedelta(hours=1)
DEFAULT_TOP = 10


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its streams, those of most series first, and the attributes of its series."""

    name: str
    streams: tuple[Stream, ...]
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """What a plot is asked for; what is left out is the usual. `kind` and `unit` choose among streams."""

    function: str | None = None
    by: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    kind: str | None = None
    unit: str | None = None
    step_seconds: int | None = None
    top: int = DEFAULT_TOP


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines of one stream over a range, with values that were measured in a trace.

    `others` are further streams of the metric, which are not in it. `pace_seconds` is how often its senders
    report; `is_stale` says that nothing has come for longer than a value stands.
    """

    stream: Stream
    others: tuple[Stream, ...]
    function: Function
    unit: str
    by: tuple[str, ...]
    grid: Grid
    lines: tuple[Line, ...]
    exemplars: tuple[Exemplar, ...]
    series: int
    newest_epoch: int
    pace_seconds: float
    is_stale: bool


class MetricsService:
    """Answers questions about metrics; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, clock: Clock) -> None:
        self._store = MetricStore(warehouse)
        self._points = PointStore(warehouse)
        self._clock = clock

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the range asked for, by default the last hour."""
        return parse_range(start, end, now=self._clock.now(), default=DEFAULT_RANGE)

    def metrics(
        self, within: TimeRange, *, text: str, service: str, cursor: str | None, limit: int
    ) -> tuple[list[Metric], bool]:
        """Return metrics with points in the range by name, and whether there are more.

        A cursor is the name of the metric a page comes behind.
        """
        found = self._store.listing(within, text=text, service=service, after=cursor or "", limit=limit + 1)
        listed = [
            Metric(name, tuple(streams)) for name, streams in groupby(found, key=lambda one: one.metric)
        ]
        return listed[:limit], len(listed) > limit

    def metric(self, name: str, within: TimeRange) -> Metric:
        """Return one metric with its attributes.

        Raises:
            NotFound: it has no points in the range.
        """
        return Metric(name, self._streams(name, within), tuple(self._store.attributes(name, within)))

    def plot(self, name: str, within: TimeRange, ask: Ask) -> Plot:
        """Return the lines of a metric.

        Raises:
            NotFound: it has no points in the range, or none of the kind or unit asked for.
            Invalid: the function makes no sense of it, or a filter, the step or the grouping breaks a rule.
            TooLarge: more series than one plot may read.
        """
        stream, others = _picked(self._streams(name, within), ask)
        function = Function.parse(ask.function) if ask.function else functions.usual(stream)
        functions.check(function, stream)
        choice = Choice(stream, tuple(Filter.parse(text) for text in ask.filters), _by(ask, stream, function))
        chosen = self._store.chosen(choice, within)
        _check_size(chosen, stream)
        pace = self._points.pace_seconds(choice, chosen, within) if chosen.series else 0.0
        grid = Grid.over(within, asked=ask.step_seconds, pace_seconds=pace)
        newest = min(chosen.newest_epoch, second_from(within.end))
        return Plot(
            stream=stream,
            others=others,
            function=function,
            unit=functions.unit_of(function, stream),
            by=choice.by,
            grid=grid,
            lines=tuple(self._lines(choice, chosen, grid, within, function, pace, ask.top)),
            exemplars=tuple(self._points.exemplars(choice, chosen, grid, within)) if chosen.series else (),
            series=chosen.series,
            newest_epoch=newest,
            pace_seconds=pace,
            is_stale=_has_ended(newest, within, pace),
        )

    def _streams(self, name: str, within: TimeRange) -> tuple[Stream, ...]:
        found = tuple(self._store.streams(name, within))
        if not found:
            # What is beyond the cap has points, and no series to plot: to say that it has none may be wrong.
            has_others = bool(self._store.streams(OTHER, within))
            hint = f", or it is one of those beyond {NAME_CAPS.metric.total:,} names, which are not plotted"
            raise NotFound(
                f"no metric {name!r} has points in this range; try a longer range, or see `holdfast metric "
                f"ls`{hint if has_others else ''}",
                value=name,
            )
        return found

    def _lines(
        self,
        choice: Choice,
        chosen: Chosen,
        grid: Grid,
        within: TimeRange,
        function: Function,
        pace: float,
        top: int,
    ) -> list[Line]:
        if not chosen.series:
            return []
        measured: dict[int, dict[int, Level]] | dict[int, dict[int, Counted]]
        if _is_counted(choice.stream, function):
            measured = self._points.counted(choice, chosen, grid, within, function, pace)
        else:
            measured = self._points.levels(choice, chosen, grid, within, function, pace)
        numbers = {number: labels for number, (labels, _) in chosen.groups.items() if number in measured}
        groups = [
            Group(
                # Lines of a series each are named once it is known which are drawn.
                {"": str(number)} if choice.is_each else dict(zip(choice.by, labels, strict=True)),
                chosen.groups[number][1],
                measured[number],
            )
            for number, labels in numbers.items()
        ]
        complete = _complete(chosen, grid, within, pace)
        found = lines(groups, function, grid, complete=complete, top=top)
        return self._named(found, choice, within) if choice.is_each else found

    def _named(self, found: Sequence[Line], choice: Choice, within: TimeRange) -> list[Line]:
        """Return lines of a series each with the attributes in which they differ."""
        numbers = [int(line.labels[""]) for line in found if not line.is_rest]
        labels = self._store.labels(choice, within, numbers)
        keys = {key for one in labels.values() for key in one}
        telling = sorted(k for k in keys if len({one.get(k) for one in labels.values()}) > 1)
        return [
            line
            if line.is_rest
            else replace(line, labels={k: labels[int(line.labels[""])].get(k, "") for k in telling})
            for line in found
        ]


def _picked(streams: tuple[Stream, ...], ask: Ask) -> tuple[Stream, tuple[Stream, ...]]:
    """Return the stream asked for, or the one of most series, and the others."""
    for one in streams:
        if ask.kind in (None, one.kind.value) and ask.unit in (None, one.unit):
            return one, tuple(other for other in streams if other is not one)
    known = "; ".join(f"{one.kind} in {one.unit or 'no unit'}" for one in streams)
    wanted = " in ".join(part for part in (ask.kind, ask.unit) if part is not None)
    raise NotFound(f"{streams[0].metric} has no points as {wanted}; it has {known}", value=wanted)


def _by(ask: Ask, stream: Stream, function: Function) -> tuple[str, ...]:
    """Return the grouping; quantiles worked out by senders are only drawn series by series."""
    if EACH in ask.by and len(ask.by) > 1:
        raise Invalid(
            f"by={','.join(ask.by)} asks for each series and for groups; write one of them",
            value=",".join(ask.by),
            rule="by is * or attributes",
        )
    if stream.kind is Kind.SUMMARY and function.name is Name.QUANTILE and ask.by != (EACH,):
        if ask.by:
            raise Invalid(
                f"{function.text} of the summary {stream.metric} was worked out by each sender, and "
                "quantiles of "
                "several cannot be merged; write by=* for a line per series",
                value=",".join(ask.by),
                rule="quantiles of summaries are not merged",
            )
        return (EACH,)
    return tuple(dict.fromkeys(ask.by))


def _check_size(chosen: Chosen, stream: Stream) -> None:
    if chosen.series > SERIES_MOST:
        raise TooLarge(
            f"{stream.metric} has more than {SERIES_MOST:,} series in this range; "
            "filter by an attribute, for example where=service.name=NAME",
            value=stream.metric,
            rule=f"at most {SERIES_MOST} series in a plot",
        )


def _complete(chosen: Chosen, grid: Grid, within: TimeRange, pace: float) -> int:
    """Return how many steps everything has been reported of."""
    if _has_ended(chosen.newest_epoch, within, pace):
        return grid.steps
    # Series that report at the same pace do so at different moments; one pace after a step all have.
    return grid.complete(chosen.newest_epoch - pace)


def _has_ended(newest_epoch: float, within: TimeRange, pace: float) -> bool:
    """Whether nothing has come for longer than a value stands."""
    return within.end.timestamp() - newest_epoch > stale_after_seconds(pace)


def _is_counted(stream: Stream, function: Function) -> bool:
    """Whether the function is about what was counted, not about what stood."""
    if stream.kind in DISTRIBUTIONS:
        return function.name not in (Name.MIN, Name.MAX)
    if stream.kind is Kind.SUMMARY:
        return function.name is not Name.QUANTILE
    return function.is_counted
