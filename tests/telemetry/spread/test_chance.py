"""Fisher's exact test, against its definition in whole numbers."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from holdfast.telemetry.spread.chance import Drawn, at_least, at_most


def twin(drawn: Drawn) -> Fraction:
    """The chance of as many failures or more, by counting every way to draw the part's requests."""
    failed, good = drawn.all_failed, drawn.all_requests - drawn.all_failed
    ways = (
        comb(failed, each) * comb(good, drawn.requests - each)
        for each in range(drawn.failed, min(failed, drawn.requests) + 1)
    )
    return Fraction(sum(ways), comb(drawn.all_requests, drawn.requests))


@st.composite
def draws(draw: st.DrawFn, most: int = 120) -> Drawn:
    """A part of some requests, with a possible number of failures."""
    all_requests = draw(st.integers(1, most))
    all_failed, requests = draw(st.integers(0, all_requests)), draw(st.integers(0, all_requests))
    least = max(0, all_failed + requests - all_requests)
    return Drawn(draw(st.integers(least, min(all_failed, requests))), requests, all_failed, all_requests)


@given(draws())
def test_the_tail_is_that_of_the_definition(drawn: Drawn) -> None:
    """It is as if all ways were counted one by one."""
    assert at_least(drawn) == pytest.approx(float(twin(drawn)), rel=1e-9, abs=1e-12)


@given(draws())
def test_both_tails_overlap_in_what_was_seen(drawn: Drawn) -> None:
    """As many or more, and as few or fewer: together at least everything."""
    assert at_least(drawn) + at_most(drawn) >= 1 - 1e-9
    assert 0 <= at_least(drawn) <= 1


@given(draws())
def test_a_part_and_the_others_are_one_question(drawn: Drawn) -> None:
    """A part with many failures leaves few to the others, which is just as likely."""
    assert at_most(drawn.others) == at_least(drawn)
    assert drawn.others.others == drawn


@given(draws())
def test_more_failures_are_less_likely(drawn: Drawn) -> None:
    """One failure more in the part, of the same total, never raises the chance."""
    assume(drawn.failed < min(drawn.all_failed, drawn.requests))
    more = Drawn(drawn.failed + 1, drawn.requests, drawn.all_failed, drawn.all_requests)
    assert at_least(more) <= at_least(drawn) + 1e-12


@pytest.mark.parametrize(
    ("drawn", "chance"),
    [
        (Drawn(4, 4, 4, 8), 1 / 70),
        (Drawn(3, 4, 4, 8), 17 / 70),
        (Drawn(0, 4, 4, 8), 1.0),
        (Drawn(50_000_000, 100_000_000, 100_000_000, 200_000_000), 0.5),
        (Drawn(1_000_000, 1_000_000, 1_000_000, 2_000_000), 0.0),
    ],
    ids=["all-of-the-lady's-cups", "three-of-four", "none-or-more", "huge-and-even", "huge-and-certain"],
)
def test_known_chances(drawn: Drawn, chance: float) -> None:
    """The experiment of Fisher's book, and counts of a month."""
    assert at_least(drawn) == pytest.approx(chance, abs=1e-4)
