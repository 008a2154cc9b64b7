"""Routing: which policy pages for what burns, and why that one. Pure.

In this order: the targets of the AlertPolicy that fired; the team that the service's `team` label names;
the installation's fallback. What names nothing known is passed over, with the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """What somebody is to be paged for.

    `targets` are those that its AlertPolicy names, `team` is the one that owns its service.
    """

    service: str | None = None
    targets: tuple[str, ...] = ()
    team: str | None = None


class Routed(StrEnum):
    """Why a policy was chosen."""

    BY_TARGET = "by_target"
    BY_TEAM = "by_team"
    BY_FALLBACK = "by_fallback"
    NOT_ROUTED = "not_routed"


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """The policies that page, none if nobody is to be found, and why; `unknown` names were passed over."""

    policies: tuple[str, ...]
    reason: Routed
    unknown: tuple[str, ...] = ()


def route(
    concern: Concern,
    *,
    policy_of: Callable[[str], str | None],
    team_policy: Callable[[str], str | None],
    fallback: str | None,
) -> RouteDecision:
    """Decide which policies page.

    `policy_of` gives the policy that a target's name stands for (an EscalationPolicy, a Team or a User), and
    `team_policy` that of a team; None where there is none.
    """
    by_target = {one: policy_of(one) for one in concern.targets}
    unknown = tuple(one for one, policy in by_target.items() if policy is None)
    named = tuple(dict.fromkeys(policy for policy in by_target.values() if policy is not None))
    if named:
        return RouteDecision(named, Routed.BY_TARGET, unknown)
    if concern.team is not None:
        if (policy := team_policy(concern.team)) is not None:
            return RouteDecision((policy,), Routed.BY_TEAM, unknown)
        unknown = (*unknown, concern.team)
    if fallback is not None:
        return RouteDecision((fallback,), Routed.BY_FALLBACK, unknown)
    return RouteDecision((), Routed.NOT_ROUTED, unknown)
