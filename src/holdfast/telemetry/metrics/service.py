"""The use cases of metrics: listing them, describing one, and plotting one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Invalid, NotFound, TooLarge
from holdfast.runtime.timerange import TimeRange, parse_range
from holdfast.telemetry.identity.model import EVERYWHERE, PlaceFilter, labels
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.metrics import functions, places
from holdfast.telemetry.metrics.functions import Function, Name
from holdfast.telemetry.metrics.grid import Grid, silent_after_seconds, stale_after_seconds
from holdfast.telemetry.metrics.lines import Group, lines
from holdfast.telemetry.metrics.measured import CountAggregate, GaugeAggregate
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
from holdfast.telemetry.metrics.store import SERIES_MOST, Listed, MetricStore, SelectedSeries, StreamSelection
from holdfast.telemetry.warehouse.instants import second_from
from holdfast.telemetry.warehouse.name_caps import NAME_CAPS, OTHER
from holdfast.telemetry.warehouse.protocol import Warehouse

DEFAULT_TOP = 10


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its streams, those with most series first, and the attributes of its series."""

    name: str
    streams: tuple[Stream, ...]
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """The query of a plot; omitted parts have their defaults. `kind` and `unit` select a stream.

    `scope` and `cluster` limit it to senders that run there.
    """

    function: str | None = None
    by: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    kind: str | None = None
    unit: str | None = None
    step_seconds: int | None = None
    top: int = DEFAULT_TOP
    scope: PlaceFilter = EVERYWHERE
    cluster: str | None = None

    @property
    def named(self) -> frozenset[str]:
        """Which of environment and namespace it names, so that they may be added up."""
        keys = {Filter.parse(text).key for text in self.filters} | set(self.by)
        return places.named(keys, self.scope)


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot: lines of one stream over a range, with exemplars from traces.

    `others` are the metric's streams outside the plot. `pace_seconds` is its senders' reporting interval;
    `is_stale` says that no point arrived within the staleness window. `split_by` is what its lines were split
    by unasked: the environment or namespace in which services of one name differ.
    """

    stream: Stream
    others: tuple[Stream, ...]
    function: Function
    unit: str
    by: tuple[str, ...]
    split_by: tuple[str, ...]
    grid: Grid
    lines: tuple[Line, ...]
    exemplars: tuple[Exemplar, ...]
    series: int
    newest_epoch: int
    pace_seconds: float
    is_stale: bool


class MetricsService:
    """Answers questions about metrics; lives as long as the process.

    `stored_through` is the instant up to which every received point is stored, by default now.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        clock: Clock,
        stored_through: Callable[[], datetime] | None = None,
        names: ServiceNames = AS_SENT,
    ) -> None:
        self._store = MetricStore(warehouse, names)
        self._points = PointStore(warehouse)
        self._clock = clock
        self._stored_through = stored_through or clock.now

    def range(self, start: str | None, end: str | None) -> TimeRange:
        """Return the requested range, by default the last hour."""
        return parse_range(start, end, now=self._clock.now())

    def metrics(
        self, within: TimeRange, wanted: Listed, *, cursor: str | None, limit: int
    ) -> tuple[list[Metric], bool]:
        """Return metrics with points in the range by name, and whether there are more.

        A cursor is the name of the last metric of the page before.
        """
        found = self._store.listing(within, wanted, after=cursor or "", limit=limit + 1)
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
            NotFound: it has no points in the range, or none of the requested kind or unit.
            Invalid: the function does not apply, or a filter, the step or the grouping breaks a rule.
            TooLarge: more series than one plot may read.
        """
        stream, others = _picked(self._streams(name, within), ask)
        function = Function.parse(ask.function) if ask.function else functions.usual(stream)
        functions.check(function, stream)
        selection, selected = self._selected(ask, stream, function, within)
        pace = self._points.pace_seconds(selection, selected, within) if selected.series else 0.0
        grid = Grid.over(within, asked=ask.step_seconds, pace_seconds=pace)
        newest = min(selected.newest_epoch, second_from(within.end))
        return Plot(
            stream=stream,
            others=others,
            function=function,
            unit=functions.unit_of(function, stream),
            by=selection.by,
            split_by=selection.split,
            grid=grid,
            lines=tuple(self._lines(selection, selected, grid, within, function, pace, ask)),
            exemplars=tuple(self._points.exemplars(selection, selected, grid, within))
            if selected.series
            else (),
            series=selected.series,
            newest_epoch=newest,
            pace_seconds=pace,
            is_stale=within.end.timestamp() - newest > stale_after_seconds(pace),
        )

    def _selected(
        self, ask: Ask, stream: Stream, function: Function, within: TimeRange
    ) -> tuple[StreamSelection, SelectedSeries]:
        """Return the series of a plot by group, split where services of one name run in several places."""
        filters = tuple(Filter.parse(text) for text in ask.filters)
        selection = StreamSelection(
            stream, filters, _by(ask, stream, function), scope=ask.scope, cluster=ask.cluster
        )
        selected = self._store.selected(selection, within)
        _check_size(selected, stream)
        split = places.differing(selected.every_sender, ask.named)
        if selection.is_each or not split:
            return selection, selected
        selection = replace(selection, split=split)
        return selection, self._store.selected(selection, within)

    def _streams(self, name: str, within: TimeRange) -> tuple[Stream, ...]:
        found = tuple(self._store.streams(name, within))
        if not found:
            # A metric beyond the cap has points but no series to plot, so "no points" may be wrong.
            has_others = bool(self._store.streams(OTHER, within))
            hint = f", or it is beyond the {NAME_CAPS.metric.total:,} metric names that can be plotted"
            raise NotFound(
                f"no metric {name!r} has points in this range; try a longer range, or see `holdfast metric "
                f"ls`{hint if has_others else ''}",
                value=name,
            )
        return found

    def _lines(
        self,
        selection: StreamSelection,
        selected: SelectedSeries,
        grid: Grid,
        within: TimeRange,
        function: Function,
        pace: float,
        ask: Ask,
    ) -> list[Line]:
        if not selected.series:
            return []
        measured: dict[int, dict[int, GaugeAggregate]] | dict[int, dict[int, CountAggregate]]
        if _is_counted(selection.stream, function):
            measured = self._points.counted(selection, selected, grid, within, function, pace)
        else:
            measured = self._points.levels(selection, selected, grid, within, function, pace)
        groups = _groups(selection, selected, measured)
        complete = _complete(selected, grid, self._stored_through(), pace)
        found = lines(groups, function, grid, complete=complete, top=ask.top, asked=ask.named)
        return self._named(found, selection, within) if selection.is_each else found

    def _named(self, found: Sequence[Line], selection: StreamSelection, within: TimeRange) -> list[Line]:
        """Return lines of single series, labelled with the attributes in which they differ."""
        numbers = [int(line.labels[""]) for line in found if not line.is_rest]
        labels = self._store.labels(selection, within, numbers)
        keys = {key for one in labels.values() for key in one}
        telling = sorted(k for k in keys if len({one.get(k) for one in labels.values()}) > 1)
        return [
            line
            if line.is_rest
            else replace(line, labels={k: labels[int(line.labels[""])].get(k, "") for k in telling})
            for line in found
        ]


def _groups(
    selection: StreamSelection,
    selected: SelectedSeries,
    measured: Mapping[int, Mapping[int, GaugeAggregate]] | Mapping[int, Mapping[int, CountAggregate]],
) -> list[Group]:
    called = labels(selected.every_sender) if selection.split else {}
    return [
        Group(
            # Lines of single series are labelled once it is known which are drawn.
            {"": str(number)} if selection.is_each else dict(zip(selection.keys, values, strict=True)),
            series,
            measured[number],
            selected.senders[number],
            places.label(selected.senders[number], called, selection.split) if selection.split else "",
        )
        for number, (values, series) in selected.groups.items()
        if number in measured
    ]


def _picked(streams: tuple[Stream, ...], ask: Ask) -> tuple[Stream, tuple[Stream, ...]]:
    """Return the requested stream, by default the one with most series, and the others."""
    for one in streams:
        if ask.kind in (None, one.kind.value) and ask.unit in (None, one.unit):
            return one, tuple(other for other in streams if other is not one)
    known = "; ".join(f"{one.kind} in {one.unit or 'no unit'}" for one in streams)
    wanted = " in ".join(part for part in (ask.kind, ask.unit) if part is not None)
    raise NotFound(f"{streams[0].metric} has no points as {wanted}; it has {known}", value=wanted)


def _by(ask: Ask, stream: Stream, function: Function) -> tuple[str, ...]:
    """Return the grouping; quantiles computed by senders are only drawn per series."""
    if EACH in ask.by and len(ask.by) > 1:
        raise Invalid(
            f"by={','.join(ask.by)} asks for each series and for groups; write one of them",
            value=",".join(ask.by),
            rule="by is * or attributes",
        )
    if stream.kind is Kind.SUMMARY and function.name is Name.QUANTILE and ask.by != (EACH,):
        if ask.by:
            raise Invalid(
                f"{function.text} of the summary {stream.metric} is computed by each sender, and "
                "quantiles of "
                "several cannot be merged; write by=* for a line per series",
                value=",".join(ask.by),
                rule="quantiles of summaries are not merged",
            )
        return (EACH,)
    return tuple(dict.fromkeys(ask.by))


def _check_size(selected: SelectedSeries, stream: Stream) -> None:
    if selected.series > SERIES_MOST:
        raise TooLarge(
            f"{stream.metric} has more than {SERIES_MOST:,} series in this range; "
            "filter by an attribute, for example where=service.name=NAME",
            value=stream.metric,
            rule=f"at most {SERIES_MOST} series in a plot",
        )


def _complete(selected: SelectedSeries, grid: Grid, stored_through: datetime, pace: float) -> int:
    """Return the number of steps that are fully reported; all, once the stream has fallen silent."""
    if stored_through.timestamp() - selected.newest_epoch > silent_after_seconds(pace):
        return grid.steps
    # Series with the same interval report at different moments; one interval after a step all have.
    return grid.complete(selected.newest_epoch - pace)


def _is_counted(stream: Stream, function: Function) -> bool:
    """Whether the function reads counts and not gauge values."""
    if stream.kind in DISTRIBUTIONS:
        return function.name not in (Name.MIN, Name.MAX)
    if stream.kind is Kind.SUMMARY:
        return function.name is not Name.QUANTILE
    return function.is_counted
