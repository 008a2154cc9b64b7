"""How on-call time is shared: hours, nights and weekends of each person, in their own time zone. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from holdfast.oncall.schedule import Duty
from holdfast.oncall.wallclock import first_instant

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
SATURDAY = 5
DAY, NONE = timedelta(days=1), timedelta(0)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Load:
    """What one person carries: time on call, and how much of it at night and on weekends.

    Night is from ten in the evening to six in the morning, the weekend Saturday and Sunday, by the person's
    own clock; an hour may be both.
    """

    total: timedelta = NONE
    night: timedelta = NONE
    weekend: timedelta = NONE
    shifts: int = 0

    def __add__(self, other: "Load") -> "Load":
        """Return both together."""
        return Load(
            self.total + other.total,
            self.night + other.night,
            self.weekend + other.weekend,
            self.shifts + other.shifts,
        )


def loads(duties: Iterable[Duty], zones: Mapping[str, ZoneInfo]) -> dict[str, Load]:
    """Return the load of everybody on call, by name; neighbouring duties of a person are one shift."""
    found: dict[str, Load] = {}
    until: dict[str, datetime] = {}
    for duty in duties:
        for person in duty.people:
            goes_on = until.get(person) == duty.start
            until[person] = duty.end
            zone = zones.get(person, ZoneInfo("UTC"))
            load = load_of(duty.start, duty.end, zone, shifts=0 if goes_on else 1)
            found[person] = found.get(person, Load()) + load
    return found


def load_of(start: datetime, end: datetime, zone: ZoneInfo, *, shifts: int = 1) -> Load:
    """Return the load of one time on call, in `zone`."""
    return Load(
        total=end - start,
        night=_within(start, end, _days(start, end, zone, _night)),
        weekend=_within(start, end, _days(start, end, zone, _weekend)),
        shifts=shifts,
    )


def spread(values: Iterable[timedelta]) -> timedelta:
    """Return how much more the one with the most carries than the one with the least."""
    found = list(values)
    return max(found) - min(found) if found else NONE


def _within(start: datetime, end: datetime, spans: Iterable[Span]) -> timedelta:
    return sum((max(NONE, min(end, last) - max(start, first)) for first, last in spans), NONE)


def _days(
    start: datetime, end: datetime, zone: ZoneInfo, of: Callable[[date, ZoneInfo], Span | None]
) -> Iterator[Span]:
    """Yield the span of each day, from the day before `start` on: a night begins on the evening before."""
    day = start.astimezone(zone).date() - DAY
    last = end.astimezone(zone).date()
    while day <= last:
        if (span := of(day, zone)) is not None:
            yield span
        day += DAY


def _night(day: date, zone: ZoneInfo) -> Span:
    begins, ends = datetime.combine(day, NIGHT_BEGINS), datetime.combine(day + DAY, NIGHT_ENDS)
    return first_instant(begins, zone), first_instant(ends, zone)


def _weekend(day: date, zone: ZoneInfo) -> Span | None:
    if day.weekday() < SATURDAY:
        return None
    begins, ends = datetime.combine(day, time(0)), datetime.combine(day + DAY, time(0))
    return first_instant(begins, zone), first_instant(ends, zone)
