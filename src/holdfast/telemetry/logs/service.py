"""The use cases of logs: searching lines, counting them, facets, patterns and live tails."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered, key_of
from holdfast.runtime.timerange import TimeRange, parse_range
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.logs.counting import LevelCount, LogCounts
from holdfast.telemetry.logs.mining import PatternMiner, Patterns
from holdfast.telemetry.logs.model import (
    COUNTED,
    FIELDS,
    LEVELS,
    PLACES,
    Condition,
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
from holdfast.telemetry.spans.slices import grain_seconds
from holdfast.telemetry.warehouse.protocol import Warehouse

TRACE_MARGIN = timedelta(minutes=10)
"""Added at both ends: lines of a trace may be written before its first span began or after its last ended."""

FACET_VALUES = 10
FACET_KEYS = 12
FACET_BUDGET_LINES = 30_000
TEXT_BUDGET_LINES = 3_000_000
"""Most lines a facet may examine: attributes take ten times as long to read as columns.

Of 30,000 lines, the share of a value is known to half a point.
"""

KEPT_MOST, KEPT_SECONDS = 64, 10
"""How long facets and patterns are kept: pages ask often, and several people look at one."""

STEPS = 120
STEPS_MOST = 1_000
_USUAL = TailLimits()


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as people write it; omitted parts match everything."""

    start: str | None = None
    end: str | None = None
    text: str = ""
    where: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of lines, newest first; `before` is where it begins."""

    lines: tuple[LogLine, ...]
    before: Place | None
    has_more: bool

    def after(self, shown: int) -> Place | None:
        """Return where the page behind the first `shown` lines begins; None at the end."""
        if shown == len(self.lines) and not self.has_more:
            return None
        return place_after(self.lines[:shown], self.before)


@dataclass(frozen=True, slots=True)
class LogVolume:
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
    """The most frequent values of a field or attribute, and the basis of their numbers."""

    field: str
    values: tuple[tuple[str, int], ...]
    basis: Basis
    is_attribute: bool

    @property
    def names_any(self) -> bool:
        """Whether any line has a value of it."""
        return any(value for value, _ in self.values)


class LogsService:
    """Answers questions about log lines; lives as long as the process."""

    def __init__(
        self,
        warehouse: Warehouse,
        clock: Clock,
        *,
        limits: TailLimits = _USUAL,
        names: ServiceNames = AS_SENT,
    ) -> None:
        self._counts = LogCounts(warehouse)
        self._store = LogStore(warehouse, self._counts, names)
        self._names = names
        self._miner = PatternMiner(warehouse, self._counts)
        self._clock = clock
        self._limits = limits
        self._kept = Remembered(clock, seconds=KEPT_SECONDS, most=KEPT_MOST)
        self.tails = Tails(clock, limits)

    def filter(self, asked: Asked) -> LogFilter:
        """Return the filter of a search: by default over the last hour, or the time of its trace.

        Raises:
            Invalid: a range, text or condition breaks its rule.
        """
        within = parse_range(asked.start, asked.end, now=self._clock.now())
        wanted = LogFilter(within, parse(asked.text), self._conditions(asked.where))
        if wanted.traces and not asked.start and not asked.end:
            return replace(wanted, within=self._time_of(wanted.traces) or within)
        return wanted

    def _conditions(self, where: Sequence[str]) -> tuple[Condition, ...]:
        """Return the conditions written, that on a service by every name telemetry has for it."""
        return tuple(
            replace(one, value=value)
            for one in parse_conditions(where)
            for value in (self._names.sent_as(one.value) if one.field == "service" else (one.value,))
        )

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
        # One line more shows whether there is a next page.
        lines = self._store.page(wanted, place, limit + 1)
        return LogPage(tuple(lines[:limit]), place, has_more=len(lines) > limit)

    def histogram(self, wanted: LogFilter, step_seconds: int | None = None) -> LogVolume:
        """Return lines per severity and step; slices that the range touches are counted as a whole.

        Raises:
            Invalid: the step is not a multiple of ten seconds, or too narrow for the range.
        """
        step = wanted.within.step_over_slices(
            step_seconds, points=STEPS, slice_seconds=grain_seconds(wanted.within), most=STEPS_MOST
        )
        return LogVolume(wanted.within, step, tuple(self._counts.by_level(wanted, step)))

    def facets(self, wanted: LogFilter) -> list[Facet]:
        """Return the usual facets and the most frequent attributes, each under all conditions but its own.

        Environment, namespace and region are among them if any line names one.
        """
        return self._kept.recall(f"facets {self._key(wanted)}", lambda: self._facets(wanted))

    def _key(self, wanted: LogFilter) -> str:
        within = key_of(wanted.within, now=self._clock.now().timestamp())
        return f"{within} {wanted.terms!r} {wanted.conditions!r}"

    def _facets(self, wanted: LogFilter) -> list[Facet]:
        unnamed = set(PLACES) - set(self._counts.named_places(wanted))
        limited = {one.field for one in wanted.conditions}
        whole = self._counts.basis(wanted, TEXT_BUDGET_LINES)
        known = [
            self._facet(wanted, field, FACET_VALUES, None if field in limited else whole)
            for field in COUNTED
            if field not in unnamed
        ]
        basis = self._counts.basis(wanted, FACET_BUDGET_LINES)
        attributes = self._counts.attributes(wanted, FACET_KEYS, FACET_VALUES, basis)
        return [
            *(one for one in known if one.field not in PLACES or one.names_any),
            *(
                Facet(key, tuple(values), basis, is_attribute=True)
                for key, values in attributes.items()
                if key not in FIELDS
            ),
        ]

    def facet(self, wanted: LogFilter, field: str, most: int) -> Facet:
        """Return the most frequent values of one field, under all conditions but those on it."""
        return self._facet(wanted, field, most, None)

    def _facet(self, wanted: LogFilter, field: str, most: int, basis: Basis | None) -> Facet:
        """Return a facet; the basis is given where no condition is on the field itself."""
        others = tuple(one for one in wanted.conditions if one.field != field)
        wanted = replace(wanted, conditions=others)
        budget = TEXT_BUDGET_LINES if field in COUNTED else FACET_BUDGET_LINES
        basis = basis or self._counts.basis(wanted, budget)
        if self._counts.has_counts(wanted, field):
            basis = Basis(basis.of, basis.of)
        values = self._counts.values(wanted, field, most, basis)
        if field == "severity":
            values = [(LEVELS[int(level)].value, lines) for level, lines in values]
        if field == "service":
            values = _added_up((self._names.called(sent), lines) for sent, lines in values)
        return Facet(field, tuple(values), basis, is_attribute=field not in FIELDS)

    def patterns(self, wanted: LogFilter) -> Patterns:
        """Return the patterns of the lines: those new against the previous range first."""
        return self._kept.recall(f"patterns {self._key(wanted)}", lambda: self._miner.patterns(wanted))

    def follow(self, wanted: LogFilter, last_id: str | None) -> Tail:
        """Return a live view of new lines from now on, or since shortly before the last line received.

        In the second case late lines and lines of the same time are sent again: they have the same id.

        Raises:
            Invalid: it is not the id of a line.
        """
        now = self._clock.now()
        since = (
            now if last_id is None else resumed_at(last_id) - timedelta(seconds=self._limits.lateness_seconds)
        )
        return Tail(self._store, self._clock, self._limits, wanted, since)


def _added_up(values: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return each value once, the most frequent first."""
    found = Counter[str]()
    for value, lines in values:
        found[value] += lines
    return found.most_common()
