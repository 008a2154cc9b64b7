"""Numbers of the protobuf wire format, written and read in one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.intake.fuzz.wire import varint as longer

from holdfast.telemetry.intake.varint import varint, varint_at

MOST = 10


@given(number=st.integers(0, 2**64 - 1), before=st.binary(max_size=3), after=st.binary(max_size=3))
def test_what_is_written_is_read_again(number: int, before: bytes, after: bytes) -> None:
    """Among any bytes, a number is read as written, up to its end."""
    written = varint(number)
    content = before + written + after
    expected = (number, len(before) + len(written))
    assert varint_at(content, len(before), len(content), MOST) == expected


@pytest.mark.parametrize(
    ("content", "end", "most_bytes", "expected"),
    [
        (b"\x00", 1, 5, (0, 1)),
        (b"\x7f", 1, 5, (127, 1)),
        (b"\x80\x01", 2, 5, (128, 2)),
        (b"\x80\x01", 1, 5, None),
        (b"\x80\x80\x01", 3, 2, None),
        (b"\x80\x80\x01", 3, 3, (16_384, 3)),
        (b"", 0, 5, None),
    ],
)
def test_a_number_ends_within_its_bytes(
    content: bytes, end: int, most_bytes: int, expected: tuple[int, int] | None
) -> None:
    """A number whose last byte lies beyond the end, or beyond the most bytes it may take, is none."""
    assert varint_at(content, 0, end, most_bytes) == expected


def test_a_number_may_take_more_bytes_than_it_needs() -> None:
    """Leading zeros are read: some senders leave room for a length they do not know yet."""
    assert varint_at(longer(5, extra=2), 0, 3, 5) == (5, 3)
