"""Which escalation policy a name stands for: one of the catalog, or that of a team or a user. Pure.

A policy is referred to as `policy/payments`, `team/payments` or `user/primary`. A team without a policy of
its own is paged by its schedule, then all together; a user is paged alone. So a page always has a ladder.
"""

from datetime import timedelta
from typing import Protocol, TypeVar

from holdfast.catalog.model import Catalog, KindOf
from holdfast.oncall.escalation import EscalationPolicy, Step, Target, TargetKind
from holdfast.oncall.model import POLICIES, TEAMS, USERS, Team, User

WAIT, REPEATS = timedelta(minutes=5), 2
POLICY, TEAM, USER = "policy", "team", "user"


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Value = TypeVar("_Value", bound=_Named)


def reference_of(catalog: Catalog, name: str) -> str | None:
    """Return what a name stands for: a policy, else a team, else a user of this name; None if nothing."""
    if _named(catalog, POLICIES, name) is not None:
        return f"{POLICY}/{name}"
    if _named(catalog, TEAMS, name) is not None:
        return team_reference(catalog, name)
    return f"{USER}/{name}" if _named(catalog, USERS, name) is not None else None


def team_reference(catalog: Catalog, name: str) -> str | None:
    """Return how a team of this name is paged, None if there is no such team."""
    if _named(catalog, TEAMS, name) is None:
        return None
    own = next((one.name for one in catalog.of(POLICIES) if one.team == name), None)
    return f"{TEAM}/{name}" if own is None else f"{POLICY}/{own}"


def policy(catalog: Catalog, reference: str) -> EscalationPolicy | None:
    """Return the policy that a reference stands for, None if the catalog has it no longer."""
    place, _, name = reference.partition("/")
    if place == POLICY:
        return _named(catalog, POLICIES, name)
    if place == TEAM:
        team = _named(catalog, TEAMS, name)
        return None if team is None else _of_team(team)
    user = _named(catalog, USERS, name)
    return None if user is None else _of_user(user)


def _of_team(team: Team) -> EscalationPolicy:
    schedule = (Target(TargetKind.SCHEDULE, team.schedule),) if team.schedule else ()
    everybody = (Target(TargetKind.TEAM, team.name),)
    steps = tuple(Step(targets=one, wait=WAIT) for one in (schedule, everybody) if one)
    return EscalationPolicy(name=team.name, display_name=team.display_name, steps=steps, repeats=REPEATS)


def _of_user(user: User) -> EscalationPolicy:
    step = Step(targets=(Target(TargetKind.USER, user.name),), wait=WAIT)
    return EscalationPolicy(name=user.name, display_name=user.display_name, steps=(step,), repeats=REPEATS)


def _named(catalog: Catalog, kind: KindOf[_Value], name: str) -> _Value | None:
    return next((one for one in catalog.of(kind) if one.name == name), None)
