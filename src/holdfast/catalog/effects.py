"""The effects of a new catalog on what people watch: what appears, changes or goes, one sentence each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar


class EffectKind(StrEnum):
    """What happens to a thing. `REMEASURED`: it counts other events than before, in new counters."""

    ADDED = "added"
    CHANGED = "changed"
    REMEASURED = "remeasured"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect on one thing, named by `noun` and `name`; `service` is the one it belongs to, if any."""

    noun: str
    name: str
    kind: EffectKind
    what: str
    service: str | None = None

    @property
    def subject(self) -> str:
        """Its reference: `objective/orders-succeed`."""
        return f"{self.noun}/{self.name}"

    @property
    def summary(self) -> str:
        """The effect as one sentence: `objective orders-succeed: target 0.99 → 0.999`."""
        return f"{self.noun} {self.name}: {self.what}"


class Named(Protocol):
    """A value with a name of its own."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...


Thing = TypeVar("Thing", bound=Named)


def effects_by_name(
    before: Iterable[Thing],
    after: Iterable[Thing],
    judge: Callable[[Thing | None, Thing | None], Effect | None],
) -> tuple[Effect, ...]:
    """Return what `judge` says of each thing, by name; None stands for a thing that is not there."""
    old, new = {one.name: one for one in before}, {one.name: one for one in after}
    found = (judge(old.get(name), new.get(name)) for name in sorted(old.keys() | new.keys()))
    return tuple(one for one in found if one is not None)


def worded(
    noun: str,
    *,
    added: Callable[[Thing], str],
    changed: Callable[[Thing, Thing], Iterable[str]],
    removed: Callable[[Thing], str],
) -> Callable[[Sequence[Thing], Sequence[Thing]], tuple[Effect, ...]]:
    """Return the plan effect of a kind whose values have names, from three ways to describe a change.

    `changed` yields one piece for each difference; without any the value has no effect.
    """

    def judge(old: Thing | None, new: Thing | None) -> Effect | None:
        if new is None:
            return None if old is None else Effect(noun, old.name, EffectKind.REMOVED, removed(old))
        if old is None:
            return Effect(noun, new.name, EffectKind.ADDED, added(new))
        what = ", ".join(changed(old, new)) if old != new else ""
        return Effect(noun, new.name, EffectKind.CHANGED, what) if what else None

    return lambda before, after: effects_by_name(before, after, judge)


def no_effects(_before: Sequence[object], _after: Sequence[object]) -> tuple[Effect, ...]:
    """Return no effect: a change of such a document shows in what refers to it."""
    return ()
