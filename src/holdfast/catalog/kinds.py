"""A kind of document as one value, and the explicit list of all kinds a server reads.

A package defines a kind by making one `Kind`; `app/kinds.py` lists them and hands the list to the catalog.
The catalog opens each document (its head, metadata, unknown fields, place of every problem), lets the kind
read its own fields, follows references, and asks the kind what a change means. Nothing registers itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic

from holdfast.catalog.effects import Effect, no_effects
from holdfast.catalog.fields import Fields
from holdfast.catalog.metadata import Metadata, read_metadata
from holdfast.catalog.model import Catalog, KindOf, SourceLocation, Value
from holdfast.catalog.nodes import MappingNode
from holdfast.catalog.problems import Rule
from holdfast.catalog.registry import Registry
from holdfast.catalog.shapes import Shape

OPENSLO = "openslo/v1"
HOLDFAST = "holdfast.dev/v1"
VERSIONS = (OPENSLO, HOLDFAST)
"""Every `apiVersion` a document may have: OpenSLO's kinds as they are, and our own."""


@dataclass(frozen=True, slots=True)
class Body:
    """A document opened for its kind's reader: metadata read, `spec` ready to be read, problems noted there.

    It may also be an object written in place of a reference. `whole` is the document itself, for problems
    that are not about a field of `spec`. Fields of `spec` that the reader does not read are refused.
    """

    kind: "Kind[Any]"
    metadata: Metadata
    spec: Fields
    whole: Fields
    registry: Registry

    @property
    def origin(self) -> SourceLocation:
        """Where the document is."""
        return SourceLocation(self.whole.report.file, self.whole.line)

    def find(self, kind: KindOf[Value], fields: Fields, key: str, *, required: bool = False) -> Value | None:
        """Return the value of the document of `kind` that field `key` names, noting a missing one."""
        return self.registry.find(self._declared(kind), fields, key, required=required)

    def find_each(
        self, kind: KindOf[Value], fields: Fields, key: str, *, required: bool = False
    ) -> tuple[Value, ...]:
        """Return the values of the documents of `kind` that field `key` names, one or a list."""
        return self.registry.find_each(self._declared(kind), fields, key, required=required)

    def every(self, kind: KindOf[Value]) -> tuple[Value, ...]:
        """Return the values of all sound documents of `kind`, for rules about what nobody refers to."""
        return self.registry.of(self._declared(kind))

    def _declared(self, kind: KindOf[Value]) -> KindOf[Value]:
        if all(kind.name != one.name for one in self.kind.refers_to):
            raise LookupError(f"{self.kind.name} refers to {kind.name}, which is not in its refers_to")
        return kind

    def find_or_read(self, kind: "Kind[Value]", fields: Fields, key: str) -> Value | None:
        """Return the value of an item: the document that field `key` names, or an object in its place."""
        if not fields.has(key):
            return self.read_in_place(kind, fields)
        found = self.find(kind, fields, key)
        for other in ("metadata", "spec"):
            message = f'keep either "{key}" or the thing itself in its place'
            fields.refuse(other, Rule.EXCLUSIVE_FIELDS, message)
        fields.done()
        return found

    def read_in_place(self, kind: "Kind[Value]", fields: Fields) -> Value | None:
        """Read an object of `kind` written in this document; its name defaults to this document's."""
        return kind.opened(fields, self.registry, default_name=self.metadata.name).value


@dataclass(frozen=True, slots=True)
class Read(Generic[Value]):
    """The result of reading a document: `body` and `value` are None where too little could be read."""

    body: Body | None
    value: Value | None


@dataclass(frozen=True, slots=True)
class Checked(Generic[Value]):
    """One document as its kind's cross-check sees it, among all others of its kind."""

    body: Body
    value: Value
    was_sound: bool

    @property
    def is_sound(self) -> bool:
        """Whether it has no error so far, including those the check has noted."""
        return self.was_sound and not self.body.whole.report.has_errors

    def find_other(self, kind: "Kind[Value]", fields: Fields, key: str) -> Value | None:
        """Return the value of the document of this same kind that field `key` names."""
        return self.body.registry.find(kind, fields, key)


def no_check(_documents: Sequence[Checked[Any]]) -> None:
    """Check nothing: every rule of the kind concerns one document, and its reader knows them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(KindOf[Value]):
    """Everything the catalog has to know about a kind of document.

    `read` returns the value of a document, None if too little is right; problems are noted at the fields.
    `refers_to` are the kinds its documents name: they are read first, so they never refer back. A package
    above is named by a `KindOf`. `check` sees all documents of the kind after they were read, for rules
    between them; it notes problems at `body.whole` or `body.spec`. `effects` describes a change of the values
    in force in words, for a plan and the journal. `spec` and `annotations` (without their prefix) are the
    JSON Schemas of a document's content; a document without `spec` is sound if not `needs_spec`.
    `rules` are its own rules, which the reader and the check note beside the catalog's.
    """

    api_version: str
    summary: str
    read: Callable[[Body], Value | None]
    spec: Shape
    needs_spec: bool = True
    annotations: Mapping[str, Shape] = field(default_factory=dict)
    refers_to: tuple[KindOf[Any], ...] = ()
    rules: tuple[StrEnum, ...] = ()
    check: Callable[[Sequence[Checked[Value]]], None] = no_check
    effects: Callable[[Sequence[Value], Sequence[Value]], tuple[Effect, ...]] = no_effects

    def opened(self, fields: Fields, registry: Registry, *, default_name: str = "") -> Read[Value]:
        """Open a document, or an object in place of one, and read it.

        The name of an object in place defaults to `default_name`, and its head may be left out.
        """
        fields.choice("apiVersion", VERSIONS)
        fields.choice("kind", (self.name,))
        metadata = read_metadata(fields, annotations=self.annotations, default_name=default_name)
        spec = fields.section("spec", required=self.needs_spec)
        fields.done()
        if spec is None:
            if self.needs_spec:
                return Read(None, None)
            spec = Fields(fields.report, MappingNode((), fields.line, 1), "spec")
        body = Body(self, metadata, spec, fields, registry)
        value = self.read(body)
        spec.done()
        return Read(body, value)


class Kinds:
    """The kinds a server reads, each name once, in the order in which their documents are read.

    Raises ValueError if two have one name, a version is unknown, or kinds refer to each other in a circle.
    """

    def __init__(self, listed: Iterable[Kind[Any]]) -> None:
        self._in_order = _reading_order(tuple(listed))
        self._by_name = {one.name: one for one in self._in_order}
        self._place = {one.name: place for place, one in enumerate(self._in_order)}

    def __iter__(self) -> Iterator[Kind[Any]]:
        """Iterate over the kinds: a kind comes before those that refer to it."""
        return iter(self._in_order)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all kinds."""
        return tuple(self._by_name)

    def named(self, name: str) -> Kind[Any] | None:
        """Return the kind called `name`, or None."""
        return self._by_name.get(name)

    def place(self, name: str) -> int:
        """Return the place of a kind in the order, for sorting; an unknown kind comes last."""
        return self._place.get(name, len(self._place))

    def effects(self, old: Catalog, new: Catalog) -> tuple[Effect, ...]:
        """Return the effects of a new catalog on what people watch, kind by kind."""
        return tuple(effect for one in self for effect in one.effects(old.of(one), new.of(one)))


def _reading_order(listed: tuple[Kind[Any], ...]) -> tuple[Kind[Any], ...]:
    names = [one.name for one in listed]
    if len(set(names)) < len(names):
        raise ValueError(f"two of these kinds have the same name: {', '.join(sorted(names))}")
    for one in listed:
        if one.api_version not in VERSIONS:
            raise ValueError(f"{one.name} has apiVersion {one.api_version}; known: {', '.join(VERSIONS)}")
    waiting, placed = list(listed), list[Kind[Any]]()
    while waiting:
        ready = next((one for one in waiting if not _waits_for(one, waiting)), None)
        if ready is None:
            circle = ", ".join(one.name for one in waiting)
            raise ValueError(f"these kinds refer to each other in a circle: {circle}")
        placed.append(ready)
        waiting.remove(ready)
    return tuple(placed)


def _waits_for(kind: Kind[Any], waiting: Sequence[Kind[Any]]) -> bool:
    names = {one.name for one in waiting}
    return any(one.name in names for one in kind.refers_to)
