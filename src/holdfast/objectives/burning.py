"""How fast a budget burns while an alert fires: the word that stands beside a burn rate. Pure.

Which tier fires decides who is woken. The word is by rate: at 239× nothing "burns slowly", even while the
long window of the page tier has not reached its threshold yet.
"""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from holdfast.catalog.alerts import DEFAULT_ALERTS, threshold_of
from holdfast.catalog.model import Objective, Severity
from holdfast.objectives.alerting.burn import Tier, burn_rate
from holdfast.objectives.alerting.chance import Significance, evidence_against
from holdfast.objectives.model import BurnState
from holdfast.telemetry.counting.model import Counts

NOW = timedelta(minutes=5)
"""The window of "now"."""


def burn_state_of(
    objective: Objective, tiers: Sequence[Tier], *, firing: Sequence[Tier], recent: Counts
) -> BurnState:
    """Return how fast it burns: `firing` are the tiers that fire, `recent` the counts of the last minutes."""
    if not firing:
        return BurnState.QUIET
    pages = any(tier.severity is Severity.PAGE for tier in firing)
    return BurnState.BURNING if pages or _is_fast(objective, tiers, recent) else BurnState.BURNING_SLOWLY


def paging_pace(objective: Objective, tiers: Sequence[Tier]) -> Fraction:
    """Return the lowest burn rate that pages, of the default tiers where none of its own does; at least 1."""
    own = [tier.threshold for tier in tiers if tier.severity is Severity.PAGE and tier.left_out is None]
    default = [
        threshold_of(alert.budget_share, window=objective.window, long=alert.long)
        for alert in DEFAULT_ALERTS
        if alert.severity is Severity.PAGE
    ]
    return max(Fraction(1), min(own or default))


def _is_fast(objective: Objective, tiers: Sequence[Tier], recent: Counts) -> bool:
    """Whether the last minutes burn at a pace that pages; a single bad event is no pace."""
    rate = burn_rate(recent, objective.target)
    if rate is None or rate < paging_pace(objective, tiers):
        return False
    return evidence_against(recent, fine=1 - objective.target) is Significance.ENOUGH
