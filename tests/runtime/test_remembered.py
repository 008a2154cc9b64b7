"""Results that are reused for some seconds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.remembered import Remembered, key_of
from holdfast.runtime.timerange import TimeRange

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


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


def test_equal_requests_in_flight_share_one_query() -> None:
    """While the first asks, others wait for its result and ask nothing."""
    kept, begun, may_end = Remembered(ManualClock(NOON), seconds=10), Event(), Event()

    def slowly() -> str:
        begun.set()
        assert may_end.wait(10)
        return "read once"

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(kept.recall, "one", slowly)
        assert begun.wait(10)
        others = [threads.submit(kept.recall, "one", lambda: "read again") for _ in range(2)]
        may_end.set()
        assert {one.result(10) for one in (first, *others)} == {"read once"}


def test_a_query_that_fails_is_not_shared() -> None:
    """Who waited for it asks by itself; nothing is kept of the failure."""
    kept, begun, may_end = Remembered(ManualClock(NOON), seconds=10), Event(), Event()

    def failing() -> str:
        begun.set()
        assert may_end.wait(10)
        raise OSError("gone")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(kept.recall, "one", failing)
        assert begun.wait(10)
        other = threads.submit(kept.recall, "one", lambda: "read")
        may_end.set()
        assert other.result(10) == "read"
        with pytest.raises(OSError, match="gone"):
            first.result(10)
    assert kept.recall("one", lambda: "read later") == "read later"


def test_what_was_read_before_a_change_is_not_kept() -> None:
    """A query in flight while the cache is cleared answers its own request only."""
    kept = Remembered(ManualClock(NOON), seconds=10)

    def overtaken() -> str:
        kept.forget()
        return "before"

    assert kept.recall("one", overtaken) == "before"
    assert kept.recall("one", lambda: "after") == "after"


def test_ranges_that_end_now_are_the_same() -> None:
    """An hour until now has one key as time passes; other lengths and hours of the past have their own."""
    hour, later = timedelta(hours=1), NOON + timedelta(seconds=7)
    keys = [key_of(TimeRange(end - hour, end), now=end.timestamp()) for end in (NOON, later)]
    assert keys[0] == keys[1]
    keys.append(key_of(TimeRange(NOON - hour, later), now=later.timestamp()))
    keys += [key_of(TimeRange(end - hour, end), now=later.timestamp() + 3) for end in (NOON, later)]
    assert len(set(keys)) == 4
