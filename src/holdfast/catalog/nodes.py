"""The nodes of a parsed YAML document: three kinds, each with its line and its size.

Scalars keep the text they were written with, so that `0.999` becomes exactly 999/1000. Plain scalars are
understood as YAML 1.2's core schema does: `on`, `1:30` and `2022-01-01` are text.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_NOT_ALWAYS_TEXT = "~nNtTfF.+-0123456789"
NUMBER_CHARACTERS = 60
EXPONENT_MOST = 60


class ScalarKind(StrEnum):
    """The type of a scalar, by YAML 1.2's core schema."""

    NULL = "nothing"
    BOOL = "true or false"
    INT = "a whole number"
    FLOAT = "a number"
    NOT_FINITE = "not a finite number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A leaf, with the text as it was written."""

    text: str
    kind: ScalarKind
    line: int
    size: int = 1

    @property
    def described(self) -> str:
        """Its type, for a sentence."""
        return self.kind.value

    @property
    def shown(self) -> str:
        """Its value, for a report."""
        return self.text

    def fraction(self) -> Fraction | None:
        """Return the number exactly as written, or None when it is no number of sensible length."""
        if self.kind is ScalarKind.INT:
            return (
                Fraction(int(self.text, 0 if self.text[:2] in ("0o", "0x") else 10))
                if self._is_short
                else None
            )
        if self.kind is not ScalarKind.FLOAT or not self._is_short:
            return None
        # A huge exponent would make an exact number of a billion digits out of ten characters.
        _, _, exponent = self.text.lower().partition("e")
        if exponent and abs(int(exponent)) > EXPONENT_MOST:
            return None
        return Fraction(self.text)

    @property
    def _is_short(self) -> bool:
        return len(self.text) <= NUMBER_CHARACTERS


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A YAML sequence."""

    items: "tuple[Node, ...]"
    line: int
    size: int

    @property
    def described(self) -> str:
        """Its type, for a sentence."""
        return "a list"

    @property
    def shown(self) -> str:
        """Its value, for a report."""
        return f"[{len(self.items)} items]"


@dataclass(frozen=True, slots=True)
class MappingNode:
    """A YAML mapping: keys are text and unique; `size` counts every node below, aliases expanded.

    `is_partial` when a refused key may have had fields: a field that is not here is then not missing.
    """

    entries: "tuple[tuple[ScalarNode, Node], ...]"
    line: int
    size: int
    is_partial: bool = False

    @property
    def described(self) -> str:
        """Its type, for a sentence."""
        return "a mapping"

    @property
    def shown(self) -> str:
        """Its value, for a report."""
        return "{" + ", ".join(key.text for key, _ in self.entries[:8]) + "}"

    def get(self, key: str) -> "Node | None":
        """Return the value under `key`, or None."""
        for name, value in self.entries:
            if name.text == key:
                return value
        return None


Node = ScalarNode | SequenceNode | MappingNode


def plain_kind(text: str) -> ScalarKind:
    """Return the type of an unquoted scalar."""
    if text and text[0] not in _NOT_ALWAYS_TEXT:
        return ScalarKind.TEXT
    patterns = (
        (_NULL, ScalarKind.NULL),
        (_BOOL, ScalarKind.BOOL),
        (_INT, ScalarKind.INT),
        (_FLOAT, ScalarKind.FLOAT),
        (_NOT_FINITE, ScalarKind.NOT_FINITE),
    )
    return next((kind for pattern, kind in patterns if pattern.fullmatch(text)), ScalarKind.TEXT)


def is_null(node: Node) -> bool:
    """Return whether the node is null, which counts as leaving the field out."""
    return isinstance(node, ScalarNode) and node.kind is ScalarKind.NULL


def below(path: str, key: str) -> str:
    """Return the path of `key` under `path`: `spec.target`, or `labels["a/b"]` for an unusual key."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def leaves(node: Node, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, value) of every leaf; numbers in one spelling, empty collections as `{}` and `[]`."""
    match node:
        case ScalarNode():
            if node.kind is not ScalarKind.NULL:
                yield path, _spelled(node)
        case SequenceNode():
            if not node.items:
                yield path, "[]"
            for index, item in enumerate(node.items):
                yield from leaves(item, f"{path}[{index}]")
        case MappingNode():
            if not node.entries and path:
                yield path, "{}"
            for key, value in node.entries:
                yield from leaves(value, below(path, key.text))


def _spelled(scalar: ScalarNode) -> str:
    if scalar.kind is ScalarKind.BOOL:
        return scalar.text.lower()
    number = scalar.fraction()
    if number is not None:
        return str(number.numerator) if number.denominator == 1 else _decimal(number)
    # Text that looks like a number, a boolean or nothing is shown quoted, so that 5 and "5" differ.
    is_ambiguous = plain_kind(scalar.text) is not ScalarKind.TEXT or scalar.text[0] in '"[{'
    if scalar.kind is ScalarKind.TEXT and is_ambiguous:
        return json.dumps(scalar.text, ensure_ascii=False)
    return scalar.text


def _decimal(number: Fraction) -> str:
    # Written numbers are decimal: their denominators have only the factors 2 and 5, so this ends.
    digits = 0
    while (number * 10**digits).denominator != 1:
        digits += 1
    scaled = str(abs(int(number * 10**digits))).rjust(digits + 1, "0")
    sign = "-" if number < 0 else ""
    return f"{sign}{scaled[:-digits]}.{scaled[-digits:]}"
