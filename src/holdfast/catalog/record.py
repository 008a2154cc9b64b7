"""The catalog's entries in the journal: revisions, their effects, and lasting problems."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from holdfast.catalog.effects import Effect
from holdfast.catalog.plan import Plan
from holdfast.catalog.problems import CatalogProblem
from holdfast.catalog.registry import Key
from holdfast.runtime import journal
from holdfast.runtime.database import Writer

APPLIED = "catalog.applied"
CHANGED = "catalog.changed"
QUARANTINED = "catalog.quarantined"
FIXED = "catalog.mended"
SUBJECT = "catalog"
NAMED_MOST = 200


def note_applied(
    tx: Writer, at: datetime, actor: str, revision: int, plan: Plan, effects: Sequence[Effect]
) -> None:
    """Journal a new revision, and one entry for each thing it changes."""
    place = f"catalog/{revision}"
    data = {
        "revision": revision,
        "added": _names(plan.added),
        "changed": _names([(one.kind, one.name) for one in plan.changed]),
        "removed": _names(plan.removed),
        "unchanged": plan.unchanged,
    }
    summary = f"catalog revision {revision} applied: {plan.summary}"
    journal.append(tx, journal.Entry(at, APPLIED, actor, SUBJECT, summary, place, data))
    for effect in effects:
        details = {"revision": revision, "effect": effect.kind.value}
        details |= {"service": effect.service} if effect.service is not None else {}
        journal.append(tx, journal.Entry(at, CHANGED, actor, effect.subject, effect.summary, place, details))


def note_problems(tx: Writer, at: datetime, actor: str, errors: Sequence[CatalogProblem]) -> None:
    """Journal that documents are quarantined, or no longer are: once, even across restarts."""
    last = journal.entries(tx, kinds=(QUARANTINED, FIXED), limit=1)
    before = last[0].data.get("digest") if last and last[0].kind == QUARANTINED else None
    now = _digest(errors) if errors else None
    if now == before:
        return
    if now is None:
        journal.append(tx, journal.Entry(at, FIXED, actor, SUBJECT, "every catalog document is sound again"))
        return
    files = sorted({one.file for one in errors})
    summary = f"{len(errors)} problems keep catalog documents out of force, in {', '.join(files[:5])}"
    shown = [f"{one.file}:{one.line}: {one.path}: {one.rule}: {one.message}" for one in errors[:50]]
    data = {"digest": now, "problems": shown, "count": len(errors)}
    journal.append(tx, journal.Entry(at, QUARANTINED, actor, SUBJECT, summary, data=data))


def _digest(errors: Sequence[CatalogProblem]) -> str:
    return hashlib.sha256(repr([tuple(map(str, _fields(one))) for one in errors]).encode()).hexdigest()


def _fields(one: CatalogProblem) -> tuple[object, ...]:
    # Without the line: a comment added above a mistake does not make it another mistake.
    return one.file, one.path, one.value, one.rule.value


def _names(keys: Sequence[Key]) -> list[str]:
    return [f"{kind}/{name}" for kind, name in keys[:NAMED_MOST]]
