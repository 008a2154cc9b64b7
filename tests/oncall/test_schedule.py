"""Schedules over time: handoffs in every zone, turns that nobody loses, layers, overrides, gaps."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.oncall.rotation import ALWAYS, Hours, Rotation, Shift, TurnUnit, shifts, turns
from holdfast.oncall.schedule import Duty, Override, Schedule, duties
from holdfast.oncall.wallclock import first_instant, last_instant

BERLIN, NEW_YORK, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("UTC")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 3, 2, 9)


def a_rotation(**given: object) -> Rotation:
    """Return a rotation of three people in Berlin that hands over every Monday at nine."""
    values: dict[str, object] = {
        "name": "primary",
        "members": ("ana", "ben", "cem"),
        "zone": BERLIN,
        "handoff": MONDAY,
        "unit": TurnUnit.WEEKS,
    }
    return Rotation(**{**values, **given})  # type: ignore[arg-type]


def utc(*parts: int) -> datetime:
    """Return an instant."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("wall", "first", "last"),
    [
        (datetime(2026, 6, 1, 9), utc(2026, 6, 1, 7), utc(2026, 6, 1, 7)),
        (datetime(2026, 3, 29, 1, 59, 59), utc(2026, 3, 29, 0, 59, 59), utc(2026, 3, 29, 0, 59, 59)),
        (datetime(2026, 3, 29, 2), utc(2026, 3, 29, 1), utc(2026, 3, 29, 1)),
        (datetime(2026, 3, 29, 2, 30), utc(2026, 3, 29, 1), utc(2026, 3, 29, 1)),
        (datetime(2026, 3, 29, 3), utc(2026, 3, 29, 1), utc(2026, 3, 29, 1)),
        (datetime(2026, 10, 25, 2, 30), utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30)),
        (datetime(2026, 10, 25, 3), utc(2026, 10, 25, 2), utc(2026, 10, 25, 2)),
    ],
)
def test_a_wall_time_is_an_instant_by_the_written_rules(
    wall: datetime, first: datetime, last: datetime
) -> None:
    """Skipped: the instant of the change; twice: the first to begin with, the last to end with."""
    assert (first_instant(wall, BERLIN), last_instant(wall, BERLIN)) == (first, last)


def test_a_handoff_in_the_hour_that_comes_twice_overlaps() -> None:
    """Who comes begins at the first half past two, who goes ends at the last."""
    daily = a_rotation(unit=TurnUnit.DAYS, handoff=datetime(2026, 10, 24, 2, 30))
    first, second = list(shifts(daily, utc(2026, 10, 25), utc(2026, 10, 25, 2)))
    assert (second.start, first.end) == (utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30))
    found = duties(Schedule(name="s", layers=((daily,),)), utc(2026, 10, 25), utc(2026, 10, 25, 2))
    assert [one.people for one in found] == [("ana",), ("ana", "ben"), ("ben",)]


@pytest.mark.parametrize(
    ("unit", "lengths", "starts"),
    [
        (TurnUnit.HOURS, (8,), [(2, 9), (2, 17), (3, 1)]),
        (TurnUnit.DAYS, (1,), [(2, 9), (3, 9), (4, 9)]),
        (TurnUnit.WEEKS, (2,), [(2, 9), (16, 9), (30, 9)]),
        (TurnUnit.DAYS, (2, 2, 3), [(2, 9), (4, 9), (6, 9), (9, 9), (11, 9)]),
        (TurnUnit.DAYS, (4,), [(2, 9), (6, 9), (10, 9)]),
    ],
)
def test_a_turn_lasts_as_long_as_its_pattern_says(
    unit: TurnUnit, lengths: tuple[int, ...], starts: list[tuple[int, int]]
) -> None:
    """By the wall clock, from the first handoff on."""
    found = turns(a_rotation(unit=unit, lengths=lengths))
    assert [(begins.day, begins.hour) for (begins, _), _ in zip(found, starts, strict=False)] == starts


def test_a_month_is_counted_from_the_first_handoff() -> None:
    """One on the 31st is on the last day of a shorter month, and on the 31st again after it."""
    monthly = turns(a_rotation(unit=TurnUnit.MONTHS, handoff=datetime(2026, 1, 31, 9)))
    assert [next(monthly)[1].date() for _ in range(3)] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]


def test_a_turn_is_worked_in_its_hours_only() -> None:
    """Nine to five on weekdays: five shifts a week, at the wall clock's nine on both sides of the change."""
    office = (Hours(frozenset(range(5)), time(9), time(17)),)
    found = list(shifts(a_rotation(hours=office), utc(2026, 3, 23), utc(2026, 4, 6)))
    assert [one.start for one in found[4:6]] == [utc(2026, 3, 27, 8), utc(2026, 3, 30, 7)]
    assert {one.end - one.start for one in found} == {8 * HOUR}
    assert len(found) == 10


def test_a_free_day_costs_nobody_a_turn() -> None:
    """A daily rotation with a holiday on Tuesday: Tuesday's person works on Wednesday."""
    daily = a_rotation(
        unit=TurnUnit.DAYS,
        handoff=datetime(2026, 3, 2),
        hours=(Hours(frozenset(range(7)), time(9), time(17)),),
        free=frozenset({date(2026, 3, 3)}),
    )
    found = list(shifts(daily, utc(2026, 3, 2), utc(2026, 3, 6)))
    assert [(one.start.day, one.person) for one in found] == [(2, "ana"), (4, "ben"), (5, "cem")]


def test_who_is_away_has_the_first_turn_after_it() -> None:
    """Ben is away in his week: Cem has it, and Ben the next."""

    def away(person: str, start: datetime, end: datetime) -> bool:
        return person == "ben" and start < utc(2026, 3, 12) and end > utc(2026, 3, 10)

    found = shifts(a_rotation(), utc(2026, 3, 2), utc(2026, 3, 30), away)
    assert [one.person for one in found] == ["ana", "cem", "ben", "ana"]


def test_of_a_turn_that_nobody_is_there_for_there_is_no_shift() -> None:
    """It is a gap, and said to be one."""
    schedule = Schedule(name="s", layers=((a_rotation(),),))
    found = duties(schedule, utc(2026, 3, 9), utc(2026, 3, 23), away=lambda *_: True)
    assert found == [Duty(utc(2026, 3, 9), utc(2026, 3, 23), ())]


def test_the_first_layer_that_has_somebody_decides() -> None:
    """By day the office, at night the night rotation, and before the first handoff nobody."""
    day = a_rotation(hours=(Hours(frozenset(range(7)), time(9), time(17)),), zone=UTC_ZONE)
    night = a_rotation(name="night", members=("dee",), zone=UTC_ZONE)
    schedule = Schedule(name="s", layers=((day,), (night,)))
    found = duties(schedule, utc(2026, 3, 2, 8), utc(2026, 3, 3, 10))
    assert [(one.start.hour, one.people, one.layer) for one in found] == [
        (8, (), None),
        (9, ("ana",), 0),
        (17, ("dee",), 1),
        (9, ("ana",), 0),
    ]


@pytest.mark.parametrize(("instead_of", "people"), [(None, ("dee",)), ("ana", ("dee",)), ("ben", ("ana",))])
def test_an_override_takes_the_place_of_a_person_or_of_everybody(
    instead_of: str | None, people: tuple[str, ...]
) -> None:
    """For its time, to the second."""
    schedule = Schedule(name="s", layers=((a_rotation(zone=UTC_ZONE),),))
    one = Override(utc(2026, 3, 4, 10), utc(2026, 3, 4, 12), "dee", instead_of)
    found = duties(schedule, utc(2026, 3, 4), utc(2026, 3, 5), overrides=[one])
    assert next(each.people for each in found if each.start <= utc(2026, 3, 4, 11) < each.end) == people
    assert found[0].people == found[-1].people == ("ana",)


ROTATIONS = st.builds(
    a_rotation,
    members=st.lists(st.sampled_from("abcde"), min_size=1, max_size=4, unique=True).map(tuple),
    zone=st.sampled_from([BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")]),
    handoff=st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1)).map(
        lambda at: at.replace(microsecond=0)
    ),
    unit=st.sampled_from([TurnUnit.DAYS, TurnUnit.WEEKS, TurnUnit.MONTHS]),
    lengths=st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
    hours=st.sampled_from([ALWAYS, (Hours(frozenset({0, 2, 4}), time(22), time(6)),)]),
)
CUTS = st.lists(st.integers(0, 400 * 24), min_size=2, max_size=6, unique=True).map(sorted)


def _at(hours: int) -> datetime:
    return utc(2026, 2, 1) + hours * HOUR


@given(ROTATIONS, CUTS)
def test_the_answer_is_the_same_however_the_range_is_cut(rotation: Rotation, cuts: list[int]) -> None:
    """The people of every moment, read in one piece and in many."""
    schedule = Schedule(name="s", layers=((rotation,),))
    whole = duties(schedule, _at(cuts[0]), _at(cuts[-1]))
    parts = [one for a, b in pairwise(cuts) for one in duties(schedule, _at(a), _at(b))]
    assert _people(whole, cuts) == _people(parts, cuts)


def _people(found: list[Duty], cuts: list[int]) -> list[tuple[str, ...]]:
    moments = [_at(hour) for hour in range(cuts[0], cuts[-1], 7)]
    return [next(one.people for one in found if one.start <= at < one.end) for at in moments]


@given(st.lists(ROTATIONS, min_size=1, max_size=3), CUTS)
def test_every_moment_has_who_a_plain_reading_gives(rotations: list[Rotation], cuts: list[int]) -> None:
    """The sweep against its slow twin: of the first layer with a shift at that moment, everybody, once."""
    start, end = _at(cuts[0]), _at(cuts[-1])
    layers = [list(shifts(one, start, end)) for one in rotations]
    found = duties(Schedule(name="s", layers=tuple((one,) for one in rotations)), start, end)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert (found[0].start, found[-1].end) == (start, end)
    for hour in range(cuts[0], cuts[-1], 13):
        assert next(o.people for o in found if o.start <= _at(hour) < o.end) == _plain(layers, _at(hour))


def _plain(layers: list[list[Shift]], at: datetime) -> tuple[str, ...]:
    for layer in layers:
        if people := [one.person for one in layer if one.start <= at < one.end]:
            return tuple(dict.fromkeys(people))
    return ()


@given(ROTATIONS.filter(lambda one: one.hours == ALWAYS))
def test_turns_are_shared_evenly_and_leave_no_gap(rotation: Rotation) -> None:
    """Nobody ever has two turns more than another; each shift begins where one ended, or before."""
    found = list(shifts(rotation, utc(2026, 2, 1), utc(2027, 2, 1)))
    had = Counter({person: 0 for person in rotation.members})
    for shift in shifts(rotation, utc(2025, 1, 1), utc(2027, 2, 1)):
        had[shift.person] += 1
    assert max(had.values()) - min(had.values()) <= 1
    assert all(b.start <= a.end for a, b in pairwise(found))
