"""What counts as measured, and what a gap is taken for."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.catalog.model import NoData
from holdfast.objectives.coverage import Presence, presence_of, with_gaps
from holdfast.objectives.model import Counts, Coverage

HOUR = 3600


def _presence(minutes: set[int]) -> Presence:
    starts = {"checkout": np.array(sorted(minutes), dtype=np.int64) * 60}
    return presence_of(starts, start=0, end=2 * HOUR)


@given(st.sets(st.integers(0, 119)), st.integers(0, 7200), st.integers(0, 7200), st.integers(0, 7200))
def test_coverage_equals_looking_at_each_minute(minutes: set[int], a: int, b: int, since: int) -> None:
    """Covered and expected equal a walk over the whole minutes of the window since the first slice."""
    start, end = sorted((a, b))
    expected = [
        m for m in range(120) if m * 60 >= start // 60 * 60 and m * 60 + 60 <= end and m >= since // 60
    ]
    found = _presence(minutes).coverage("checkout", start=start, end=end, since=since)
    assert found == Coverage(len(minutes & set(expected)), len(expected))


def test_zero_traffic_is_not_missing_data() -> None:
    """A service that sends anything at all is covered, whatever its SLI counted."""
    presence = _presence(set(range(120)))
    assert presence.coverage("checkout", start=0, end=HOUR, since=0).ratio == 1


def test_a_silent_service_is_missing_while_others_send() -> None:
    """A service nobody heard of has no coverage at all."""
    assert _presence({1, 2}).coverage("payment", start=0, end=HOUR, since=0) == Coverage(0, 60)


def test_nothing_is_missing_before_the_first_slice() -> None:
    """A young objective is not blamed for the time before it."""
    assert _presence({59}).coverage("checkout", start=0, end=HOUR, since=59 * 60) == Coverage(1, 1)
    assert _presence(set()).coverage("checkout", start=0, end=HOUR, since=HOUR) == Coverage(0, 0)
    assert Coverage(0, 0).ratio == 1


def test_one_lost_minute_holds_nothing_and_two_do() -> None:
    """A single lost minute of ten stays above a floor of 90%; a second one falls below."""
    everything = set(range(60))
    assert _presence(everything - {59}).recent("checkout", end=HOUR, since=0).ratio == Fraction(9, 10)
    assert _presence(everything - {58, 59}).recent("checkout", end=HOUR, since=0).ratio == Fraction(8, 10)


def test_data_is_back_after_two_whole_minutes() -> None:
    """After a long silence two covered minutes are enough to judge alerts again."""
    assert _presence({58, 59}).recent("checkout", end=HOUR, since=0).ratio == 1
    assert _presence({59}).recent("checkout", end=HOUR, since=0).ratio == Fraction(1, 10)


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
