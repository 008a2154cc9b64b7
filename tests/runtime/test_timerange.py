"""Ranges of time are read as people write them, and refused in words when they cannot be."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        found = parse_range(start, end, now=NOW, default=HOUR)
    except Invalid:
        return
    assert found.start < found.end <= found.start + LONGEST
    assert 0 <= found.start.timestamp() < found.end.timestamp() < 2**32


def test_what_is_left_out_ends_now_and_lasts_the_default() -> None:
    """Without bounds the range is the last hour."""
    assert parse_range(None, None, now=NOW, default=HOUR) == TimeRange(NOW - HOUR, NOW)
    assert parse_range(None, "now-1d", now=NOW, default=HOUR).end == NOW - 24 * HOUR


@pytest.mark.parametrize(
    ("start", "end", "rule"),
    [
        ("now", "now-1h", "from < to"),
        ("now", "now", "from < to"),
        ("now-401d", "now", "range length"),
        ("1960-01-01", "1960-02-01", "years 1970 to 2105"),
        ("2200-01-01", "2200-02-01", "years 1970 to 2105"),
        ("yesterday", None, "ISO 8601 or now-N(s|m|h|d|w)"),
    ],
)
def test_a_refused_range_names_the_rule(start: str, end: str | None, rule: str) -> None:
    """Each way a range can be wrong has its own rule."""
    with pytest.raises(Invalid) as caught:
        parse_range(start, end, now=NOW, default=HOUR)
    assert caught.value.rule == rule


@given(st.integers(1, int(LONGEST.total_seconds())))
def test_steps_are_round_and_not_too_many(seconds: int) -> None:
    """A range is cut into round steps, at most 240 of them as long as a day is wide enough."""
    within = TimeRange(NOW, NOW + timedelta(seconds=seconds))
    step = within.step_seconds()
    assert step % 10 == 0
    assert 86_400 % step == 0
    assert seconds / step <= max(240, seconds / 86_400)
