"""A document of the catalog: its kind, its name and where it is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from holdfast.catalog.fields import Fields
from holdfast.catalog.kinds import OPENSLO, VERSIONS, Kind, Kinds
from holdfast.catalog.model import SourceLocation
from holdfast.catalog.nodes import MappingNode
from holdfast.catalog.problems import CatalogProblem, Report, Rule, clipped, did_you_mean
from holdfast.catalog.reading import SourceFile, YamlDocument, parse
from holdfast.catalog.registry import Key

_OUR_VERSION = re.compile(r"""apiVersion["']?\s*:\s*["']?(openslo|holdfast\.dev)/""")


@dataclass(frozen=True, slots=True)
class Document:
    """One document whose kind is known. Without a name of its own, `name` is empty and `is_sound` False.

    `is_read` is False for an unknown version: problems of all its fields would hide that one.
    """

    kind: str
    name: str
    origin: SourceLocation
    text: str
    root: MappingNode
    is_sound: bool
    is_read: bool = True

    @property
    def key(self) -> Key:
        """Its kind and name."""
        return self.kind, self.name


@dataclass(frozen=True, slots=True)
class Split:
    """The documents of some files.

    `broken_places` are files, and folders of files, with content that could not be split into documents.
    """

    documents: tuple[Document, ...]
    problems: tuple[CatalogProblem, ...]
    broken_places: frozenset[str]

    def is_broken_at(self, file: str) -> bool:
        """Return whether `file`, or a folder it lies in, is one of the broken places."""
        path = PurePosixPath(file)
        return any(str(place) in self.broken_places for place in (path, *path.parents))


def split(sources: Iterable[SourceFile], kinds: Kinds) -> Split:
    """Split files into documents and identify the kind and name of each."""
    documents: list[Document] = []
    problems: list[CatalogProblem] = []
    broken: set[str] = set()
    for source in sources:
        report = Report(source.file, is_shown=_is_meant_for_us(source.text))
        parsed = parse(source, report)
        named = [_identified(one, report, kinds) for one in parsed.documents]
        documents.extend(one for one in named if one is not None)
        if not parsed.complete or any(one is None or not one.name for one in named):
            broken.add(source.file)
        problems.extend(report.problems)
    return Split(tuple(documents), tuple(problems), frozenset(broken))


def _is_meant_for_us(text: str) -> bool:
    return _OUR_VERSION.search(text) is not None


def _identified(document: YamlDocument, report: Report, kinds: Kinds) -> Document | None:
    root = document.root
    if not isinstance(root, MappingNode):
        message = (
            f"a document is a mapping that begins with apiVersion and kind, and this is {root.described}"
        )
        report.error(Rule.WRONG_TYPE, line=root.line, value=root.shown, message=message)
        return None
    fields = Fields(report, root, "")
    kind = _kind(fields, kinds)
    metadata = fields.section("metadata", required=True)
    name = metadata.name("name", required=True) if metadata else None
    if kind is None:
        return None
    origin = SourceLocation(report.file, document.line)
    is_read = fields.text("apiVersion") in VERSIONS
    is_sound = document.is_sound and name is not None and is_read
    return Document(kind.name, name or "", origin, document.text, root, is_sound, is_read)


def _kind(fields: Fields, kinds: Kinds) -> Kind[Any] | None:
    version = fields.text("apiVersion", required=True)
    name = fields.text("kind", required=True)
    if version is not None and version not in VERSIONS:
        known = kinds.named(name or "")
        message = (
            f'"{clipped(version)}" is not a version Holdfast reads; '
            f"write apiVersion: {known.api_version if known else OPENSLO}"
        )
        fields.error(Rule.UNKNOWN_API_VERSION, "apiVersion", message)
    if name is None or version is None:
        return None
    kind = kinds.named(name)
    if kind is None:
        message = f'"{clipped(name)}" is not a kind of {clipped(version)}; {did_you_mean(name, kinds.names)}'
    elif version in VERSIONS and version != kind.api_version:
        message = f"{name} is a kind of {kind.api_version}; write apiVersion: {kind.api_version}"
    else:
        return kind
    fields.error(Rule.UNKNOWN_KIND, "kind", message)
    return None
