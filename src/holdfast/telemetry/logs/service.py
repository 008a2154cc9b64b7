"""What people ask of logs: the lines themselves, how many there are of what, and where to look next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from holdfast.runtime.clock import Clock
from holdfast.runtime.timerange import TimeRange, parse_range
from holdfast.telemetry.logs.counting import LevelCount, LogCounts
from holdfast.telemetry.logs.mining import PatternMiner, Patterns
from holdfast.telemetry.logs.model import (
    COUNTED,
    FIELDS,
    LEVELS,
    LogFilter,
    LogLine,
    Place,
    parse_conditions,
    parse_place,
)
from holdfast.telemetry.logs.sampling import Basis
from holdfast.telemetry.logs.store import LogStore, place_after
from holdfast.telemetry.logs.tail import Tail, TailLimits, Tails, resumed_at
from holdfast.telemetry.logs.text import parse
from holdfast.telemetry.store import grain_seconds
from holdfast.telemetry.warehouse import Warehouse

DEFAULT_RANGE = timedelta(hours=1)
TRACE_MARGIN = timedelta(minutes=10)
"""Lines of a trace may be written before its first span began and after its last one ended."""

FACET_VALUES = 10
FACET_KEYS = 12
FACET_BUDGET_LINES = 100_000
TEXT_BUDGET_LINES = 3_000_000
"""How many lines a facet may look at: attributes are ten times as dear to read as columns."""

STEPS = 120
STEPS_MOST = 1_000
_USUAL = TailLimits()


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as people write it; what is left out narrows nothing."""

    start: str | None = None
    end: str | None = None
    text: str = ""
    where: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines, newest first; `before` is where they begin."""

    lines: tuple[LogLine, ...]
    before: Place | None
    has_more: bool

    def after(self, shown: int) -> Place | None:
        """Return where the page behind the first `shown` lines begins; None at the end."""
        if shown == len(self.lines) and not self.has_more:
            return None
        return place_after(self.lines[:shown], self.before)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Lines per level and step over a range."""

    within: TimeRange
    step_seconds: int
    counts: tuple[LevelCount, ...]

    @property
    def total(self) -> int:
        """All lines of the range."""
        return sum(one.lines for one in self.counts)


@dataclass(frozen=True, slots=True)
class Facet:
    """The commonest values of a field of every line or of an attribute, and on what the numbers rest."""

    field: str
    values: tuple[tuple[str, int], ...]
    basis: Basis
    is_attribute: bool


class LogsService:
    """Answers questions about log lines; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, clock: Clock, *, limits: TailLimits = _USUAL) -> None:
        self._counts = LogCounts(warehouse)
        self._store = LogStore(warehouse, self._counts)
        self._miner = PatternMiner(warehouse, self._counts)
        self._clock = clock
        self._limits = limits
        self.tails = Tails(clock, limits)

    def filter(self, asked: Asked) -> LogFilter:
        """Return what a search means: by default the last hour, or the time of its trace.

        Raises:
            Invalid: a range, text or condition that breaks its rule.
        """
        within = parse_range(asked.start, asked.end, now=self._clock.now(), default=DEFAULT_RANGE)
        wanted = LogFilter(within, parse(asked.text), parse_conditions(asked.where))
        if wanted.traces and not asked.start and not asked.end:
            return replace(wanted, within=self._time_of(wanted.traces) or within)
        return wanted

    def _time_of(self, traces: tuple[str, ...]) -> TimeRange | None:
        bounds = self._store.bounds_of_traces(traces)
        if bounds is None:
            return None
        first, last = (datetime.fromtimestamp(epoch, UTC) for epoch in bounds)
        return TimeRange(first - TRACE_MARGIN, last + TRACE_MARGIN)

    def search(self, wanted: LogFilter, *, cursor: str | None, limit: int) -> LogPage:
        """Return a page of lines, newest first.

        Raises:
            Invalid: not a cursor of this list.
        """
        place = parse_place(cursor) if cursor else None
        # One more tells whether there is a next page.
        lines = self._store.page(wanted, place, limit + 1)
        return LogPage(tuple(lines[:limit]), place, has_more=len(lines) > limit)

    def histogram(self, wanted: LogFilter, step_seconds: int | None = None) -> Histogram:
        """Return lines per severity and step; slices the range touches are counted whole.

        Raises:
            Invalid: the step is no multiple of ten seconds, or too narrow for the range.
        """
        step = wanted.within.step_over_slices(
            step_seconds, points=STEPS, slice_seconds=grain_seconds(wanted.within), most=STEPS_MOST
        )
        return Histogram(wanted.within, step, tuple(self._counts.by_level(wanted, step)))

    def facets(self, wanted: LogFilter) -> list[Facet]:
        """Return the usual facets and the commonest attributes, each under all conditions but its own."""
        known = [self.facet(wanted, field, FACET_VALUES) for field in COUNTED]
        basis = self._counts.basis(wanted, FACET_BUDGET_LINES)
        attributes = self._counts.attributes(wanted, FACET_KEYS, FACET_VALUES, basis)
        return [
            *known,
            *(
                Facet(key, tuple(values), basis, is_attribute=True)
                for key, values in attributes.items()
                if key not in FIELDS
            ),
        ]

    def facet(self, wanted: LogFilter, field: str, most: int) -> Facet:
        """Return the commonest values of one field, under all conditions but those on it."""
        others = tuple(one for one in wanted.conditions if one.field != field)
        wanted = replace(wanted, conditions=others)
        budget = TEXT_BUDGET_LINES if field in COUNTED else FACET_BUDGET_LINES
        basis = self._counts.basis(wanted, budget)
        if wanted.is_counted and field in COUNTED:
            basis = Basis(basis.of, basis.of)
        values = self._counts.values(wanted, field, most, basis)
        if field == "severity":
            values = [(LEVELS[int(level)].value, lines) for level, lines in values]
        return Facet(field, tuple(values), basis, is_attribute=field not in FIELDS)

    def patterns(self, wanted: LogFilter) -> Patterns:
        """Return what the lines say: templates, what is new against the range before first."""
        return self._miner.patterns(wanted)

    def follow(self, wanted: LogFilter, last_id: str | None) -> Tail:
        """Return a view of what comes in from now on, or since shortly before the line told last.

        Lines are told again then that came in late or at the same time: they have the same id.

        Raises:
            Invalid: not the id of a line.
        """
        now = self._clock.now()
        since = (
            now if last_id is None else resumed_at(last_id) - timedelta(seconds=self._limits.lateness_seconds)
        )
        return Tail(self._store, self._clock, self._limits, wanted, since)
