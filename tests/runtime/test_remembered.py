"""Results that are reused for some seconds."""

from datetime import UTC, datetime, timedelta

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.remembered import Remembered


def test_a_result_is_reused_until_it_is_too_old() -> None:
    """At the end of its seconds it is asked for again, and not before."""
    clock, asked = ManualClock(datetime(2026, 3, 1, tzinfo=UTC)), iter(range(9))
    kept = Remembered(clock, seconds=10)
    assert kept.recall("one", lambda: next(asked)) == 0
    clock.advance(timedelta(seconds=9.9))
    assert kept.recall("one", lambda: next(asked)) == 0
    clock.advance(timedelta(seconds=0.1))
    assert kept.recall("one", lambda: next(asked)) == 1


def test_it_holds_no_more_than_its_most() -> None:
    """One key beyond the most clears all; None takes no room, and clears nothing."""
    kept = Remembered(ManualClock(datetime(2026, 3, 1, tzinfo=UTC)), seconds=10, most=2)
    assert [kept.recall(key, lambda: "first") for key in ("a", "b")] == ["first", "first"]
    assert kept.recall("nobody", lambda: None) is None
    assert kept.recall("a", lambda: "again") == "first"
    assert kept.recall("c", lambda: "first") == "first"
    assert kept.recall("a", lambda: "again") == "again"
