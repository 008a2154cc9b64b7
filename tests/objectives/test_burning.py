"""The word for a burn is by the alerts that fire, so that counts of it agree with the list of alerts."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.objectives.cases import an_objective

from holdfast.catalog.model import Severity
from holdfast.objectives.alerting.burn import Tier, tiers_of
from holdfast.objectives.burning import burn_state_of
from holdfast.objectives.model import BurnState

TIERS = tiers_of(an_objective())
PAGE, TICKET = TIERS[0], TIERS[-1]


@pytest.mark.parametrize(
    ("firing", "expected"),
    [
        ((), BurnState.QUIET),
        ((TICKET,), BurnState.BURNING_SLOWLY),
        ((PAGE,), BurnState.BURNING),
        ((PAGE, TICKET), BurnState.BURNING),
    ],
    ids=["no alert", "a ticket", "a page", "both"],
)
def test_a_burn_is_red_only_where_a_page_fires(firing: tuple[Tier, ...], expected: BurnState) -> None:
    """A ticket is a burn of its own tone, at any rate."""
    assert burn_state_of(firing) is expected


@given(some.lists(some.sampled_from(TIERS)))
def test_what_pages_is_what_burns_with_a_page(firing: list[Tier]) -> None:
    """Over any tiers that fire, the count of red objectives is the count of those that page."""
    pages = any(tier.severity is Severity.PAGE for tier in firing)
    assert (burn_state_of(firing) is BurnState.BURNING) == pages
