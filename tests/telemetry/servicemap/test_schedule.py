"""What is joined when, and again when: pure rules over counts."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.servicemap import schedule
from holdfast.telemetry.servicemap.schedule import (
    Joined,
    Stretch,
    due_blocks,
    due_slices,
    seen_around,
    stretches,
)

NOON = 1_772_366_400


def due(halves: dict[int, int], joined: dict[int, Joined], *, at: int, again: bool = True) -> list[int]:
    """What is due at an instant, with everything up to it complete."""
    return due_slices(halves, joined, complete_until=at, now=at, again=again)


def test_a_slice_is_due_once_it_is_complete() -> None:
    """Not a second before its end is complete, and not again without news."""
    halves = {NOON: 5}
    assert due(halves, {}, at=NOON + 9) == []
    assert due(halves, {}, at=NOON + 10) == [NOON]
    assert due(halves, {NOON: Joined(1, 5, NOON + 10)}, at=NOON + 9_999) == []


def test_late_halves_make_a_slice_due_again_as_it_ages() -> None:
    """News around a slice count, once as much time has passed since its join as it was old then."""
    halves = {NOON: 5, NOON + 60: 1}
    young, old = {NOON: Joined(1, 5, NOON + 20)}, {NOON: Joined(1, 5, NOON + 600)}
    assert due(halves, young, at=NOON + 69) == []
    assert due(halves, young, at=NOON + 70)[0] == NOON
    assert due(halves, young, at=NOON + 70, again=False) == [NOON + 60]
    assert NOON not in due(halves, old, at=NOON + 1_199)
    assert NOON in due(halves, old, at=NOON + 1_200)


def test_halves_that_have_expired_change_nothing() -> None:
    """Where fewer halves are left than were joined, what is on the map stays."""
    assert due({NOON: 4}, {NOON: Joined(1, 5, NOON + 20)}, at=NOON + 9_999) == []


@given(
    st.dictionaries(st.integers(0, 60).map(lambda n: NOON + 10 * n), st.integers(1, 2_000_000), max_size=40)
)
def test_stretches_hold_every_slice_once(halves: dict[int, int]) -> None:
    """Stretches are the slices in order, side by side, and no larger than a statement should join."""
    found = stretches(sorted(halves), halves)
    assert [one for stretch in found for one in stretch.slices] == sorted(halves)
    for stretch in found:
        held = sum(halves[one] for one in stretch.slices)
        assert held <= schedule.STRETCH_HALVES or len(stretch.slices) == 1


def test_neighbours_are_joined_together() -> None:
    """Slices side by side are one stretch, others are not."""
    assert stretches([0, 10, 30], {}) == [Stretch(0, 20), Stretch(30, 40)]


def test_what_a_join_looks_at_is_counted() -> None:
    """Halves within a minute before and after a slice count as seen, others do not."""
    halves = {NOON - 70: 1, NOON - 60: 2, NOON: 4, NOON + 60: 8, NOON + 70: 16}
    assert seen_around(NOON, halves) == 14


def test_a_block_is_added_up_when_it_is_complete_and_when_a_slice_of_it_is_newer() -> None:
    """Five minutes are added up after their last slice, and again when one of them was joined anew."""
    fine = {NOON: Joined(7, 1, NOON), NOON + 290: Joined(9, 1, NOON)}

    def found(coarse: dict[int, Joined], at: int) -> dict[int, int]:
        return due_blocks(fine, coarse, complete_until=at, now=at)

    assert found({}, NOON + 300) == {}
    assert found({}, NOON + 310) == {NOON: 9}
    assert found({NOON: Joined(10, 9, NOON + 310)}, NOON + 900) == {}
    assert found({NOON: Joined(10, 8, NOON + 310)}, NOON + 330) == {}
    assert found({NOON: Joined(10, 8, NOON + 310)}, NOON + 400) == {NOON: 9}
