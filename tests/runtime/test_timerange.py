"""Ranges of time are read as people write them, and refused in words when they cannot be."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.commands import in_zone
from tests.refusals import check_says_why

from holdfast.runtime.errors import Invalid
from holdfast.runtime.timerange import LONGEST, TimeRange, iso, parse_instant, parse_range

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANTS = st.datetimes(
    min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.timezones() | st.just(UTC)
)
UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": HOUR, "d": 24 * HOUR, "w": 168 * HOUR}


@given(INSTANTS)
def test_an_instant_is_read_as_it_is_written(instant: datetime) -> None:
    """ISO 8601 with any offset is that instant, in UTC."""
    found = parse_instant(instant.isoformat(), now=NOW)
    # By way of UTC: where a clock is put forward or back, Python holds no two zones' times for equal.
    assert found == instant.astimezone(UTC)
    assert found.utcoffset() == timedelta(0)


@given(INSTANTS)
def test_what_the_api_writes_it_reads(instant: datetime) -> None:
    """An instant written by the API and read back is the same to the millisecond."""
    assert abs(parse_instant(iso(instant), now=NOW) - instant.astimezone(UTC)) < timedelta(milliseconds=1)
    assert iso(instant).endswith("Z")


@given(st.integers(0, 5_000), st.sampled_from(sorted(UNITS)))
def test_relative_instants_count_back_from_now(count: int, unit: str) -> None:
    """`now-6h` is six hours before now."""
    assert parse_instant(f"now-{count}{unit}", now=NOW) == NOW - count * UNITS[unit]
    assert parse_instant(" now ", now=NOW) == NOW


@given(st.text(max_size=30) | st.from_regex(r"now-[0-9]{1,30}[smhdwy]?", fullmatch=True))
def test_anything_else_is_refused_in_words(text: str) -> None:
    """Whatever a person writes is an instant or a refusal that shows it, never another error."""
    refusal = None
    try:
        assert parse_instant(text, now=NOW, name="from").tzinfo is not None
    except Invalid as error:
        refusal = error
    assert refusal is None or (refusal.detail.startswith("from="), refusal.value) == (True, text[:100])


@given(
    st.none() | st.text(max_size=25),
    st.none() | st.sampled_from(["now", "now-1h", "0001-01-01", "9999-12-31"]),
)
def test_a_range_is_never_backwards(start: str | None, end: str | None) -> None:
    """A range that is accepted begins before it ends, lasts at most 400 days, and lies in 1970 to 2105."""
    try:
        found = parse_range(start, end, now=NOW)
    except Invalid as refused:
        check_says_why(refused)
        return
    assert found.start < found.end <= found.start + LONGEST
    assert 0 <= found.start.timestamp() < found.end.timestamp() < 2**32


def test_what_is_left_out_ends_now_and_lasts_the_default() -> None:
    """Without bounds the range is the last hour."""
    assert parse_range(None, None, now=NOW) == TimeRange(NOW - HOUR, NOW)
    assert parse_range(None, "now-1d", now=NOW).end == NOW - 24 * HOUR


@pytest.mark.parametrize(
    ("start", "end", "rule", "value", "detail"),
    [
        (
            "now", "now-1h", "from < to", "now",
            "the range from 2026-03-01T12:00:00+00:00 to 2026-03-01T11:00:00+00:00 is empty",
        ),
        (
            "now", "now", "from < to", "now",
            "the range from 2026-03-01T12:00:00+00:00 to 2026-03-01T12:00:00+00:00 is empty",
        ),
        ("now-401d", "now", "range length", "now-401d", "a range may not be longer than 400 days"),
        (
            "1960-01-01", "1960-02-01", "years 1970 to 2105", "1960-01-01",
            "from=1960-01-01T00:00:00+00:00 is outside the years that can be stored, 1970 to 2105",
        ),
        (
            "now", "2200-02-01", "years 1970 to 2105", "2200-02-01",
            "to=2200-02-01T00:00:00+00:00 is outside the years that can be stored, 1970 to 2105",
        ),
        (
            "yesterday", None, "ISO 8601 or now-N(s|m|h|d|w)", "yesterday",
            "from='yesterday' is not an instant: write 2026-11-22T14:30:00Z, now, or now-6h",
        ),
        (
            None, "tomorrow", "ISO 8601 or now-N(s|m|h|d|w)", "tomorrow",
            "to='tomorrow' is not an instant: write 2026-11-22T14:30:00Z, now, or now-6h",
        ),
    ],
)  # fmt: skip
def test_a_refused_range_names_the_rule(
    start: str | None, end: str | None, rule: str, value: str, detail: str
) -> None:
    """Each way a range can be wrong has its own rule, and names the parameter and what was written."""
    with pytest.raises(Invalid) as caught:
        parse_range(start, end, now=NOW)
    assert (caught.value.rule, caught.value.value, caught.value.detail) == (rule, value, detail)


def test_a_refused_instant_is_named_and_cut() -> None:
    """By itself it is called `at`; of a long text the first 100 characters are shown."""
    with pytest.raises(Invalid) as caught:
        parse_instant("x" * 101, now=NOW)
    assert caught.value.value == "x" * 100
    assert caught.value.detail.startswith(f"at='{'x' * 100}' is not an instant: ")


@pytest.mark.parametrize(
    ("start", "end", "is_accepted"),
    [
        ("1970-01-01", "1970-01-02", True),
        ("1969-12-31T23:59:59.999999", "1970-01-02", False),
        ("2105-12-31", "2106-01-01", True),
        ("2105-12-31", "2106-01-01T00:00:00.000001", False),
        ("2025-01-01", "2026-02-05", True),
        ("2025-01-01", "2026-02-05T00:00:00.000001", False),
    ],
)
def test_a_range_is_accepted_up_to_each_bound(start: str, end: str, *, is_accepted: bool) -> None:
    """From the first instant of 1970 to the last of 2105, and 400 days: a microsecond more is refused."""
    try:
        parse_range(start, end, now=NOW)
    except Invalid:
        assert not is_accepted
    else:
        assert is_accepted


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_the_zone_of_the_machine_makes_no_difference(zone: str) -> None:
    """What says no zone is UTC, what says one is returned in UTC, and what is written is UTC."""
    with in_zone(zone):
        for text in ("2026-03-01T12:00", "2026-03-01T13:00+01:00"):
            found = parse_instant(text, now=NOW)
            assert (found, found.utcoffset()) == (NOW, timedelta(0))
        assert iso(NOW) == "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [(0, "00Z"), (999, "00Z"), (1_000, "00.001Z"), (1_001, "00.001Z"), (999_999, "00.999Z")],
)
def test_an_instant_is_written_with_milliseconds_only_if_it_has_any(microseconds: int, text: str) -> None:
    """Less than one is cut, not rounded up into another second."""
    assert iso(NOW + timedelta(microseconds=microseconds)) == f"2026-03-01T12:00:{text}"


def _lasting(seconds: int) -> TimeRange:
    return TimeRange(NOW, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("seconds", "step"),
    [
        (1, 10), (2_400, 10), (2_401, 30), (7_200, 30), (7_201, 60), (14_400, 60), (14_401, 300),
        (240 * 43_200, 43_200), (240 * 43_200 + 1, 86_400), (400 * 86_400, 86_400),
    ],
)  # fmt: skip
def test_the_step_is_the_narrowest_that_gives_240_points(seconds: int, step: int) -> None:
    """At exactly 240 points the step is kept, a second more takes the next; none is wider than a day."""
    assert _lasting(seconds).step_seconds() == step


@pytest.mark.parametrize(
    ("asked", "slice_seconds", "step"),
    [(None, 10, 60), (None, 3_600, 3_600), (10, 10, 10), (10, 60, 60), (60, 60, 60), (70, 60, 120)],
)
def test_a_step_is_widened_to_whole_slices(asked: int | None, slice_seconds: int, step: int) -> None:
    """The step asked for, or a round one for 60 points of an hour; never a part of a slice."""
    found = _lasting(3_600).step_over_slices(asked, points=60, slice_seconds=slice_seconds, most=360)
    assert found == step


@pytest.mark.parametrize(
    ("seconds", "asked", "rule", "detail"),
    [
        (
            601, 10, "at most 60 points",
            "step=10 would cut the range into 61 points; write at least 20 seconds or a shorter range",
        ),
        (
            3_600, 20, "at most 60 points",
            "step=20 would cut the range into 180 points; write at least 60 seconds or a shorter range",
        ),
        (
            600, 15, "step is a multiple of 10",
            "step=15 does not divide slices evenly; write a multiple of 10 seconds",
        ),
        (
            600, 11, "step is a multiple of 10",
            "step=11 does not divide slices evenly; write a multiple of 10 seconds",
        ),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_is_refused_with_what_could(
    seconds: int, asked: int, rule: str, detail: str
) -> None:
    """61 points are refused where 60 are drawn; the refusal has the step, and what to write instead."""
    with pytest.raises(Invalid) as caught:
        _lasting(seconds).step_over_slices(asked, points=60, slice_seconds=10, most=60)
    assert (caught.value.value, caught.value.rule, caught.value.detail) == (str(asked), rule, detail)


def test_as_many_points_as_may_be_are_drawn() -> None:
    """60 of 60, at the step that the refusal of a narrower one asks for."""
    assert _lasting(600).step_over_slices(10, points=60, slice_seconds=10, most=60) == 10
    assert _lasting(601).step_over_slices(20, points=60, slice_seconds=10, most=60) == 20


@given(st.integers(1, int(LONGEST.total_seconds())))
def test_steps_are_round_and_not_too_many(seconds: int) -> None:
    """A range is cut into round steps, at most 240 of them as long as a day is wide enough."""
    within = TimeRange(NOW, NOW + timedelta(seconds=seconds))
    step = within.step_seconds()
    assert step % 10 == 0
    assert 86_400 % step == 0
    assert seconds / step <= max(240, seconds / 86_400)
