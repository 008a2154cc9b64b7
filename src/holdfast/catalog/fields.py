"""Reads the fields of a mapping one by one, so that unknown fields are known at the end.

Every method notes problems in the report and returns None instead of raising; a field that is `null` counts
as left out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from holdfast.catalog.nodes import MappingNode, Node, ScalarKind, ScalarNode, SequenceNode, below, is_null
from holdfast.catalog.problems import Report, Rule, clipped, did_you_mean

TEXT_CHARACTERS = 1050
NAME_CHARACTERS = 63
NAME_PATTERN = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_NAME = re.compile(NAME_PATTERN)


class Fields:
    """One mapping of a document while it is being read."""

    def __init__(self, report: Report, node: MappingNode, path: str) -> None:
        self.report = report
        self.node = node
        self.path = path
        self._asked: set[str] = set()

    @property
    def line(self) -> int:
        """The line the mapping begins on."""
        return self.node.line

    def has(self, key: str) -> bool:
        """Return whether the field is there and not null."""
        self._asked.add(key)
        node = self.node.get(key)
        return node is not None and not is_null(node)

    def take(self, key: str, *, required: bool = False) -> Node | None:
        """Return the field's node, or None, noting a required one that is missing."""
        if self.has(key):
            return self.node.get(key)
        if required and not self.node.is_partial:
            message = f'"{key}" is needed here'
            self.report.error(Rule.MISSING_FIELD, line=self.line, path=below(self.path, key), message=message)
        return None

    def error(self, rule: StrEnum, key: str, message: str) -> None:
        """Note that the field `key` breaks `rule`."""
        node = self.node.get(key)
        line, shown = (node.line, node.shown) if node is not None else (self.line, "")
        self.report.error(rule, line=line, path=below(self.path, key), value=shown, message=message)

    def warning(self, rule: StrEnum, key: str, message: str) -> None:
        """Note advice about the field `key`."""
        node = self.node.get(key)
        line, shown = (node.line, node.shown) if node is not None else (self.line, "")
        self.report.warning(rule, line=line, path=below(self.path, key), value=shown, message=message)

    def refuse(self, key: str, rule: StrEnum, message: str) -> None:
        """Note a field that is not allowed here, if it is there."""
        if self.has(key):
            self.error(rule, key, message)

    def text(self, key: str, *, required: bool = False, most: int = TEXT_CHARACTERS) -> str | None:
        """Return a field that must be text of at most `most` characters."""
        node = self.take(key, required=required)
        if node is None:
            return None
        return text_of(self.report, node, below(self.path, key), most=most)

    def name(self, key: str, *, required: bool = False) -> str | None:
        """Return a field that must be a name: RFC 1123 label, at most 63 characters."""
        name = self.text(key, required=required)
        if name is None:
            return None
        if len(name) <= NAME_CHARACTERS and _NAME.fullmatch(name):
            return name
        message = (
            f"a name has at most {NAME_CHARACTERS} characters: small letters, digits and dashes, "
            "beginning and ending with a letter or digit"
        )
        self.error(Rule.WRONG_FORMAT, key, message)
        return None

    def choice(self, key: str, known: Iterable[str], *, required: bool = False) -> str | None:
        """Return a field that must be one of the `known` words."""
        words = tuple(known)
        word = self.text(key, required=required)
        if word is None or word in words:
            return word
        message = f'"{clipped(word)}" is not known here; {did_you_mean(word, words)}'
        self.error(Rule.UNKNOWN_VALUE, key, message)
        return None

    def boolean(self, key: str, *, required: bool = False) -> bool | None:
        """Return a field that must be true or false."""
        node = self.take(key, required=required)
        if node is None:
            return None
        if isinstance(node, ScalarNode) and node.kind is ScalarKind.BOOL:
            return node.text.lower() == "true"
        self._wrong_type(key, node, "true or false")
        return None

    def fraction(self, key: str, *, required: bool = False) -> Fraction | None:
        """Return a field that must be a number, exactly as written."""
        node = self.take(key, required=required)
        if node is None:
            return None
        number = node.fraction() if isinstance(node, ScalarNode) else None
        if number is None:
            self._wrong_type(key, node, "a decimal number without quotes, such as 0.999")
        return number

    def section(self, key: str, *, required: bool = False) -> "Fields | None":
        """Return a field that must be a mapping, ready to be read."""
        node = self.take(key, required=required)
        if node is None:
            return None
        if isinstance(node, MappingNode):
            return Fields(self.report, node, below(self.path, key))
        self._wrong_type(key, node, "a mapping")
        return None

    def sections(self, key: str, *, required: bool = False) -> "tuple[Fields, ...] | None":
        """Return a field that must be a list of mappings; other items are noted and left out."""
        node = self.take(key, required=required)
        if node is None:
            return None
        if not isinstance(node, SequenceNode):
            self._wrong_type(key, node, "a list (each item begins with a dash)")
            return None
        found: list[Fields] = []
        for index, item in enumerate(node.items):
            path = f"{below(self.path, key)}[{index}]"
            if isinstance(item, MappingNode):
                found.append(Fields(self.report, item, path))
            else:
                wrong_type(self.report, item, path, "a mapping")
        return tuple(found)

    def texts(self, key: str, *, required: bool = False, most: int = TEXT_CHARACTERS) -> tuple[str, ...]:
        """Return a field that is one text or a list of texts."""
        node = self.take(key, required=required)
        return () if node is None else texts_of(self.report, node, below(self.path, key), most=most)

    def done(self) -> None:
        """Note every unknown field."""
        for key, _ in self.node.entries:
            if key.text not in self._asked:
                place = f"in {self.path}" if self.path else "at the top of a document"
                message = (
                    f'"{clipped(key.text)}" is not a field {place}; {did_you_mean(key.text, self._asked)}'
                )
                path = below(self.path, clipped(key.text))
                self.report.error(
                    Rule.UNKNOWN_FIELD, line=key.line, path=path, value=key.text, message=message
                )

    def _wrong_type(self, key: str, node: Node, wanted: str) -> None:
        wrong_type(self.report, node, below(self.path, key), wanted)


def wrong_type(report: Report, node: Node, path: str, wanted: str) -> None:
    """Note a node that is not of the `wanted` type."""
    message = f"this must be {wanted}, and is {node.described}"
    report.error(Rule.WRONG_TYPE, line=node.line, path=path, value=node.shown, message=message)


def text_of(report: Report, node: Node, path: str, *, most: int = TEXT_CHARACTERS) -> str | None:
    """Return the node's text, noting a node that is no text, too long, empty or unprintable."""
    if not isinstance(node, ScalarNode) or node.kind is not ScalarKind.TEXT:
        quoted = f' (in quotes: "{clipped(node.text)}")' if isinstance(node, ScalarNode) else ""
        wrong_type(report, node, path, f"text{quoted}")
        return None
    problem = _text_problem(node.text, most)
    if problem is not None:
        rule, message = problem
        report.error(rule, line=node.line, path=path, value=node.text, message=message)
        return None
    return node.text


def _text_problem(text: str, most: int) -> tuple[Rule, str] | None:
    if not text.strip():
        return Rule.WRONG_FORMAT, "this is empty; write something or leave the field out"
    if len(text) > most:
        return Rule.TOO_LARGE, f"this has {len(text)} characters, and at most {most} are kept; shorten it"
    if any((one < " " and one not in "\n\t") or one == "\x7f" for one in text):
        return Rule.WRONG_FORMAT, "this holds a control character; take it out"
    return None


@dataclass(frozen=True, slots=True)
class Written:
    """A text and where it is written."""

    text: str
    node: Node
    path: str


def texts_of(report: Report, node: Node, path: str, *, most: int = TEXT_CHARACTERS) -> tuple[str, ...]:
    """Return one text, or the texts of a list, each once and in the order written."""
    return tuple(dict.fromkeys(one.text for one in written_texts(report, node, path, most=most)))


def written_texts(
    report: Report, node: Node, path: str, *, most: int = TEXT_CHARACTERS
) -> tuple[Written, ...]:
    """Return one text, or the texts of a list, each with its place."""
    items = node.items if isinstance(node, SequenceNode) else (node,)
    if not items:
        message = "the list is empty; name at least one or leave the field out"
        report.error(Rule.WRONG_FORMAT, line=node.line, path=path, value="[]", message=message)
    found: list[Written] = []
    for index, item in enumerate(items):
        own = f"{path}[{index}]" if isinstance(node, SequenceNode) else path
        text = text_of(report, item, own, most=most)
        if text is not None:
            found.append(Written(text, item, own))
    return tuple(found)
