"""The plan of a change: two sets of documents compared by kind and name, field by field. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.catalog.documents import Document
from holdfast.catalog.kinds import Kinds
from holdfast.catalog.nodes import leaves
from holdfast.catalog.registry import Key


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field; `before` or `after` is None where it did not or will not exist."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A document that stays, with other fields."""

    kind: str
    name: str
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The difference between what is in force and what is proposed; `unchanged` counts documents."""

    added: tuple[Key, ...] = ()
    changed: tuple[Changed, ...] = ()
    removed: tuple[Key, ...] = ()
    unchanged: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether applying it would change nothing."""
        return not (self.added or self.changed or self.removed)

    @property
    def summary(self) -> str:
        """The plan in a few words: `1 added, 2 changed, 0 removed, 9 unchanged`."""
        counts = (len(self.added), len(self.changed), len(self.removed), self.unchanged)
        words = ("added", "changed", "removed", "unchanged")
        return ", ".join(f"{count} {word}" for count, word in zip(counts, words, strict=True))


def plan(before: Iterable[Document], after: Iterable[Document], kinds: Kinds) -> Plan:
    """Compare two sets of documents. Spelling, comments, order and files make no difference."""
    old, new = _by_key(before), _by_key(after)

    def order(key: Key) -> tuple[int, str]:
        return kinds.place(key[0]), key[1]

    both = sorted(old.keys() & new.keys(), key=order)
    pairs = ((key, _field_changes(old[key], new[key])) for key in both)
    changed = tuple(Changed(*key, changes) for key, changes in pairs if changes)
    return Plan(
        added=tuple(sorted(new.keys() - old.keys(), key=order)),
        changed=changed,
        removed=tuple(sorted(old.keys() - new.keys(), key=order)),
        unchanged=len(both) - len(changed),
    )


def digest(documents: Iterable[Document]) -> str:
    """Return a fingerprint of the documents' content, independent of spelling, order and files."""
    content = [(*key, sorted(found.items())) for key, found in sorted(_by_key(documents).items())]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _by_key(documents: Iterable[Document]) -> dict[Key, dict[str, str]]:
    return {one.key: dict(leaves(one.root)) for one in documents}


def _field_changes(before: dict[str, str], after: dict[str, str]) -> tuple[FieldChange, ...]:
    # Fields of the new text first, in its order, then what is gone: as a person reads it.
    paths = dict.fromkeys((*after, *before))
    changes = (FieldChange(path, before.get(path), after.get(path)) for path in paths)
    return tuple(one for one in changes if one.before != one.after)
