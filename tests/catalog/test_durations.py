"""Durations are read the same wherever people write them."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.catalog.durations import (
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
