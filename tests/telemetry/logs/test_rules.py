"""The pure rules of logs: conditions, places, strides and samples."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.errors import Invalid
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.logs.model import Condition, LogFilter, parse_conditions, parse_place
from holdfast.telemetry.logs.sampling import SLICES_MOST, Basis, pick
from holdfast.telemetry.logs.strides import strides

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = TimeRange(NOON, NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("service=cart", (Condition("service", "cart"),)),
        ("zone!=a", (Condition("zone", "a", is_excluded=True),)),
        ("severity>=error", (Condition("severity", "error"), Condition("severity", "fatal"))),
        ("severity=WARN", (Condition("severity", "warn"),)),
        ("http.route=/a=b", (Condition("http.route", "/a=b"),)),
        ("url.query = ", (Condition("url.query", ""),)),
        ("trace=ABC", (Condition("trace", "abc"),)),
    ],
)
def test_a_condition_is_a_field_a_sign_and_a_value(text: str, conditions: tuple[Condition, ...]) -> None:
    """Conditions are read as people write them."""
    assert parse_conditions([text]) == conditions


@pytest.mark.parametrize("text", ["cart", "=cart", "severity=bad", "zone>=a", ""])
def test_what_is_no_condition_is_refused(text: str) -> None:
    """A condition without field, with an unknown severity, or comparing what has no order names its rule."""
    with pytest.raises(Invalid) as refused:
        parse_conditions([text])
    assert refused.value.rule


def test_what_the_counts_know() -> None:
    """Words and attributes have to be looked for among the lines; the usual fields have not."""
    assert LogFilter(HOUR, conditions=parse_conditions(["service=a", "severity>=warn"])).is_counted
    assert not LogFilter(HOUR, conditions=parse_conditions(["http.route=/"])).is_counted


@pytest.mark.parametrize("cursor", ["", "1", "1.2.3", "-1.0", "99999999999999999999.0", "x.1"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    """Only what a page said as `next` is a place."""
    with pytest.raises(Invalid):
        parse_place(cursor)


SLICES = st.lists(st.tuples(st.integers(0, 359), st.integers(0, 50_000)), unique_by=lambda one: one[0])


@given(SLICES)
def test_strides_are_the_range_and_nothing_twice(found: list[tuple[int, int]]) -> None:
    """With any counts, strides from the newest to the oldest cover everything."""
    slices = [(int(NOON.timestamp()) + 10 * place, lines) for place, lines in sorted(found, reverse=True)]
    ranges = list(strides(slices, HOUR))
    assert ranges[0].end == HOUR.end
    assert ranges[-1].start == HOUR.start
    assert all(newer.start == older.end for newer, older in pairwise(ranges))


def test_a_busy_range_is_begun_at_its_newest_end() -> None:
    """Of an hour with ten thousand lines in ten seconds, twenty seconds are looked at first, then eighty."""
    slices = [(int(NOON.timestamp()) + 10 * place, 10_000) for place in reversed(range(360))]
    first, second, *_ = strides(slices, HOUR)
    assert (first.seconds, second.seconds) == (20, 80)


@given(SLICES, st.integers(1, 1_000_000))
def test_a_sample_is_repeatable_and_bounded(found: list[tuple[int, int]], budget: int) -> None:
    """The same slices give the same sample, of slices that hold lines, each once and not too many."""
    picked = pick(found, budget)
    assert picked == pick(found, budget)
    assert set(picked) <= {one for one in found if one[1]}
    assert len(set(picked)) == len(picked) <= SLICES_MOST
    assert bool(picked) == any(lines for _, lines in found)


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.integers(1, 10**12))
def test_estimates_are_scaled_to_the_nearest_whole(found: int, looked_at: int, of: int) -> None:
    """What was found in a sample stands for its share of the whole; without a sample it stands for itself."""
    assert Basis(looked_at, of).scaled(found) == found
    assert abs(Basis(looked_at, of, (1,)).scaled(found) * looked_at - found * of) * 2 <= looked_at
