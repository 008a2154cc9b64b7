"""Durations are read the same wherever people write them."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.durations import (
    CalendarUnit,
    in_seconds,
    parse_seconds,
    parse_shorthand,
    parse_span_nanoseconds,
    shorthand,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10", 10), ("10s", 10), ("5m", 300), ("1.5h", 5400), ("2d", 172_800), ("1w", 604_800),
        ("0.25", Fraction(1, 4)), ("800ms", Fraction(4, 5)), (" 60 ", 60), ("0", 0),
    ],
)  # fmt: skip
def test_seconds_may_have_a_unit(text: str, seconds: Fraction) -> None:
    """A plain number is seconds; a unit behind it says otherwise, exactly."""
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-10s", "10 sec", "1e3", "ten", "10sm", "now-10s", "٣s", "5M"])
def test_what_is_no_duration_is_refused_by_its_text(text: str) -> None:
    """The error names what was written and what could be."""
    with pytest.raises(ValueError, match="10s, 5m or 1h"):
        parse_seconds(text)


def test_a_refused_duration_is_quoted_with_what_could_be_written() -> None:
    """Each reader names the text, at most 100 characters of a query parameter, and examples of its own."""
    with pytest.raises(ValueError, match=r'^"5 min" is not a duration such as 10s, 30m, 6h, 28d or 4w$'):
        parse_shorthand("5 min")
    with pytest.raises(CalendarUnit, match=r'^"1M" has no fixed length$'):
        parse_shorthand("1M")
    with pytest.raises(ValueError, match=r'^"5 min" is not a duration such as 800ms, 1.5s or 2m$'):
        parse_span_nanoseconds("5 min")
    with pytest.raises(ValueError, match=r'^"0.5ns" is finer than a nanosecond$'):
        parse_span_nanoseconds("0.5ns")
    words = "is not a number of seconds, nor a duration such as 10s, 5m or 1h"
    with pytest.raises(ValueError, match=f'^"{"x" * 100}" {words}$'):
        parse_seconds("x" * 101)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"), (1, "1s"), (59, "59s"), (60, "1m"), (61, "61s"), (3_599, "3599s"), (3_600, "1h"),
        (3_601, "3601s"), (5_400, "90m"), (86_399, "86399s"), (86_400, "1d"), (86_401, "86401s"),
        (90_000, "25h"), (604_800, "7d"), (28 * 86_400, "28d"),
    ],
)  # fmt: skip
def test_a_duration_is_written_in_the_largest_unit_that_divides_it(seconds: int, text: str) -> None:
    """Names of alerts and of windows are short, and the same on every page: never `1440m` for a day."""
    assert shorthand(timedelta(seconds=seconds)) == text


@given(seconds=st.integers(1, 10**8))
def test_a_duration_written_is_read_again(seconds: int) -> None:
    """What we write, every reader reads: of seconds, of windows, and of spans where they share a unit."""
    text = shorthand(timedelta(seconds=seconds))
    assert parse_seconds(text) == seconds
    assert parse_shorthand(text) == timedelta(seconds=seconds)
    if not text.endswith("d"):
        assert parse_span_nanoseconds(text) == seconds * 10**9


def test_parameters_come_as_numbers() -> None:
    """Whole seconds stay whole, so that a step is a number; what is no text is not touched."""
    assert (in_seconds("1m"), in_seconds("1500ms"), in_seconds(60), in_seconds(None)) == (60, 1.5, 60, None)
    assert isinstance(in_seconds("60"), int)
