"""Parses any YAML text to nodes: bounded in size, depth and expansion, and never an exception.

The parser's events are walked without recursion, so depth is limited here and not by the stack. An alias
shares the node it stands for; its size is counted each time, which detects an expansion bomb.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from holdfast.catalog.nodes import MappingNode, Node, ScalarKind, ScalarNode, SequenceNode, plain_kind
from holdfast.catalog.problems import Report, Rule, clipped

FILE_CHARACTERS = 1_048_576
DOCUMENTS_PER_FILE = 2_000
DEPTH_MOST = 24
NODES_PER_DOCUMENT = 20_000

_LINE_ENDS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_TEXT_TAG = "tag:yaml.org,2002:str"
_MERGE = "<<"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """Catalog text as received. `first_line` is the line in `file` at which `text` begins."""

    file: str
    text: str
    first_line: int = 1


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document of a file: its root, the line it begins on and its own text.

    `is_sound` is False when something in it was refused while reading, such as a duplicate key.
    """

    root: Node
    line: int
    text: str
    is_sound: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """The documents of a file up to its end or to the first mistake that stops the reading."""

    documents: tuple[YamlDocument, ...]
    complete: bool


class _Refused(Exception):
    def __init__(self, rule: Rule, line: int, value: str, message: str) -> None:
        super().__init__(message)
        self.rule, self.line, self.value, self.message = rule, line, value, message


def parse(source: SourceFile, report: Report) -> Parsed:
    """Read all documents of `source`; problems go to `report`, and nothing is ever raised."""
    documents: list[YamlDocument] = []
    text = source.text.removeprefix("\ufeff")
    try:
        _check_text(text)
        for document in _documents(text, source.first_line, report):
            documents.append(document)
            _check_count(len(documents), document.line)
    except _Refused as refused:
        line = refused.line or source.first_line
        report.error(refused.rule, line=line, value=refused.value, message=refused.message)
    except yaml.YAMLError as error:
        _report_yaml_error(error, text, source.first_line, report)
    else:
        return Parsed(tuple(documents), complete=True)
    return Parsed(tuple(documents), complete=False)


def _check_text(text: str) -> None:
    if len(text) > FILE_CHARACTERS:
        message = f"a file may hold {FILE_CHARACTERS:,} characters; split it"
        raise _Refused(Rule.TOO_LARGE, 0, f"{len(text):,} characters", message)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        message = "the text holds half a character (a lone surrogate); save the file as UTF-8"
        raise _Refused(Rule.NOT_UTF8, line, repr(text[error.start]), message) from error


def _check_count(documents: int, line: int) -> None:
    if documents > DOCUMENTS_PER_FILE:
        message = f"a file may hold {DOCUMENTS_PER_FILE} documents; split it"
        raise _Refused(Rule.TOO_LARGE, line, "", message)


def _documents(text: str, first_line: int, report: Report) -> Iterator[YamlDocument]:
    builder = _Builder(report)
    begin = first = noted = 0
    for event in yaml.parse(text, Loader=_Loader):
        mark = event.start_mark
        if mark is None:
            continue
        if isinstance(event, yaml.DocumentStartEvent):
            begin, first, noted = mark.index, mark.line + first_line, len(report.problems)
            builder = _Builder(report)
        elif isinstance(event, yaml.DocumentEndEvent):
            root = builder.root
            if root is not None and not (isinstance(root, ScalarNode) and root.kind is ScalarKind.NULL):
                is_sound = noted == len(report.problems)
                yield YamlDocument(root, first, text[begin : mark.index], is_sound)
        elif isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            builder.take(event, mark.line + first_line)


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been read yet."""

    is_mapping: bool
    line: int
    anchor: str | None
    children: list[Node] = field(default_factory=list)


class _Builder:
    """Builds one document's tree from events."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._nodes = 0
        self.root: Node | None = None

    def take(self, event: yaml.Event, line: int) -> None:
        """Add the node of one parser event, read on `line`."""
        match event:
            case yaml.AliasEvent():
                self._add(self._aliased(event.anchor or "", line), None, line)
            case yaml.ScalarEvent():
                self._add(_scalar(event, line), event.anchor, line)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                _check_tag(event.tag, line)
                self._begin(event, line)
            case _:
                self._end(line)

    def _begin(self, event: yaml.CollectionStartEvent, line: int) -> None:
        if len(self._open) == DEPTH_MOST:
            raise _Refused(Rule.TOO_DEEP, line, "", f"nested deeper than {DEPTH_MOST} levels; flatten it")
        self._anchors.pop(event.anchor or "", None)
        self._open.append(_Open(isinstance(event, yaml.MappingStartEvent), line, event.anchor))

    def _end(self, line: int) -> None:
        done = self._open.pop()
        size = 1 + sum(child.size for child in done.children)
        node: Node
        if done.is_mapping:
            keys = {key.text for key in done.children[::2] if isinstance(key, ScalarNode)}
            node = MappingNode(self._entries(done.children), done.line, size, is_partial=_MERGE in keys)
        else:
            node = SequenceNode(tuple(done.children), done.line, size)
        self._add(node, done.anchor, line)

    def _aliased(self, anchor: str, line: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            message = f'the alias "*{anchor}" stands for something that is not complete here; write it out'
            raise _Refused(Rule.ALIAS_EXPANSION, line, f"*{anchor}", message)
        self._count(node.size, line)
        return node

    def _add(self, node: Node, anchor: str | None, line: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        self._count(1, line)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node

    def _count(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > NODES_PER_DOCUMENT:
            message = f"a document may hold {NODES_PER_DOCUMENT:,} values, aliases expanded; split it"
            raise _Refused(Rule.ALIAS_EXPANSION if self._anchors else Rule.TOO_LARGE, line, "", message)

    def _entries(self, children: list[Node]) -> tuple[tuple[ScalarNode, Node], ...]:
        kept: dict[str, tuple[ScalarNode, Node]] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, ScalarNode) or key.kind is not ScalarKind.TEXT:
                message = f'a key must be text, and this is {key.described}; put it in quotes: "{key.shown}"'
                self._report.error(Rule.NON_STRING_KEY, line=key.line, value=key.shown, message=message)
            elif key.text == _MERGE:
                message = "merge keys are not part of YAML 1.2; write the fields out"
                self._report.error(Rule.UNSUPPORTED, line=key.line, value=_MERGE, message=message)
            elif key.text in kept:
                first = kept[key.text][0].line
                shown = clipped(key.text)
                message = f'"{shown}" is here and on line {first}; keep one of them'
                self._report.error(Rule.DUPLICATE_KEY, line=key.line, value=key.text, message=message)
            else:
                kept[key.text] = (key, value)
        return tuple(kept.values())


def _scalar(event: yaml.ScalarEvent, line: int) -> ScalarNode:
    _check_tag(event.tag, line)
    is_plain, _ = event.implicit
    return ScalarNode(event.value, plain_kind(event.value) if is_plain else ScalarKind.TEXT, line)


def _check_tag(tag: str | None, line: int) -> None:
    if tag not in (None, "!", _TEXT_TAG):
        raise _Refused(Rule.UNSUPPORTED, line, str(tag), "tags are not used in a catalog; take it out")


def _report_yaml_error(error: yaml.YAMLError, text: str, first_line: int, report: Report) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        at = getattr(error, "position", 0)
        line = text.count("\n", 0, at if isinstance(at, int) else 0) + first_line
        message = "a character that YAML does not allow (a control character); take it out"
        report.error(Rule.INVALID_YAML, line=line, value=text[at : at + 1], message=message)
        return
    lines = _LINE_ENDS.split(text)
    written = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in written[: mark.column + 1]:
        message = "there is a tab in the indentation; YAML requires spaces there"
    else:
        said = " ".join(filter(None, (getattr(error, "context", None), getattr(error, "problem", None))))
        message = f"not YAML: {said}"
    report.error(Rule.INVALID_YAML, line=mark.line + first_line, value=written.strip(), message=message)
