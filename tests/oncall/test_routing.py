"""Routing: which policy pages, in a written order, and what a name stands for."""

import pytest
from tests.oncall.pages.conftest import TEAM_TEXT, catalog_of

from holdfast.oncall import policies
from holdfast.oncall.routing import Concern, Routed, route

KNOWN = {"escalation": "policy/escalation", "payments": "policy/payments", "ann": "user/ann"}


def decide(concern: Concern, *, fallback: str | None = None):  # type: ignore[no-untyped-def]
    """Route a concern among known names."""
    return route(concern, policy_of=KNOWN.get, team_policy=KNOWN.get, fallback=fallback)


@pytest.mark.parametrize(
    ("concern", "fallback", "found", "reason", "unknown"),
    [
        (Concern(targets=("ann",), team="payments"), "user/x", ("user/ann",), Routed.BY_TARGET, ()),
        (Concern(targets=("ann", "ann")), None, ("user/ann",), Routed.BY_TARGET, ()),
        (Concern(targets=("email", "ann")), None, ("user/ann",), Routed.BY_TARGET, ("email",)),
        (
            Concern(targets=("email",), team="payments"),
            None,
            ("policy/payments",),
            Routed.BY_TEAM,
            ("email",),
        ),
        (Concern(team="gone"), "user/x", ("user/x",), Routed.BY_FALLBACK, ("gone",)),
        (Concern(), "user/x", ("user/x",), Routed.BY_FALLBACK, ()),
        (Concern(targets=("email",), team="gone"), None, (), Routed.NOT_ROUTED, ("email", "gone")),
    ],
)
def test_targets_then_the_team_then_the_fallback(  # type: ignore[no-untyped-def]
    concern: Concern, fallback: str | None, found, reason: Routed, unknown
) -> None:
    """What names nothing known is passed over, and said."""
    decided = decide(concern, fallback=fallback)
    assert (decided.policies, decided.reason, decided.unknown) == (found, reason, unknown)


def test_what_a_name_stands_for() -> None:
    """A policy, else a team (by its policy if it has one), else a user."""
    catalog = catalog_of(TEAM_TEXT)
    assert policies.reference_of(catalog, "payments") == "policy/payments"
    assert policies.reference_of(catalog, "first") == "user/first"
    assert policies.reference_of(catalog, "email") is None
    without = catalog_of(
        TEAM_TEXT.replace("  team: payments\n", "").replace(
            "{name: payments}\nspec:\n  rep", "{name: other}\nspec:\n  rep"
        )
    )
    assert policies.team_reference(without, "payments") == "team/payments"


def test_a_team_without_a_policy_has_a_ladder() -> None:
    """Its schedule if it has one, then everybody."""
    catalog = catalog_of(TEAM_TEXT)
    ladder = policies.policy(catalog, "team/payments")
    assert ladder is not None
    assert [str(one.targets[0]) for one in ladder.steps] == ["team payments"]
    assert policies.policy(catalog, "policy/gone") is None
    assert policies.policy(catalog, "user/gone") is None
