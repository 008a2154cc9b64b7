"""How on-call time is shared, against a slow twin that counts minute by minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.oncall.fairness import Load, load_of, loads, spread
from holdfast.oncall.schedule import Duty

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def utc(*parts: int) -> datetime:
    """Return an instant."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("start", "end", "night", "weekend"),
    [
        (utc(2026, 3, 4, 8), utc(2026, 3, 4, 16), 0, 0),
        (utc(2026, 3, 4, 20), utc(2026, 3, 5, 6), 8, 0),
        (utc(2026, 3, 6, 22), utc(2026, 3, 7, 1), 3, 2),
        (utc(2026, 3, 28, 0), utc(2026, 3, 29, 22), 14, 46),
        (utc(2026, 10, 24, 20), utc(2026, 10, 25, 5), 9, 9),
    ],
)
def test_nights_and_weekends_are_those_of_the_persons_own_clock(
    start: datetime, end: datetime, night: int, weekend: int
) -> None:
    """The night in which the clock goes forward is an hour shorter, the other one longer."""
    assert load_of(start, end, BERLIN) == Load(end - start, night * HOUR, weekend * HOUR, 1)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 5000),
    st.sampled_from([BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")]),
)
def test_a_load_is_what_counting_minutes_gives(start: datetime, minutes: int, zone: ZoneInfo) -> None:
    """Every minute asks the wall clock whether it is night, and whether it is a weekend."""
    start = start.replace(second=0, microsecond=0)
    walls = [(start + n * MINUTE).astimezone(zone) for n in range(minutes)]
    night = sum(wall.hour >= 22 or wall.hour < 6 for wall in walls)
    weekend = sum(wall.weekday() >= 5 for wall in walls)
    found = load_of(start, start + minutes * MINUTE, zone)
    assert (found.night, found.weekend) == (night * MINUTE, weekend * MINUTE)


def test_neighbouring_duties_of_a_person_are_one_shift() -> None:
    """A duty is cut where another layer decides; who stays on call has one shift all the same."""
    at = [utc(2026, 3, 4, hour) for hour in (8, 12, 16, 20)]
    found = loads(
        [
            Duty(at[0], at[1], ("ana",), 0),
            Duty(at[1], at[2], ("ana", "ben"), 1),
            Duty(at[2], at[3], ("ben",), 0),
        ],
        {},
    )
    assert {name: (load.total, load.shifts) for name, load in found.items()} == {
        "ana": (8 * HOUR, 1),
        "ben": (8 * HOUR, 1),
    }
    assert spread(load.total for load in found.values()) == timedelta(0)
