"""What is joined when, and again when: pure rules over counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.servicemap import schedule
from holdfast.telemetry.servicemap.schedule import (
    Interval,
    Joined,
    due_blocks,
    due_slices,
    intervals,
    seen_around,
)

NOON = 1_772_366_400


def due(sides: dict[int, int], joined: dict[int, Joined], *, at: int, again: bool = True) -> list[int]:
    """What is due at an instant, with everything up to it complete."""
    return due_slices(sides, joined, complete_until=at, now=at, again=again)


def test_a_slice_is_due_once_it_is_complete() -> None:
    """Not a second before its end is complete, and not again without news."""
    sides = {NOON: 5}
    assert due(sides, {}, at=NOON + 9) == []
    assert due(sides, {}, at=NOON + 10) == [NOON]
    assert due(sides, {NOON: Joined(1, 5, NOON + 10)}, at=NOON + 9_999) == []


def test_late_sides_make_a_slice_due_again_as_it_ages() -> None:
    """News around a slice count, once as much time has passed since its join as it was old then."""
    sides = {NOON: 5, NOON + 60: 1}
    young, old = {NOON: Joined(1, 5, NOON + 20)}, {NOON: Joined(1, 5, NOON + 600)}
    assert due(sides, young, at=NOON + 69) == []
    assert due(sides, young, at=NOON + 70)[0] == NOON
    assert due(sides, young, at=NOON + 70, again=False) == [NOON + 60]
    assert NOON not in due(sides, old, at=NOON + 1_199)
    assert NOON in due(sides, old, at=NOON + 1_200)


def test_sides_that_have_expired_change_nothing() -> None:
    """where fewer sides are left than were joined, what is on the map stays."""
    assert due({NOON: 4}, {NOON: Joined(1, 5, NOON + 20)}, at=NOON + 9_999) == []


@given(
    st.dictionaries(st.integers(0, 60).map(lambda n: NOON + 10 * n), st.integers(1, 2_000_000), max_size=40)
)
def test_intervals_hold_every_slice_once(sides: dict[int, int]) -> None:
    """Intervals are the slices in order, side by side, and no larger than a statement should join."""
    found = intervals(sorted(sides), sides)
    assert [one for interval in found for one in interval.slices] == sorted(sides)
    for interval in found:
        held = sum(sides[one] for one in interval.slices)
        assert held <= schedule.INTERVAL_SIDES or len(interval.slices) == 1


def test_neighbours_are_joined_together() -> None:
    """Slices side by side are one interval, others are not."""
    assert intervals([0, 10, 30], {}) == [Interval(0, 20), Interval(30, 40)]


def test_what_a_join_looks_at_is_counted() -> None:
    """Sides within a minute before and after a slice count as seen, others do not."""
    sides = {NOON - 70: 1, NOON - 60: 2, NOON: 4, NOON + 60: 8, NOON + 70: 16}
    assert seen_around(NOON, sides) == 14


def test_a_block_is_added_up_when_it_is_complete_and_when_a_slice_of_it_is_newer() -> None:
    """Five minutes are summed after their last slice, and again after one of them was joined again."""
    fine = {NOON: Joined(7, 1, NOON), NOON + 290: Joined(9, 1, NOON)}

    def found(coarse: dict[int, Joined], at: int) -> dict[int, int]:
        return due_blocks(fine, coarse, complete_until=at, now=at)

    assert found({}, NOON + 300) == {}
    assert found({}, NOON + 310) == {NOON: 9}
    assert found({NOON: Joined(10, 9, NOON + 310)}, NOON + 900) == {}
    assert found({NOON: Joined(10, 8, NOON + 310)}, NOON + 330) == {}
    assert found({NOON: Joined(10, 8, NOON + 310)}, NOON + 400) == {NOON: 9}


@pytest.mark.parametrize("revisions", [(7, 9), (9, 7), (9, 9)])
def test_a_block_has_the_newest_revision_of_its_slices(revisions: tuple[int, int]) -> None:
    """Whichever of them was joined again last, so that no older sum of the block is taken for it."""
    fine = {NOON + 290 * n: Joined(revision, 1, NOON) for n, revision in enumerate(revisions)}
    assert due_blocks(fine, {}, complete_until=NOON + 310, now=NOON + 310) == {NOON: 9}


@pytest.mark.parametrize(
    ("sizes", "ends"),
    [
        ((1_000_000, 1_000_000, 1_000_000), [30]),
        ((1_000_000, 1_000_000, 1_000_001), [20, 30]),
        ((3_000_000, 1, 2_999_999), [10, 30]),
        ((1_500_000, 1_500_000, 1_500_000), [20, 30]),
        ((9_000_000, 9_000_000), [10, 20]),
    ],
)
def test_a_statement_joins_three_million_sides_and_not_one_more(
    sizes: tuple[int, ...], ends: list[int]
) -> None:
    """Neighbours are added up while they fit; a slice that is too large by itself is joined alone."""
    sides = {10 * number: size for number, size in enumerate(sizes)}
    assert [one.end for one in intervals(sorted(sides), sides)] == ends


@pytest.mark.parametrize(("passed", "is_due"), [(49, False), (50, True)])
def test_a_block_is_added_up_again_after_fifty_seconds(passed: int, *, is_due: bool) -> None:
    """Not before, however many of its slices were joined again meanwhile."""
    fine, coarse = {NOON: Joined(9, 1, NOON)}, {NOON: Joined(10, 8, NOON + 310)}
    now = NOON + 310 + passed
    assert (NOON in due_blocks(fine, coarse, complete_until=now, now=now)) is is_due
