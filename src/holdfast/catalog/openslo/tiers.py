"""The burn-rate alerts of an objective whose SLO names policies of its own."""

from datetime import timedelta
from fractions import Fraction

from holdfast.catalog.alerts import LeftOut, highest_burn, left_out
from holdfast.catalog.fields import Fields
from holdfast.catalog.model import AlertTier
from holdfast.catalog.openslo.lints import decimal
from holdfast.catalog.openslo.parts import Policy
from holdfast.catalog.problems import Rule, clipped
from holdfast.runtime.durations import shorthand

_SECOND = timedelta(seconds=1)


def tiers_of(
    spec: Fields, window: timedelta, target: Fraction, policies: tuple[Policy, ...] | None
) -> tuple[AlertTier, ...] | None:
    """Return one alert for each policy, noting those that could never fire; None means the default."""
    if policies is None:
        return None
    return tuple(_tier(spec, window, target, policy) for policy in policies)


def _tier(spec: Fields, window: timedelta, target: Fraction, policy: Policy) -> AlertTier:
    condition = policy.condition
    why = left_out(
        condition.threshold,
        target=target,
        window=window,
        long=condition.long,
        comparison=condition.comparison,
    )
    if why is LeftOut.NEVER_FIRES:
        message = (
            f'the policy "{clipped(policy.name)}" can never fire: its threshold is '
            f"{decimal(condition.threshold)}, and with target {decimal(target)} a total outage "
            f"burns 1/(1-target) = {decimal(highest_burn(target))}"
        )
        spec.error(Rule.NEVER_FIRES, "alertPolicies", message)
    if condition.long > window:
        message = (
            f'the policy "{clipped(policy.name)}" looks back {shorthand(condition.long)}, further than '
            f"the window of {shorthand(window)}"
        )
        spec.error(Rule.OUT_OF_RANGE, "alertPolicies", message)
    share = condition.threshold * Fraction(condition.long // _SECOND, window // _SECOND)
    return AlertTier(
        severity=condition.severity,
        budget_share=share,
        long=condition.long,
        short=condition.short,
        threshold=condition.threshold,
        comparison=condition.comparison,
        policy=policy.name,
        targets=tuple(one.target for one in policy.targets),
        notify_resolved=policy.notify_resolved,
    )
