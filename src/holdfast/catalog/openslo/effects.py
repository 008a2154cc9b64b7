"""The effects of a change of SLOs on the objectives people watch: which appear, change or go."""

from collections.abc import Iterator, Sequence

from holdfast.catalog.effects import Effect, EffectKind, effects_by_name
from holdfast.catalog.model import OBJECTIVE, Objective
from holdfast.catalog.openslo.lints import decimal
from holdfast.runtime.durations import shorthand

OfSlo = tuple[Objective, ...]


def objective_effects(before: Sequence[OfSlo], after: Sequence[OfSlo]) -> tuple[Effect, ...]:
    """Return the effect on each objective that differs before and after, by name."""
    old, new = ([one for of_slo in every for one in of_slo] for every in (before, after))
    return effects_by_name(old, new, _effect)


def _effect(before: Objective | None, after: Objective | None) -> Effect | None:
    if after is None:
        return None if before is None else _made(before, EffectKind.REMOVED, "is no longer measured")
    if before is None:
        target = f"{decimal(after.target)} over {shorthand(after.window)}"
        return _made(after, EffectKind.ADDED, f"is measured from now on: {target}")
    differences = list(_differences(before, after))
    if not differences:
        return None
    is_same_sli = _measured(before) == _measured(after)
    kind = EffectKind.CHANGED if is_same_sli else EffectKind.REMEASURED
    return _made(after, kind, ", ".join(differences))


def _made(objective: Objective, kind: EffectKind, what: str) -> Effect:
    return Effect(OBJECTIVE, objective.name, kind, what, objective.service)


def _measured(objective: Objective) -> object:
    return objective.sli.name, objective.sli.total, objective.sli.good


def _differences(before: Objective, after: Objective) -> Iterator[str]:
    if before.target != after.target:
        yield f"target {decimal(before.target)} → {decimal(after.target)}"
    if before.window != after.window:
        yield f"window {shorthand(before.window)} → {shorthand(after.window)}"
    if _measured(before) != _measured(after):
        yield "its events are selected again and counted from stored spans"
    named = ("service", "team", "tier", "no_data", "coverage_floor", "display_name", "events_noun", "runbook")
    for name in named:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name.replace('_', ' ')} {old or 'none'} → {new or 'none'}"
    if before.alert_tiers != after.alert_tiers:
        yield "other alerts"
    if (before.description, before.labels) != (after.description, after.labels):
        yield "other description or labels"
    if before.links != after.links:
        yield "other links"
