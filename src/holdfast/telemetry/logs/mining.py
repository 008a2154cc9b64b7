"""Patterns: templates of lines, their numbers of lines, and whether they are new.

They are mined from a bounded, repeatable sample: whole slices of the range, and in them a fraction of the
lines, selected by hash. Warnings and worse are a stratum of their own, from more slices, so that a few of
them among many lines are included. Counts are scaled per stratum. A pattern counts as new only if a search of
the whole previous range, through the engine's index, does not find it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from holdfast.runtime.timerange import EARLIEST, TimeRange
from holdfast.telemetry.logs.counting import LogCounts
from holdfast.telemetry.logs.model import LEVELS, LogFilter, Severity
from holdfast.telemetry.logs.sampling import Basis
from holdfast.telemetry.logs.selection import lines_where
from holdfast.telemetry.logs.templates import BODY_MOST, Sampled, Template, query_of
from holdfast.telemetry.logs.text import parse
from holdfast.telemetry.logs.words import CLEAN
from holdfast.telemetry.warehouse.instants import nanoseconds
from holdfast.telemetry.warehouse.protocol import Warehouse

LOOK_AT_LINES = 90_000
"""Most lines the engine may read for a sample of warnings and worse: they are few among the others."""

LOOK_AT_USUAL_LINES = 45_000
"""Most lines it may read for a sample of the others: what is frequent is found in a few slices."""

PART_LINES = 4_000
"""Most lines of each stratum that are mined. A third of it, from the previous range, shows the usual."""

PATTERNS_MOST = 200
VERIFIED_MOST = 24
SPARKLINE_POINTS = 30
_BAD = Severity.WARN.level


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stratum of a sample: its number of lines in the range, and how many of them were mined."""

    lines: int
    mined: int

    def scaled(self, found: int) -> int:
        """Return the number of lines of the range that `found` mined ones represent."""
        return (2 * found * self.lines + self.mined) // (2 * self.mined) if self.mined else 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """Lines of one template.

    `lines` is an estimate unless the sample is complete; `is_new` is true if no line of the previous range
    matches, and None if that could not be checked.
    """

    template: str
    query: str
    example: str
    severity: Severity
    lines: int
    sampled: int
    services: tuple[str, ...]
    first_nanoseconds: int
    last_nanoseconds: int
    is_new: bool | None
    sparkline: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of a range, from `mined` of its `of` lines, and `before` lines of the previous range."""

    items: tuple[Pattern, ...]
    mined: int
    of: int
    before: int
    is_exact: bool


class PatternMiner:
    """Finds patterns in `otel_logs`."""

    def __init__(self, warehouse: Warehouse, counts: LogCounts) -> None:
        self._warehouse = warehouse
        self._counts = counts

    def patterns(self, wanted: LogFilter) -> Patterns:
        """Return the patterns of the lines that match a filter: new ones first, then the most frequent."""
        from holdfast.telemetry.logs.drain import mine  # a library that only this query needs

        earlier = _before(wanted)
        past = self._sample(earlier, share=3, is_before=True)[0] if earlier else []
        # Without lines in the previous range no pattern counts as new.
        earlier = earlier if past else None
        lines, parts, is_exact = self._sample(wanted, share=1, is_before=False)
        templates = mine([*past, *lines])
        found = [_pattern(one, parts, wanted.within) for one in templates]
        found.sort(key=lambda one: (-one.lines, one.template))
        checked = self._checked(found[:PATTERNS_MOST], templates, wanted, earlier)
        checked.sort(key=lambda one: (not one.is_new, -one.severity.level if one.is_new else 0, -one.lines))
        return Patterns(
            tuple(checked), len(lines), sum(part.lines for part in parts.values()), len(past), is_exact
        )

    def _sample(
        self, wanted: LogFilter, *, share: int, is_before: bool
    ) -> tuple[list[Sampled], dict[int, Stratum], bool]:
        """Sample 1 in `share` of the lines in scope; return them with the size of each stratum."""
        lines: list[Sampled] = []
        parts: dict[int, Stratum] = {}
        is_exact = True
        budgets = (min(LOOK_AT_USUAL_LINES, LOOK_AT_LINES) // share, LOOK_AT_LINES // share)
        for number, basis in enumerate(self._counts.bases(wanted, budgets)):
            in_scope = self._counts.parts(wanted, basis, _BAD)[number]
            every = max(1, -(-in_scope // (PART_LINES // share)))
            found = self._lines(wanted, basis, number, every, is_before=is_before) if in_scope else []
            parts[number] = Stratum(basis.scaled(in_scope), len(found))
            is_exact = is_exact and basis.is_exact and parts[number].lines == len(found)
            lines += found
        lines.sort(key=lambda one: (one.at_nanoseconds, one.service, one.body))
        return lines, parts, is_exact

    def _lines(
        self, wanted: LogFilter, basis: Basis, number: int, every: int, *, is_before: bool
    ) -> list[Sampled]:
        """Return 1 in `every` of the examined lines of a stratum."""
        where = lines_where(wanted, basis.slices)
        # By a hash, not at random: the same range gives the same sample.
        chosen = "1" if every == 1 else f"cityHash64(Timestamp, SpanId) % {every} = 0"
        rows = self._warehouse.query(
            "SELECT toUnixTimestamp64Nano(Timestamp) AS at, Level, Sender, "
            f"substringUTF8({CLEAN}, 1, {BODY_MOST}) AS text FROM otel_logs WHERE {where.sql} "
            f"AND Level {'>=' if number else '<'} {_BAD} AND {chosen} ORDER BY at, Sender, text LIMIT 80000",
            where.parameters,
        )
        return [
            Sampled(at, level, service, text, weight_class=number, is_before=is_before)
            for at, level, service, text in rows
        ]

    def _checked(
        self,
        found: list[Pattern],
        templates: Sequence[Template],
        wanted: LogFilter,
        earlier: LogFilter | None,
    ) -> list[Pattern]:
        """Search the whole previous range for patterns its sample lacks; the most severe of them first."""
        usual = {template.text for template in templates if template.before}
        candidates = [one for one in found if one.template not in usual]
        candidates.sort(key=lambda one: (-one.severity.level, one.lines))
        asked = {one.template for one in candidates[:VERIFIED_MOST]}
        return [
            replace(one, is_new=False)
            if one.template in usual
            else self._verified(one, wanted, earlier)
            if one.template in asked and one.query
            else one
            for one in found
        ]

    def _verified(self, one: Pattern, wanted: LogFilter, earlier: LogFilter | None) -> Pattern:
        is_new = earlier is not None and not self._is_said(one, earlier)
        if not is_new:
            return replace(one, is_new=False if earlier else None)
        where = lines_where(_saying(one, wanted))
        rows = self._warehouse.query(
            "SELECT toInt64(count()), toUnixTimestamp64Nano(min(Timestamp)) FROM otel_logs "
            f"WHERE {where.sql}",
            where.parameters,
        )
        first = rows[0][1] if rows and rows[0][0] else one.first_nanoseconds
        return replace(one, is_new=True, first_nanoseconds=min(first, one.first_nanoseconds))

    def _is_said(self, one: Pattern, earlier: LogFilter) -> bool:
        where = lines_where(_saying(one, earlier))
        return bool(
            self._warehouse.query(f"SELECT 1 FROM otel_logs WHERE {where.sql} LIMIT 1", where.parameters)
        )


def _before(wanted: LogFilter) -> LogFilter | None:
    """Return the same filter for the previous range of the same length; None before 1970."""
    within = wanted.within
    length = timedelta(seconds=within.seconds)
    if within.start - EARLIEST < length:
        return None
    return replace(wanted, within=TimeRange(within.start - length, within.start))


def _saying(one: Pattern, wanted: LogFilter) -> LogFilter:
    return replace(wanted, terms=(*wanted.terms, *parse(one.query)))


def _pattern(one: Template, parts: dict[int, Stratum], within: TimeRange) -> Pattern:
    services = sorted(one.services, key=lambda name: (-one.services[name], name))
    return Pattern(
        template=one.text,
        query=query_of(one.text),
        example=one.example,
        severity=LEVELS[one.level],
        lines=sum(parts[number].scaled(found) for number, found in one.found.items()),
        sampled=sum(one.found.values()),
        services=tuple(services),
        first_nanoseconds=one.first_nanoseconds,
        last_nanoseconds=one.last_nanoseconds,
        is_new=None,
        sparkline=_sparkline(one, parts, within),
    )


def _sparkline(one: Template, parts: dict[int, Stratum], within: TimeRange) -> tuple[int, ...]:
    points = [dict.fromkeys(parts, 0) for _ in range(SPARKLINE_POINTS)]
    start = nanoseconds(within.start)
    width = within.seconds * 1e9 / SPARKLINE_POINTS
    for at, number in one.instants:
        points[min(SPARKLINE_POINTS - 1, max(0, int((at - start) / width)))][number] += 1
    return tuple(sum(parts[number].scaled(found) for number, found in point.items()) for point in points)
