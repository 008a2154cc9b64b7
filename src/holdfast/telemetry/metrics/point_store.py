"""Reads the points of selected series, which the engine reduces to an aggregate per group and step."""

from typing import Any

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.metrics import exponential
from holdfast.telemetry.metrics.functions import Function, Name
from holdfast.telemetry.metrics.grid import Grid, stale_after_seconds
from holdfast.telemetry.metrics.histograms import Histogram
from holdfast.telemetry.metrics.increments import increments_select, points_select
from holdfast.telemetry.metrics.levels import levels_select
from holdfast.telemetry.metrics.measured import CountAggregate, GaugeAggregate
from holdfast.telemetry.metrics.model import DISTRIBUTIONS, Exemplar, Kind, Temporality
from holdfast.telemetry.metrics.store import PACE_SECONDS, SelectedSeries, StreamSelection
from holdfast.telemetry.metrics.tables import POINT_TABLES
from holdfast.telemetry.warehouse.instants import between, nanoseconds, second_from, second_of
from holdfast.telemetry.warehouse.protocol import Warehouse

EXEMPLARS_MOST = 200

Measurements = dict[int, dict[int, GaugeAggregate]] | dict[int, dict[int, CountAggregate]]
"""The aggregates by group and step."""

_POINTS = (
    "ServiceName IN {services:Array(String)} AND MetricName = {metric:String} "
    f"AND {between('TimeUnix', 'since', 'until')}"
)
_TIME = "toUnixTimestamp64Nano(toDateTime64(TimeUnix, 9))"
# One NaN would make the sum of all NaN, for as long as its sender runs; the point still counts.
_TOTAL = "if(isFinite(Sum), Sum, 0)"
_AMOUNTS = {
    Kind.SUM: "[toFloat64(Value)]",
    Kind.SUMMARY: f"[toFloat64(Count), {_TOTAL}]",
    Kind.HISTOGRAM: f"[toFloat64(Count), {_TOTAL}]",
    Kind.EXPONENTIAL: f"[toFloat64(Count), {_TOTAL}, toFloat64(ZeroCount)]",
}
_WITH_BUCKETS = (
    f"arrayConcat([toFloat64(Count), {_TOTAL}], arrayMap(c -> toFloat64(c), arrayResize(BucketCounts, "
    "length(ExplicitBounds) + 1)))"
)


class PointStore:
    """Reads the tables of points."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def pace_seconds(self, selection: StreamSelection, selected: SelectedSeries, within: TimeRange) -> float:
        """Return the senders' reporting interval: the median distance of newest points of a few series."""
        until = min(selected.newest_epoch + 1, second_from(within.end))
        since = max(until - PACE_SECONDS, second_of(within.start))
        rows = self._warehouse.query(
            "SELECT quantileExact(0.5)(distance) FROM (SELECT arrayJoin(arrayFilter(d -> d > 0, "
            "arrayDifference(arraySort(groupUniqArray(1000)(toUnixTimestamp(TimeUnix)))))) AS distance "
            f"FROM {POINT_TABLES[selection.stream.kind]} WHERE {_POINTS} AND SeriesId IN "
            f"{{sample:Array(UInt64)}} "
            "GROUP BY SeriesId)",
            {
                "metric": selection.stream.metric,
                "services": list(selected.services),
                "since": since * 10**9,
                "until": until * 10**9,
                "sample": list(selected.sample),
            },
        )
        return float(rows[0][0]) if rows and rows[0][0] else 0.0

    def levels(
        self,
        selection: StreamSelection,
        selected: SelectedSeries,
        grid: Grid,
        within: TimeRange,
        function: Function,
        pace: float,
    ) -> dict[int, dict[int, GaugeAggregate]]:
        """Return the aggregate of gauge values per group and step."""
        value = _level_of(selection.stream.kind, function)
        stale = stale_after_seconds(pace) if selection.stream.kind not in DISTRIBUTIONS else 0.0
        sql = levels_select(
            POINT_TABLES[selection.stream.kind],
            value,
            _where(selection),
            selection.groups_select(),
            only_newest=function.name in (Name.SUM, Name.LAST, Name.QUANTILE),
        )
        found = self._warehouse.columns(sql, self._parameters(selection, selected, grid, within, pace, stale))
        measured: dict[int, dict[int, GaugeAggregate]] = {}
        columns = (found.get(name, ()) for name in ("g", "k", "total", "number", "least", "most"))
        for group, step, total, number, least, most in zip(*columns, strict=True):
            one = GaugeAggregate(float(total), int(number), float(least), float(most))
            measured.setdefault(int(group), {})[int(step)] = one
        return measured

    def counted(
        self,
        selection: StreamSelection,
        selected: SelectedSeries,
        grid: Grid,
        within: TimeRange,
        function: Function,
        pace: float,
    ) -> dict[int, dict[int, CountAggregate]]:
        """Return the aggregate of counts per group and step; with buckets if `function` is a quantile."""
        parameters = self._parameters(selection, selected, grid, within, pace, 0.0)
        found = self._warehouse.columns(_increments(selection, function), parameters)
        columns = (found.get(name, ()) for name in ("g", "k", "bounds", "amounts", "codes", "counts"))
        measured: dict[int, dict[int, CountAggregate]] = {}
        for group, step, bounds, amounts, codes, counts in zip(*columns, strict=True):
            buckets = _buckets(
                selection.stream.kind, function, amounts, tuple(map(float, bounds)), codes, counts
            )
            one = CountAggregate(float(amounts[0]), float(amounts[1]) if len(amounts) > 1 else 0.0, *buckets)
            steps = measured.setdefault(int(group), {})
            before = steps.get(int(step))
            steps[int(step)] = before.joined([one]) if before else one
        return measured

    def exemplars(
        self, selection: StreamSelection, selected: SelectedSeries, grid: Grid, within: TimeRange
    ) -> list[Exemplar]:
        """Return measured values with their traces, the greatest of each step, oldest first."""
        if selection.stream.kind is Kind.SUMMARY:
            return []
        rows = self._warehouse.query(
            "SELECT at / 1e9 AS epoch, value, trace, span, service FROM (SELECT ServiceName AS service, "
            "toUnixTimestamp64Nano(toDateTime64(e.1, 9)) AS at, e.2 AS value, e.3 AS trace, e.4 AS span "
            "FROM (SELECT ServiceName, arrayJoin(arrayZip(Exemplars.TimeUnix, Exemplars.Value, "
            f"Exemplars.TraceId, Exemplars.SpanId)) AS e FROM {POINT_TABLES[selection.stream.kind]} "
            f"WHERE {_POINTS} AND notEmpty(Exemplars.TraceId) AND SeriesId GLOBAL IN (SELECT SeriesId FROM "
            f"({selection.groups_select()})))) "
            # Values measured before the range may be reported in it.
            "WHERE trace != '' AND isFinite(value) AND at >= {since:Int64} AND at < {until:Int64} "
            f"ORDER BY value DESC LIMIT 1 BY intDiv(at, {{step:Int64}}) LIMIT {EXEMPLARS_MOST}",
            {
                **selection.parameters(within),
                "services": list(selected.services),
                "since": nanoseconds(within.start),
                "until": nanoseconds(within.end),
                "step": grid.step_seconds * 10**9,
            },
        )
        return sorted((Exemplar(*row) for row in rows), key=lambda one: one.at_epoch)

    def _parameters(
        self,
        selection: StreamSelection,
        selected: SelectedSeries,
        grid: Grid,
        within: TimeRange,
        pace: float,
        stale: float,
    ) -> dict[str, object]:
        """Return the parameters of SQL that reads points.

        Points are read from before the range, for the values and counts at its start, to behind it, for the
        counts at its end.
        """
        before = stale_after_seconds(pace)
        return {
            **selection.parameters(within),
            "services": list(selected.services),
            "origin": grid.first_epoch * 10**9,
            "step": float(grid.step_seconds),
            "steps": grid.steps,
            "stale": stale,
            "readfrom": -before,
            "since": int((grid.first_epoch - before) * 10**9),
            "until": int((grid.end_epoch + before) * 10**9),
        }


def _where(selection: StreamSelection) -> str:
    # On a cluster the selected series are computed once, not on every node for every other.
    return f"{_POINTS} AND SeriesId GLOBAL IN (SELECT SeriesId FROM ({selection.groups_select()}))"


def _level_of(kind: Kind, function: Function) -> str:
    """Return the expression for a point's value; NULL if it has none."""
    if kind is Kind.SUMMARY:
        place = f"arrayFirstIndex(q -> abs(q - {function.share}) < 1e-9, ValueAtQuantiles.Quantile)"
        value = f"ValueAtQuantiles.Value[{place}]"
        return f"if({place} > 0 AND isFinite({value}), {value}, NULL)"
    if kind in DISTRIBUTIONS:
        # Senders without extremes omit them, which is read as 0: a maximum below the average is not one.
        has_bounds = "Count > 0 AND Min <= Sum / Count + 1e-9 AND Max >= Sum / Count - 1e-9"
        value = "Min" if function.name is Name.MIN else "Max"
        return f"if({has_bounds} AND isFinite({value}), {value}, NULL)"
    return "if(isFinite(Value), Value, NULL)"


def _increments(selection: StreamSelection, function: Function) -> str:
    kind = selection.stream.kind
    is_delta = selection.stream.temporality is Temporality.DELTA
    amounts, options = _AMOUNTS[kind], {}
    if function.name is Name.QUANTILE and kind is Kind.HISTOGRAM:
        amounts, options = _WITH_BUCKETS, {"bounds": "ExplicitBounds"}
    if function.name is Name.QUANTILE and kind is Kind.EXPONENTIAL:
        options = {"buckets": _packed()}
    where = f"{_where(selection)} AND {_is_counted(kind, function)}"
    points = points_select(POINT_TABLES[kind], amounts, where, is_delta=is_delta, **options)
    return increments_select(points, selection.groups_select(), is_delta=is_delta)


def _is_counted(kind: Kind, function: Function) -> str:
    """Return the condition for points that can be merged: a NaN would make the merged value NaN."""
    if kind is Kind.SUM:
        return "isFinite(Value)"
    return "isFinite(Sum)" if function.name is Name.AVG else "1"


def _packed() -> str:
    sides = (("Positive", False), ("Negative", True))
    codes = (
        f"arrayMap(n -> {exponential.code_sql(f'{side}Offset + n - 1', is_negative=negative)}, "
        f"arrayEnumerate({side}BucketCounts))"
        for side, negative in sides
    )
    counts = (f"arrayMap(c -> toFloat64(c), {side}BucketCounts)" for side, _ in sides)
    return f"arrayConcat({', '.join(codes)}), arrayConcat({', '.join(counts)})"


def _buckets(
    kind: Kind, function: Function, amounts: Any, bounds: tuple[float, ...], codes: Any, counts: Any
) -> tuple[tuple[Histogram, ...], tuple[exponential.Exponential, ...]]:
    """Return the distribution of values, as explicit and exponential buckets; empty if not requested."""
    if function.name is not Name.QUANTILE:
        return (), ()
    if kind is Kind.HISTOGRAM:
        return (Histogram.of(bounds, tuple(map(float, amounts[2:]))),), ()
    return (), (exponential.unpacked(codes, counts, float(amounts[2])),)
