"""The word for a burn agrees with the burn rate beside it."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.objectives.cases import an_objective

from holdfast.catalog.model import AlertTier, Severity
from holdfast.objectives.alerting.burn import burn_rate, tiers_of
from holdfast.objectives.burning import burn_state_of, paging_pace
from holdfast.objectives.model import BurnState
from holdfast.telemetry.counting.model import Counts

OBJECTIVE = an_objective()
TIERS = tiers_of(OBJECTIVE)
PAGE, TICKET = TIERS[0], TIERS[-1]


def _burn(*firing: object, good: int, total: int) -> BurnState:
    tiers = [tier for tier in TIERS if tier in firing]
    return burn_state_of(OBJECTIVE, TIERS, firing=tiers, recent=Counts(good, total))


@pytest.mark.parametrize(
    ("firing", "good", "total", "expected"),
    [
        ((), 0, 100, BurnState.QUIET),
        ((TICKET,), 761, 1000, BurnState.BURNING),
        ((TICKET,), 998, 1000, BurnState.BURNING_SLOWLY),
        ((TICKET,), 0, 0, BurnState.BURNING_SLOWLY),
        ((TICKET,), 2, 3, BurnState.BURNING_SLOWLY),
        ((PAGE, TICKET), 1000, 1000, BurnState.BURNING),
    ],
    ids=["no alert", "239 times", "twice", "no traffic", "one bad event", "page, over now"],
)
def test_the_word_is_by_rate(firing: tuple[object, ...], good: int, total: int, expected: BurnState) -> None:
    """A ticket burns slowly only below the pace that pages; one bad event is no pace; a page burns."""
    assert _burn(*firing, good=good, total=total) is expected


@given(total=some.integers(1, 5000), data=some.data())
def test_nothing_above_the_pace_that_pages_burns_slowly(total: int, data: some.DataObject) -> None:
    """Two bad events or more, beyond chance, at a paging rate are never called slow; below it a ticket is."""
    bad = data.draw(some.integers(0, total))
    found = _burn(TICKET, good=total - bad, total=total)
    rate = burn_rate(Counts(total - bad, total), OBJECTIVE.target)
    assert rate is not None
    if rate < paging_pace(OBJECTIVE, TIERS):
        assert found is BurnState.BURNING_SLOWLY
    elif bad >= 10 and rate >= 20:
        assert found is BurnState.BURNING


def test_an_objective_that_never_pages_is_judged_by_the_default_pages() -> None:
    """Its own page tiers where it has any, 5% in 6 hours otherwise, and never below 1."""
    ticket = AlertTier(Severity.TICKET, None, timedelta(days=3), timedelta(hours=6), threshold=Fraction(1))
    quiet = an_objective(alert_tiers=(ticket,))
    assert paging_pace(quiet, tiers_of(quiet)) == Fraction(56, 10)
    assert paging_pace(OBJECTIVE, TIERS) == Fraction(56, 10)
    short = an_objective(alert_tiers=(ticket,), window=timedelta(hours=12))
    assert paging_pace(short, tiers_of(short)) == 1
