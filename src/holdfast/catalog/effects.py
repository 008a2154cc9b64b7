"""What a new catalog means for the objectives people watch: which appear, change or go, in one sentence."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from holdfast.catalog.durations import shorthand
from holdfast.catalog.lints import decimal
from holdfast.catalog.model import Catalog, Objective


class EffectKind(StrEnum):
    """What happens to an objective. `REMEASURED` ones count other events than before, from new counters."""

    ADDED = "added"
    CHANGED = "changed"
    REMEASURED = "remeasured"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Effect:
    """One objective, and what becomes of it."""

    objective: str
    service: str
    kind: EffectKind
    summary: str


def effects(old: Catalog, new: Catalog) -> tuple[Effect, ...]:
    """Return what becomes of each objective that is not the same in both catalogs, by name."""
    before = {one.name: one for one in old.objectives}
    after = {one.name: one for one in new.objectives}
    found = (_effect(before.get(name), after.get(name)) for name in sorted(before.keys() | after.keys()))
    return tuple(one for one in found if one is not None)


def _effect(before: Objective | None, after: Objective | None) -> Effect | None:
    if after is None:
        return None if before is None else _made(before, EffectKind.REMOVED, "is no longer measured")
    if before is None:
        promise = f"{decimal(after.target)} over {shorthand(after.window)}"
        return _made(after, EffectKind.ADDED, f"is measured from now on: {promise}")
    differences = list(_differences(before, after))
    if not differences:
        return None
    is_same_sli = _measured(before) == _measured(after)
    kind = EffectKind.CHANGED if is_same_sli else EffectKind.REMEASURED
    return _made(after, kind, ", ".join(differences))


def _made(objective: Objective, kind: EffectKind, what: str) -> Effect:
    return Effect(objective.name, objective.service, kind, f"objective {objective.name}: {what}")


def _measured(objective: Objective) -> object:
    return objective.sli.name, objective.sli.total, objective.sli.good


def _differences(before: Objective, after: Objective) -> Iterator[str]:
    if before.target != after.target:
        yield f"target {decimal(before.target)} → {decimal(after.target)}"
    if before.window != after.window:
        yield f"window {shorthand(before.window)} → {shorthand(after.window)}"
    if _measured(before) != _measured(after):
        yield "its events are chosen anew and counted from stored spans"
    named = ("service", "team", "tier", "no_data", "coverage_floor", "display_name", "events_noun")
    for name in named:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name.replace('_', ' ')} {old or 'none'} → {new or 'none'}"
    if before.alert_tiers != after.alert_tiers:
        yield "other alerts"
    if (before.description, before.labels) != (after.description, after.labels):
        yield "other description or labels"
