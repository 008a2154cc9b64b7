"""Instants and ranges as people write them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.errors import Invalid
from holdfast.runtime.timerange import iso, parse_instant, parse_range

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("now-90s", NOW - timedelta(seconds=90)),
        ("now-2w", NOW - timedelta(weeks=2)),
        ("2026-03-01T13:00:00+02:00", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("2026-03-01T11:00:00Z", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("2026-03-01T11:00", datetime(2026, 3, 1, 11, tzinfo=UTC)),
    ],
)
def test_instants_are_read(text: str, expected: datetime) -> None:
    """ISO 8601 and times relative to now are read; without a zone it is UTC."""
    assert parse_instant(text, now=NOW) == expected


@given(st.text(max_size=30) | st.from_regex(r"now-\d{1,9}[smhdw]", fullmatch=True))
def test_whatever_is_sent_is_an_instant_or_a_refusal(text: str) -> None:
    """No text a user sends can be anything but read or refused."""
    with suppress(Invalid):
        assert parse_instant(text, now=NOW).tzinfo is UTC


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_what_is_written_can_be_read(at: datetime) -> None:
    """An instant written for the API reads back the same, to the millisecond."""
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert parse_instant(iso(at), now=NOW) == at
    assert iso(at).endswith("Z")


def test_a_range_left_out_ends_now() -> None:
    """Without bounds it is the default length up to now; with an end alone it is that long before it."""
    assert parse_range(None, None, now=NOW, default=HOUR).start == NOW - HOUR
    assert parse_range(None, "now-1h", now=NOW, default=HOUR).start == NOW - 2 * HOUR


@pytest.mark.parametrize(("start", "end"), [("now", "now"), ("now", "now-1h"), ("now-401d", "now")])
def test_a_range_that_is_none_is_refused(start: str, end: str) -> None:
    """Empty, reversed and endless ranges are refused."""
    with pytest.raises(Invalid):
        parse_range(start, end, now=NOW, default=HOUR)
