"""Counts log lines: per step and severity, and by the values of their fields.

Where the counts kept at insert suffice, they are read; everything else is counted among the lines, in which
the engine's indexes find rare ones at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.logs.model import COUNTED, PLACES, LogFilter
from holdfast.telemetry.logs.sampling import Basis, pick
from holdfast.telemetry.logs.selection import (
    Where,
    count_value,
    counts_where,
    line_value,
    lines_where,
)
from holdfast.telemetry.logs.strides import Slice
from holdfast.telemetry.logs.tables import PLACES_COUNTED, counts_table
from holdfast.telemetry.names.store import BOUNDED_VALUES
from holdfast.telemetry.spans.slices import grain_seconds
from holdfast.telemetry.warehouse.protocol import Warehouse

BOUND_STEPS = 400
"""Steps into which a search for the newest lines divides the range; a stride ends between two of them."""

VALUES_READ_MOST = 5_000
SLICE_SECONDS = 10
_ALL = Basis(0, 0)


@dataclass(frozen=True, slots=True)
class LevelCount:
    """The number of lines of one level in the step that begins at `epoch`."""

    epoch: int
    level: int
    lines: int


@dataclass(frozen=True, slots=True)
class _Since:
    """Since when lines are counted as they are stored, at all and by their places; seconds since 1970."""

    any: int
    places: int


@dataclass(frozen=True, slots=True)
class _Source:
    """A table to count in: its condition, the time of a row, and the number of lines a row represents."""

    table: str
    where: Where
    time: str
    lines: str
    is_rollup: bool


class LogCounts:
    """Counts the lines in `otel_logs`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._known_since: _Since | None = None

    def by_level(self, wanted: LogFilter, step_seconds: int) -> list[LevelCount]:
        """Return the number of lines per level and step; steps without lines are omitted."""
        source = self._source(wanted)
        rows = self._warehouse.query(
            f"SELECT {_step_of(source.time)} AS epoch, "
            f"Level, toInt64({source.lines}) FROM {source.table} WHERE {source.where.sql} "
            "GROUP BY epoch, Level ORDER BY epoch, Level LIMIT 100000",
            {**source.where.parameters, "step": step_seconds},
        )
        return [LevelCount(*row) for row in rows]

    def values(self, wanted: LogFilter, field: str, most: int, basis: Basis) -> list[tuple[str, int]]:
        """Return a field's values in these lines with their numbers of lines, the most frequent first."""
        source = self._source(wanted, field, basis)
        value = count_value(field) if source.is_rollup else line_value(field, "{key:String}")
        rows = self._warehouse.query(
            f"SELECT toString({value}) AS value, toInt64({source.lines}) AS found FROM {source.table} "
            f"WHERE {source.where.sql} GROUP BY value ORDER BY found DESC, value LIMIT {{most:UInt32}}"
            f"{BOUNDED_VALUES}",
            {**source.where.parameters, "key": field, "most": most},
        )
        return [(value, basis.scaled(lines)) for value, lines in rows]

    def parts(self, wanted: LogFilter, basis: Basis, level: int) -> tuple[int, int]:
        """Return the number of examined lines below a level, and of those at or above it."""
        table, where, lines = "otel_logs", lines_where(wanted, basis.slices), "1"
        if basis.slices and self._is_counted(wanted):
            # Whole slices are examined, so the counts of those slices are exact.
            table, where, lines = counts_table(SLICE_SECONDS), counts_where(wanted), "Lines"
            where = Where(f"{where.sql} AND Slice IN {{slices:Array(UInt32)}}", where.parameters)
        rows = self._warehouse.query(
            f"SELECT toInt64(sumIf({lines}, Level < {{level:UInt8}})), "
            f"toInt64(sumIf({lines}, Level >= {{level:UInt8}})) FROM {table} WHERE {where.sql}",
            {**where.parameters, "level": level, "slices": list(basis.slices)},
        )
        return (rows[0][0], rows[0][1]) if rows else (0, 0)

    def attributes(
        self, wanted: LogFilter, keys: int, values: int, basis: Basis
    ) -> dict[str, list[tuple[str, int]]]:
        """Return the values of the lines' own attributes with their lines; the most frequent keys first."""
        where = lines_where(wanted, basis.slices)
        rows = self._warehouse.query(
            "SELECT key, value, lines FROM (SELECT key, value, lines, "
            "sum(lines) OVER (PARTITION BY key) AS of_key FROM ("
            "SELECT key, value, toInt64(count()) AS lines FROM otel_logs "
            "ARRAY JOIN mapKeys(LogAttributes) AS key, mapValues(LogAttributes) AS value, "
            "arrayEnumerateUniq(mapKeys(LogAttributes)) AS nth "
            f"WHERE {where.sql} AND nth = 1 GROUP BY key, value ORDER BY lines DESC, key, value "
            f"LIMIT {VALUES_READ_MOST})) "
            "ORDER BY of_key DESC, key, lines DESC, value LIMIT {values:UInt32} BY key LIMIT {rows:UInt32}"
            f"{BOUNDED_VALUES}",
            {**where.parameters, "values": values, "rows": keys * values},
        )
        found: dict[str, list[tuple[str, int]]] = {}
        for key, value, lines in rows:
            found.setdefault(key, []).append((value, basis.scaled(lines)))
        return dict(list(found.items())[:keys])

    def basis(self, wanted: LogFilter, budget_lines: int) -> Basis:
        """Return the lines to examine for an answer: all, or a sample of at most `budget_lines`."""
        return self.bases(wanted, (budget_lines,))[0]

    def bases(self, wanted: LogFilter, budgets_lines: Sequence[int]) -> list[Basis]:
        """Return the lines to examine for each of several budgets."""
        counted = self._as_counted(wanted)
        slices = self._slices(counted, grain_seconds(wanted.within))
        return [self._basis(wanted, counted, slices, budget_lines) for budget_lines in budgets_lines]

    def _basis(
        self, wanted: LogFilter, counted: LogFilter, slices: Sequence[Slice], budget_lines: int
    ) -> Basis:
        total = sum(lines for _, lines in slices)
        if min(total, self._lines_to_read(wanted, total, budget_lines)) <= budget_lines:
            return Basis(total, total)
        picked = pick(slices, budget_lines)
        if grain_seconds(wanted.within) > SLICE_SECONDS:
            picked = self._ten_seconds_of_each(counted, picked)
        return Basis(sum(lines for _, lines in picked), total, tuple(epoch for epoch, _ in picked))

    def _lines_to_read(self, wanted: LogFilter, total: int, budget_lines: int) -> int:
        """Return the number of lines the engine must read after its indexes; `total` if it cannot say."""
        if total <= budget_lines or not (wanted.terms or wanted.traces):
            return total
        where = lines_where(wanted)
        rows = self._warehouse.query(
            f"EXPLAIN ESTIMATE SELECT count() FROM otel_logs WHERE {where.sql}", where.parameters
        )
        # Columns: database, table, parts, rows, marks.
        return sum(row[3] for row in rows) if rows else total

    def _ten_seconds_of_each(self, counted: LogFilter, picked: tuple[Slice, ...]) -> tuple[Slice, ...]:
        """Return, for each of these five minutes, the middle one of its ten seconds with lines."""
        found: list[Slice] = []
        for epoch, _ in picked:
            start = datetime.fromtimestamp(epoch, UTC)
            within = TimeRange(start, start + timedelta(seconds=300))
            inner = self._slices(replace(counted, within=within), SLICE_SECONDS)
            found.extend(inner[len(inner) // 2 : len(inner) // 2 + 1])
        return tuple(found)

    def _slices(self, counted: LogFilter, grain: int) -> list[Slice]:
        where = counts_where(counted)
        rows = self._warehouse.query(
            "SELECT toInt64(toUnixTimestamp(Slice)) AS epoch, toInt64(sum(Lines)) "
            f"FROM {counts_table(grain)} WHERE {where.sql} "
            "GROUP BY epoch ORDER BY epoch DESC LIMIT 200000",
            where.parameters,
        )
        return [(epoch, lines) for epoch, lines in rows]

    def upper_bounds(self, wanted: LogFilter) -> list[Slice]:
        """Return steps, newest first, with the number of lines in each by the counted conditions alone."""
        table, where = counts_table(grain_seconds(wanted.within)), counts_where(self._as_counted(wanted))
        step = wanted.within.step_seconds(points=BOUND_STEPS, at_least=grain_seconds(wanted.within))
        rows = self._warehouse.query(
            f"SELECT {_step_of('Slice')} AS epoch, "
            f"toInt64(sum(Lines)) FROM {table} WHERE {where.sql} "
            "GROUP BY epoch ORDER BY epoch DESC LIMIT 100000",
            {**where.parameters, "step": step},
        )
        return [(epoch, lines) for epoch, lines in rows]

    def _source(self, wanted: LogFilter, field: str = "service", basis: Basis = _ALL) -> _Source:
        if self._is_counted(wanted, field):
            table = counts_table(grain_seconds(wanted.within))
            return _Source(table, counts_where(wanted), "Slice", "sum(Lines)", is_rollup=True)
        return _Source(
            "otel_logs", lines_where(wanted, basis.slices), "Timestamp", "count()", is_rollup=False
        )

    def has_counts(self, wanted: LogFilter, field: str = "service") -> bool:
        """Whether lines are counted by all fields of a filter and by this one, so that none need be read."""
        return wanted.is_counted and {field, *wanted.fields} <= set(self._fields(wanted.within))

    def named_places(self, wanted: LogFilter) -> tuple[str, ...]:
        """Return the fields of places that any line names, by the counts; all where there are no counts."""
        if wanted.within.start.timestamp() < self._since.places:
            return PLACES
        others = tuple(one for one in wanted.conditions if one.field not in PLACES)
        where = counts_where(self._as_counted(replace(wanted, conditions=others)))
        named = ", ".join(f"max({count_value(field)} != '')" for field in PLACES)
        rows = self._warehouse.query(
            f"SELECT {named} FROM {counts_table(grain_seconds(wanted.within))} WHERE {where.sql}",
            where.parameters,
        )
        return (
            tuple(field for field, is_named in zip(PLACES, rows[0], strict=True) if is_named) if rows else ()
        )

    def _is_counted(self, wanted: LogFilter, field: str = "service") -> bool:
        return self.has_counts(wanted, field) and wanted.within.start.timestamp() >= self._since.any

    def _fields(self, within: TimeRange) -> tuple[str, ...]:
        """Return the fields by which the lines of a range are counted: older counts have no places."""
        if within.start.timestamp() >= self._since.places:
            return COUNTED
        return tuple(field for field in COUNTED if field not in PLACES)

    def _as_counted(self, wanted: LogFilter) -> LogFilter:
        """Return the filter with only the conditions that its lines are counted by."""
        fields = self._fields(wanted.within)
        conditions = tuple(one for one in wanted.conditions if one.field in fields)
        return LogFilter(wanted.within, conditions=conditions)

    @property
    def _since(self) -> _Since:
        if self._known_since is None:
            tables = ("holdfast_logs_counted", PLACES_COUNTED)
            newest = [f"(SELECT max(toUnixTimestamp(since)) FROM {name})" for name in tables]
            rows = self._warehouse.query(f"SELECT {', '.join(newest)}")
            if not rows:  # an engine that stores nothing
                return _Since(0, 0)
            self._known_since = _Since(*map(int, rows[0]))
        return self._known_since


def _step_of(time: str) -> str:
    return f"toInt64(intDiv(toUnixTimestamp({time}), {{step:UInt32}}) * {{step:UInt32}})"
