"""Rotations: who has which shift, from the first handoff on. Pure.

A rotation hands over at wall times of its own zone: every so many hours, days, weeks or months, or in turns
of unequal length (2, 2 and 3 days). Between two handoffs is a turn. Restricted to hours of the week, a turn
has the shifts that fall into them, and a turn without any is nobody's. Each turn with work goes to the
first in the queue who is there for it, and who then goes to the end: days off, holidays and leave cost
nobody a shift more, and nobody's turn is lost because it fell on them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import cycle
from zoneinfo import ZoneInfo

from holdfast.oncall.wallclock import first_instant, last_instant

DAY = timedelta(days=1)


class TurnUnit(StrEnum):
    """What the length of a turn is counted in."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the week in which a rotation works: weekdays (Monday is 0), from one wall time to another.

    An end that is not after the start is on the next day; equal ones are the whole day.
    """

    weekdays: frozenset[int]
    start: time
    end: time

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """Return the wall times between which it works from this day on, or None."""
        if day.weekday() not in self.weekdays:
            return None
        until = day if self.start < self.end else day + DAY
        return datetime.combine(day, self.start), datetime.combine(until, self.end)


ALWAYS = (Hours(frozenset(range(7)), time(0), time(0)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Who takes turns, and when they hand over.

    `handoff` is the wall time of the first handoff in `zone`. `lengths` are those of the turns, in `unit`,
    and repeat. `hours` are the hours of the week it works in, `free` the days it does not work on.
    """

    name: str
    members: tuple[str, ...]
    zone: ZoneInfo
    handoff: datetime
    unit: TurnUnit
    lengths: tuple[int, ...] = (1,)
    hours: tuple[Hours, ...] = ALWAYS
    free: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """A time in which one person is on call, from one UTC instant to another (not including it)."""

    start: datetime
    end: datetime
    person: str
    rotation: str = field(compare=False, default="")


Away = Callable[[str, datetime, datetime], bool]
"""Whether a person is away at any moment between two UTC instants."""


def is_never_away(_person: str, _start: datetime, _end: datetime) -> bool:
    """Say that everybody is there."""
    return False


def shifts(rotation: Rotation, start: datetime, end: datetime, away: Away = is_never_away) -> Iterator[Shift]:
    """Yield the shifts that touch [start, end), whole and in order; of a turn nobody is there for, none."""
    queue = list(rotation.members)
    for begins, ends in turns(rotation):
        if first_instant(begins, rotation.zone) >= end:
            return
        worked = list(_worked(rotation, begins, ends))
        if not worked:
            continue
        person = next((one for one in queue if not any(away(one, *each) for each in worked)), None)
        if person is None:
            continue
        queue.remove(person)
        queue.append(person)
        yield from (
            Shift(*each, person, rotation.name) for each in worked if each[1] > start and each[0] < end
        )


def turns(rotation: Rotation) -> Iterator[tuple[datetime, datetime]]:
    """Yield the wall times between which each turn lasts, without end.

    Months are counted from the first handoff: one on the 31st is on the last day of a shorter month.
    """
    begins, passed = rotation.handoff, 0
    for length in cycle(rotation.lengths):
        passed += length
        ends = _after(rotation.handoff, passed, rotation.unit)
        yield begins, ends
        begins = ends


def _after(wall: datetime, count: int, unit: TurnUnit) -> datetime:
    if unit is not TurnUnit.MONTHS:
        return wall + timedelta(**{unit.value: count})
    months = wall.year * 12 + wall.month - 1 + count
    year, month = months // 12, months % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - DAY).day
    return wall.replace(year=year, month=month, day=min(wall.day, last))


def _worked(rotation: Rotation, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the instants between which a turn is worked, in order."""
    if rotation.hours == ALWAYS and not rotation.free:
        walls: Sequence[tuple[datetime, datetime]] = [(begins, ends)]
    else:
        walls = _joined(_hours(rotation, begins, ends))
    for start, end in walls:
        first, last = first_instant(start, rotation.zone), last_instant(end, rotation.zone)
        if first < last:
            yield first, last


def _hours(rotation: Rotation, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the wall times of a turn that fall into its hours, by the day on which the hours begin."""
    day = begins.date() - DAY
    while day <= ends.date():
        for hours in () if day in rotation.free else rotation.hours:
            if (found := hours.on(day)) is not None:
                start, end = max(found[0], begins), min(found[1], ends)
                if start < end:
                    yield start, end
        day += DAY


def _joined(walls: Iterator[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Join what touches or overlaps."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(walls):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
