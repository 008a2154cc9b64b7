"""Whether a budget burns, and whom its burn reaches: a page tier, or only a ticket tier. Pure.

A burn reaches a tier when both windows of the tier do, so a count of what burns with a page is the count of
what pages. The last minutes alone decide nothing: at 239× a page fires within minutes, and until then nobody
is called.
"""

from collections.abc import Sequence

from holdfast.catalog.model import Severity
from holdfast.objectives.alerting.burn import Tier
from holdfast.objectives.model import BurnState


def burn_state_of(firing: Sequence[Tier]) -> BurnState:
    """Return whether it burns, given the tiers that fire."""
    if not firing:
        return BurnState.QUIET
    pages = any(tier.severity is Severity.PAGE for tier in firing)
    return BurnState.BURNING if pages else BurnState.BURNING_SLOWLY
