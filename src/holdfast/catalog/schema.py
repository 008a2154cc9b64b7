"""The JSON Schema of catalog documents, for editors: a kind defines its `spec`, the rest is shared.

A document that the schema accepts may still break a rule that a schema cannot express, such as a reference
that leads nowhere: `catalog lint` checks all. The schema accepts what `lint` accepts, except null fields.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from holdfast.catalog import shapes
from holdfast.catalog.kinds import VERSIONS, Kind, Kinds
from holdfast.catalog.metadata import DISPLAY_NAME_CHARACTERS, OWN_PREFIX
from holdfast.catalog.shapes import Shape

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BARE = ["number", "boolean"]


def catalog_schema(kinds: Kinds) -> dict[str, Any]:
    """Return one schema for documents of every kind: `kind` decides which fields there are."""
    names = sorted(kinds.names)
    by_kind = [
        {
            "if": {"required": ["kind"], "properties": {"kind": {"const": name}}},
            "then": {"$ref": f"#/$defs/{name}"},
        }
        for name in names
    ]
    return {
        "$schema": DIALECT,
        "title": "A document of a Holdfast catalog",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {"kind": {"enum": names}},
        "allOf": by_kind,
        "$defs": {one.name: _document(one) for one in sorted(kinds, key=lambda one: one.name)}
        | _written_in_place(kinds),
    }


def document_schema(kind: Kind[Any]) -> dict[str, Any]:
    """Return the schema for documents of one kind."""
    written = _written_in_place([kind])
    return {"$schema": DIALECT, **_document(kind), **({"$defs": written} if written else {})}


def in_place(kind: Kind[Any]) -> Shape:
    """Return the shape of an object of `kind` in place of a reference: head and name may be left out.

    It points to a definition that the whole schema has once.
    """
    return {"$ref": f"#/$defs/{_in_place_name(kind)}"}


def in_place_or(kind: Kind[Any], key: str) -> Shape:
    """Return the shape of an item that `Body.find_or_read` reads."""
    named = shapes.mapping({key: shapes.reference(kind.name)}, required=(key,))
    return shapes.one_of(named, in_place(kind))


def _in_place_name(kind: Kind[Any]) -> str:
    return f"{kind.name}InPlace"


def _written_in_place(kinds: Iterable[Kind[Any]]) -> dict[str, Shape]:
    """Return a definition for each kind that documents of `kinds` may hold in place of a reference."""
    found: dict[str, Shape] = {}
    for kind in kinds:
        named = set(_references(kind.spec))
        for other in kind.refers_to:
            if isinstance(other, Kind) and f"#/$defs/{_in_place_name(other)}" in named:
                found |= {_in_place_name(other): _object_in_place(other)} | _written_in_place([other])
    return found


def _references(shape: Any) -> Iterator[str]:
    if isinstance(shape, Mapping):
        yield from [shape["$ref"]] if "$ref" in shape else []
        shape = tuple(shape.values())
    if isinstance(shape, list | tuple):
        for part in shape:
            yield from _references(part)


def _object_in_place(kind: Kind[Any]) -> Shape:
    parts = _parts(kind, needs_name=False) | {"apiVersion": {"enum": list(VERSIONS)}}
    return shapes.mapping(parts, kind.summary, required=("spec",) if kind.needs_spec else ())


def _document(kind: Kind[Any]) -> dict[str, Any]:
    needed = ["apiVersion", "kind", "metadata", *(["spec"] if kind.needs_spec else [])]
    whole = shapes.mapping(_parts(kind, needs_name=True), kind.summary, required=needed)
    return {"title": kind.name, **whole}


def _parts(kind: Kind[Any], *, needs_name: bool) -> dict[str, Shape]:
    return {
        "apiVersion": {"const": kind.api_version},
        "kind": {"const": kind.name},
        "metadata": _metadata(kind, needs_name=needs_name),
        "spec": kind.spec,
    }


def _metadata(kind: Kind[Any], *, needs_name: bool) -> Shape:
    word = shapes.text(most=DISPLAY_NAME_CHARACTERS)
    fields = {
        "name": shapes.name("The document's name, unique among those of its kind."),
        "displayName": shapes.text("The name people read.", most=DISPLAY_NAME_CHARACTERS),
        "labels": shapes.any_keys(shapes.one_or_more(word), "Such as team: payments."),
        "annotations": _annotations(kind),
    }
    return shapes.mapping(fields, required=("name",) if needs_name else ())


def _bare_or(shape: Shape) -> Shape:
    # Annotations are text, and people write `0.9` without quotes: lint reads it as text.
    about = {"description": shape["description"]} if "description" in shape else {}
    return {**about, "anyOf": [shape, {"type": _BARE}]}


def _annotations(kind: Kind[Any]) -> Shape:
    others = f"Annotations that begin with {OWN_PREFIX} are Holdfast's; others are kept and not read."
    return {
        "description": others,
        "type": "object",
        "properties": {OWN_PREFIX + name: _bare_or(shape) for name, shape in kind.annotations.items()},
        "patternProperties": {f"^(?!{OWN_PREFIX.replace('.', '[.]')})": {"type": ["string", *_BARE]}},
        "additionalProperties": False,
    }
