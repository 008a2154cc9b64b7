"""What counts as measured, and what a gap is taken for."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.catalog.model import NoData
from holdfast.objectives.coverage import Presence, presence_of, with_gaps
from holdfast.objectives.model import Coverage
from holdfast.telemetry.counting.model import Counts, Sender

HOUR = 3600
CHECKOUT = Sender("checkout")


def _presence(minutes: set[int]) -> Presence:
    starts = {CHECKOUT: np.array(sorted(minutes), dtype=np.int64) * 60}
    return presence_of(starts, start=0, end=2 * HOUR)


@given(st.sets(st.integers(0, 119)), st.integers(0, 7200), st.integers(0, 7200), st.integers(0, 7200))
def test_coverage_equals_looking_at_each_minute(minutes: set[int], a: int, b: int, since: int) -> None:
    """Covered and expected equal a walk over the whole minutes of the window since the first slice."""
    start, end = sorted((a, b))
    expected = [
        m for m in range(120) if m * 60 >= start // 60 * 60 and m * 60 + 60 <= end and m >= since // 60
    ]
    found = _presence(minutes).coverage(CHECKOUT, start=start, end=end, since=since)
    assert found == Coverage(len(minutes & set(expected)), len(expected))


def test_zero_traffic_is_not_missing_data() -> None:
    """A service that sends anything at all is covered, whatever its SLI counted."""
    presence = _presence(set(range(120)))
    assert presence.coverage(CHECKOUT, start=0, end=HOUR, since=0).ratio == 1


def test_a_silent_service_is_missing_while_others_send() -> None:
    """A service nobody heard of has no coverage at all."""
    assert _presence({1, 2}).coverage(Sender("payment"), start=0, end=HOUR, since=0) == Coverage(0, 60)


def test_nothing_is_missing_before_the_first_slice() -> None:
    """A young objective is not blamed for the time before it."""
    assert _presence({59}).coverage(CHECKOUT, start=0, end=HOUR, since=59 * 60) == Coverage(1, 1)
    assert _presence(set()).coverage(CHECKOUT, start=0, end=HOUR, since=HOUR) == Coverage(0, 0)
    assert Coverage(0, 0).ratio == 1


def test_one_lost_minute_holds_nothing_and_two_do() -> None:
    """A single lost minute of ten stays above a floor of 90%; a second one falls below."""
    everything = set(range(60))
    assert _presence(everything - {59}).recent(CHECKOUT, end=HOUR, since=0).ratio == Fraction(9, 10)
    assert _presence(everything - {58, 59}).recent(CHECKOUT, end=HOUR, since=0).ratio == Fraction(8, 10)


def test_data_is_back_after_two_whole_minutes() -> None:
    """After a long silence two covered minutes are enough to judge alerts again."""
    assert _presence({58, 59}).recent(CHECKOUT, end=HOUR, since=0).ratio == 1
    assert _presence({59}).recent(CHECKOUT, end=HOUR, since=0).ratio == Fraction(1, 10)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (NoData.FREEZE, Counts(90, 100)),
        (NoData.IGNORE, Counts(90, 100)),
        (NoData.GOOD, Counts(115, 125)),
        (NoData.BAD, Counts(90, 125)),
    ],
)
def test_gaps_are_filled_as_the_policy_says(policy: NoData, expected: Counts) -> None:
    """`good` and `bad` fill each missing minute with the usual number of events; the others fill nothing."""
    found = with_gaps(Counts(90, 100), Coverage(50, 60), policy, per_minute=Fraction(5, 2))
    assert found == expected


NOON = 1_772_366_400
"""A whole hour far from 1970, as presence is read: a start of 0 hides a sign."""


def _around_noon(*minutes: int, start: int = -600, end: int = 600) -> Presence:
    starts = {CHECKOUT: np.array(sorted(minutes), dtype=np.int64) * 60 + NOON}
    return presence_of(starts, start=NOON + start, end=NOON + end)


@pytest.mark.parametrize(
    ("start", "end", "since", "covered", "expected"),
    [
        (-300, 0, -600, 3, 5),
        (-241, 0, -600, 3, 5),
        (-240, 0, -600, 2, 4),
        (-300, 59, -600, 3, 5),
        (-300, 60, -600, 4, 6),
        (-300, 0, -181, 2, 4),
        (-300, 0, -180, 1, 3),
        (-300, 0, -60, 1, 1),
        (-300, 0, -59, 1, 1),
        (-300, 0, 0, 0, 0),
        (-300, 0, 60, 0, 0),
        (-9_999, 0, -9_999, 3, 10),
        (-60, 9_999, -600, 2, 11),
        (30, 59, -600, 0, 0),
    ],
)
def test_only_whole_minutes_that_are_over_count(
    start: int, end: int, since: int, covered: int, expected: int
) -> None:
    """A start, a first slice and an end within a minute are taken for its beginning, to the second."""
    presence = _around_noon(-5, -4, -1, 0)
    found = presence.coverage(CHECKOUT, start=NOON + start, end=NOON + end, since=NOON + since)
    assert found == Coverage(covered, expected)
    silent = presence.coverage(Sender("payment"), start=NOON + start, end=NOON + end, since=NOON + since)
    assert silent == Coverage(0, expected)


def test_presence_holds_the_minutes_of_its_range_and_no_other() -> None:
    """The first minute is inside, the one that begins at the end is not, and seconds do not matter."""
    presence = _around_noon(-11, -10, 8, 9, 10, start=-599, end=619)
    assert (presence.start, presence.end) == (NOON - 600, NOON + 600)
    row = presence.minutes[CHECKOUT]
    assert (row.dtype, len(row)) == (np.bool_, 20)
    assert np.flatnonzero(row).tolist() == [0, 18, 19]
    nothing = _around_noon(0, start=30, end=30)
    assert (nothing.start, nothing.end, len(nothing.minutes[CHECKOUT])) == (NOON, NOON, 0)


@pytest.mark.parametrize(
    ("lost", "covered", "expected"),
    [
        ((-11,), 2, 2),
        ((-10, -3), 2, 2),
        ((-2,), 9, 10),
        ((-1,), 9, 10),
        ((-1, -10), 8, 10),
        ((-1, -11), 9, 10),
    ],
)
def test_the_last_ten_minutes_count_unless_the_last_two_are_whole(
    lost: tuple[int, ...], covered: int, expected: int
) -> None:
    """What was lost more than two minutes ago suspends nothing, and what is older than ten is not seen."""
    presence = _around_noon(*set(range(-20, 0)) - set(lost), start=-1200)
    for second in (0, 1, 59):
        found = presence.recent(CHECKOUT, end=NOON + second, since=NOON - 1200)
        assert found == Coverage(covered, expected)


@pytest.mark.parametrize(
    ("missing", "per_minute", "filled"),
    [
        (1, Fraction(99, 100), 0),
        (1, Fraction(1), 1),
        (2, Fraction(5, 3), 3),
        (3, Fraction(5, 3), 5),
        (7, Fraction(5, 7), 5),
        (6, Fraction(5, 7), 4),
    ],
)
def test_gaps_are_filled_with_whole_events_rounded_down(
    missing: int, per_minute: Fraction, filled: int
) -> None:
    """Part of an event is none: the product is exact, and rounded down once, not for each minute."""
    gap = Coverage(10 - missing, 10)
    counts = Counts(90, 100)
    good = with_gaps(counts, gap, NoData.GOOD, per_minute=per_minute)
    bad = with_gaps(counts, gap, NoData.BAD, per_minute=per_minute)
    assert (good, bad) == (Counts(90 + filled, 100 + filled), Counts(90, 100 + filled))
