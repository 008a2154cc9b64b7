"""Pieces of JSON Schema, one for each way `Fields` reads: what an editor knows about a field."""

from collections.abc import Iterable, Mapping
from typing import Any

from holdfast.catalog.fields import NAME_CHARACTERS, NAME_PATTERN, TEXT_CHARACTERS

Shape = Mapping[str, Any]
"""A JSON Schema (2020-12) as JSON has it."""

DURATION_PATTERN = "^[0-9]{1,9}[smhdw]$"


def text(about: str = "", *, most: int = TEXT_CHARACTERS) -> Shape:
    """Text of at most `most` characters, as `Fields.text` reads it."""
    return _about(about, {"type": "string", "minLength": 1, "maxLength": most})


def name(about: str = "") -> Shape:
    """A name, as `Fields.name` reads it."""
    return _about(about, {"type": "string", "pattern": f"^{NAME_PATTERN}$", "maxLength": NAME_CHARACTERS})


def reference(kind: str, about: str = "") -> Shape:
    """The name of a document of `kind`, as `Body.find` follows it."""
    return text(about or f"The name of a document of kind {kind}.")


def choice(words: Iterable[str], about: str = "") -> Shape:
    """One of some words, as `Fields.choice` reads it."""
    return _about(about, {"enum": [str(one) for one in words]})


def boolean(about: str = "") -> Shape:
    """True or false, as `Fields.boolean` reads it."""
    return _about(about, {"type": "boolean"})


def number(
    about: str = "",
    *,
    above: int | None = None,
    below: int | None = None,
    least: int | None = None,
    most: int | None = None,
) -> Shape:
    """A number, as `Fields.fraction` reads it; `above` and `below` are themselves not allowed."""
    limits = {"exclusiveMinimum": above, "exclusiveMaximum": below, "minimum": least, "maximum": most}
    return _about(
        about, {"type": "number"} | {key: limit for key, limit in limits.items() if limit is not None}
    )


def duration(about: str = "") -> Shape:
    """A whole number and its unit, such as 30s, 5m, 28d or 2w, as `durations.parse_shorthand` reads it."""
    return _about(about, {"type": "string", "pattern": DURATION_PATTERN})


def one_or_more(item: Shape, about: str = "") -> Shape:
    """One thing or a list of them, as `Fields.texts` reads it."""
    return _about(about, {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]})


def listed(item: Shape, about: str = "", *, least: int = 0, most: int | None = None) -> Shape:
    """A list, as `Fields.sections` reads it."""
    limits = {"minItems": least} | ({"maxItems": most} if most is not None else {})
    return _about(about, {"type": "array", "items": item} | limits)


def mapping(fields: Mapping[str, Shape], about: str = "", *, required: Iterable[str] = ()) -> Shape:
    """A mapping of these fields and no others, as `Fields.section` reads it."""
    needed = list(required)
    shape = {"type": "object", "properties": dict(fields), "additionalProperties": False}
    return _about(about, shape | ({"required": needed} if needed else {}))


def any_keys(value: Shape, about: str = "", *, least: int = 0) -> Shape:
    """A mapping with free keys."""
    return _about(about, {"type": "object", "additionalProperties": value, "minProperties": least})


def one_of(*shapes: Shape) -> Shape:
    """Exactly one of several shapes."""
    return {"oneOf": list(shapes)}


def exactly_one(shape: Shape, *keys: str) -> Shape:
    """A mapping that has exactly one of some fields."""
    return {**shape, "oneOf": [{"required": [key]} for key in keys]}


def _about(about: str, shape: Mapping[str, Any]) -> Shape:
    return {"description": about, **shape} if about else dict(shape)
