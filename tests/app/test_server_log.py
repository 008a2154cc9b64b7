"""The server's own log: what goes wrong four times a second is written once a minute."""

import logging

from hypothesis import given
from hypothesis import strategies as st

from holdfast.app.logs import AT_ONCE, EVERY_SECONDS, KINDS_MOST, Seldom

FULL = "the spool in %s could not store %d requests: %s"


def line(
    at: float, message: str = FULL, level: int = logging.ERROR, name: str = "holdfast.x"
) -> logging.LogRecord:
    """Return a record of that instant."""
    arguments = ("/d", at, "disk full") if message == FULL else ()
    record = logging.LogRecord(name, level, __file__, 1, message, arguments, None)
    record.created = at
    return record


@given(st.floats(0.01, 20), st.integers(1, 3000))
def test_lines_of_one_kind_are_few(pause_seconds: float, count: int) -> None:
    """However often it comes, one kind is written five times at first and once a minute after."""
    seldom, written = Seldom(), []
    for number in range(count):
        record = line(1000 + number * pause_seconds)
        if seldom.filter(record):
            written.append(record.getMessage())
    most = AT_ONCE + (count - 1) * pause_seconds / EVERY_SECONDS
    assert min(count, AT_ONCE) <= len(written) <= most + 1e-6
    assert len(written) >= min(count, most - 1)


def test_what_was_not_written_is_counted() -> None:
    """The next line of that kind says how many before it were left out, once."""
    seldom = Seldom()
    passed = [seldom.filter(line(1000 + number * 0.25)) for number in range(240)]
    assert sum(passed) == AT_ONCE
    following, after = line(1121), line(1181)
    assert (seldom.filter(following), seldom.filter(after)) == (True, True)
    assert following.getMessage().endswith("(235 more like it were not written)")
    assert "more like it" not in after.getMessage()


def test_a_call_that_limits_itself_names_its_kinds() -> None:
    """What one call logs of many peers, each once a minute, is written for each of them."""
    seldom = Seldom()
    for peer in range(20):
        record = line(1000, level=logging.WARNING)
        record.of_kind = f"10.0.0.{peer}"
        assert seldom.filter(record)


def test_kinds_do_not_take_each_others_place() -> None:
    """Another message, level or part of the program is another kind; what is no warning is always written."""
    seldom = Seldom()
    for _ in range(100):
        seldom.filter(line(1000))
    assert seldom.filter(line(1000, message="another"))
    assert seldom.filter(line(1000, level=logging.WARNING))
    assert seldom.filter(line(1000, name="holdfast.y"))
    assert all(seldom.filter(line(1000, level=logging.INFO)) for _ in range(100))
    assert not seldom.filter(line(900))  # nor does a clock that steps back write more
    for number in range(2 * KINDS_MOST):
        seldom.filter(line(1000, message=f"kind {number}"))
    assert len(seldom._kinds) == KINDS_MOST
