"""A document of the catalog: which kind it is, what it is called, where it stands, and its metadata."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from holdfast.catalog.fields import Fields, text_of, texts_of
from holdfast.catalog.model import Labels, Origin
from holdfast.catalog.nodes import Mapping, Node, Scalar, ScalarKind, below
from holdfast.catalog.problems import CatalogProblem, Report, Rule, clipped, did_you_mean
from holdfast.catalog.reading import SourceFile, YamlDocument, parse

OPENSLO = "openslo/v1"
HOLDFAST = "holdfast.dev/v1"
OWN_PREFIX = "holdfast.dev/"
_OUR_VERSION = re.compile(r"""apiVersion["']?\s*:\s*["']?(openslo|holdfast\.dev)/""")
DISPLAY_NAME_CHARACTERS = 200


class Kind(StrEnum):
    """The kinds of document, in the order in which they are read: what is referred to comes first."""

    DATA_SOURCE = "DataSource"
    SERVICE = "Service"
    NOTIFICATION_TARGET = "AlertNotificationTarget"
    CONDITION = "AlertCondition"
    POLICY = "AlertPolicy"
    SLI = "SLI"
    SLO = "SLO"


KINDS = {OPENSLO: tuple(Kind), HOLDFAST: ()}
"""Which kinds each `apiVersion` knows; ours has none of its own yet."""

Key = tuple[Kind, str]
"""What makes a document itself: its kind and its name."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document whose kind is known. `name` is empty and `is_sound` False when it has none of its own.

    `is_read` is False for a version with other fields: a word on each of them would hide what is wrong.
    """

    kind: Kind
    name: str
    origin: Origin
    text: str
    root: Mapping
    is_sound: bool
    is_read: bool = True

    @property
    def key(self) -> Key:
        """Its kind and name."""
        return self.kind, self.name


@dataclass(frozen=True, slots=True)
class Split:
    """The documents of some files.

    `broken_places` are files, and folders of files, that hold something which could not be told apart.
    """

    documents: tuple[Document, ...]
    problems: tuple[CatalogProblem, ...]
    broken_places: frozenset[str]

    def is_broken_at(self, file: str) -> bool:
        """Return whether `file`, or a folder it lies in, is one of the broken places."""
        path = PurePosixPath(file)
        return any(str(place) in self.broken_places for place in (path, *path.parents))


@dataclass(frozen=True, slots=True)
class Metadata:
    """What stands in `metadata`, read once."""

    name: str
    display_name: str
    labels: Labels
    annotations: dict[str, tuple[str, int]]
    path: str

    def annotation(self, name: str) -> str | None:
        """Return the text of our annotation `name`, given without its prefix, or None."""
        return self.annotations.get(OWN_PREFIX + name, (None, 0))[0]

    def refuse_annotation(self, report: Report, name: str, rule: Rule, message: str) -> None:
        """Note that our annotation `name` breaks `rule`."""
        text, line = self.annotations[OWN_PREFIX + name]
        path = below(below(self.path, "annotations"), OWN_PREFIX + name)
        report.error(rule, line=line, path=path, value=text, message=message)

    def label(self, key: str) -> str | None:
        """Return the first value of a label, or None."""
        return next((values[0] for name, values in self.labels if name == key and values), None)


def split(sources: Iterable[SourceFile]) -> Split:
    """Cut files into documents and find out the kind and name of each."""
    documents: list[Document] = []
    problems: list[CatalogProblem] = []
    broken: set[str] = set()
    for source in sources:
        report = Report(source.file, is_shown=_is_meant_for_us(source.text))
        parsed = parse(source, report)
        named = [_identified(one, report) for one in parsed.documents]
        documents.extend(one for one in named if one is not None)
        if not parsed.complete or any(one is None or not one.name for one in named):
            broken.add(source.file)
        problems.extend(report.problems)
    return Split(tuple(documents), tuple(problems), frozenset(broken))


def _is_meant_for_us(text: str) -> bool:
    return _OUR_VERSION.search(text) is not None


def _identified(document: YamlDocument, report: Report) -> Document | None:
    root = document.root
    if not isinstance(root, Mapping):
        message = (
            f"a document is a mapping that begins with apiVersion and kind, and this is {root.described}"
        )
        report.error(Rule.WRONG_TYPE, line=root.line, value=root.shown, message=message)
        return None
    fields = Fields(report, root, "")
    kind = _kind(fields)
    metadata = fields.section("metadata", required=True)
    name = metadata.name("name", required=True) if metadata else None
    if kind is None:
        return None
    origin = Origin(report.file, document.line)
    is_read = fields.text("apiVersion") in KINDS
    is_sound = document.is_sound and name is not None and is_read
    return Document(kind, name or "", origin, document.text, root, is_sound, is_read)


def _kind(fields: Fields) -> Kind | None:
    version = fields.text("apiVersion", required=True)
    kind = fields.text("kind", required=True)
    if version is not None and version not in KINDS:
        message = f'"{clipped(version)}" is not a version Holdfast reads; write apiVersion: {OPENSLO}'
        fields.error(Rule.UNKNOWN_API_VERSION, "apiVersion", message)
    if kind is None or version is None:
        return None
    known = KINDS.get(version, KINDS[OPENSLO])
    if kind in known:
        return Kind(kind)
    if kind in KINDS[OPENSLO]:
        message = f"{kind} is a kind of {OPENSLO}; write apiVersion: {OPENSLO}"
    else:
        message = (
            f'"{clipped(kind)}" is not a kind of {clipped(version)}; {did_you_mean(kind, KINDS[OPENSLO])}'
        )
    fields.error(Rule.UNKNOWN_KIND, "kind", message)
    return None


def read_head(fields: Fields, kind: Kind) -> None:
    """Read `apiVersion` and `kind`, which an inline object may leave out but not contradict."""
    for key, wanted in (("apiVersion", tuple(KINDS)), ("kind", (kind.value,))):
        fields.choice(key, wanted)


def read_metadata(fields: Fields, *, annotations: Iterable[str] = (), default_name: str = "") -> Metadata:
    """Read `metadata`; `annotations` are those of ours that mean something here, without their prefix.

    A `default_name` makes the whole section optional: an inline object is called after its owner.
    """
    section = fields.section("metadata", required=not default_name)
    if section is None:
        return Metadata(default_name, default_name, (), {}, "")
    name = section.name("name", required=not default_name) or default_name
    display_name = section.text("displayName", most=DISPLAY_NAME_CHARACTERS) or name
    labels = _labels(section)
    own = {OWN_PREFIX + one for one in annotations}
    metadata = Metadata(name, display_name, labels, _annotations(section, own), section.path)
    section.done()
    return metadata


def _labels(section: Fields) -> Labels:
    labels = section.section("labels")
    if labels is None:
        return ()
    found = []
    for key, node in labels.node.entries:
        values = texts_of(section.report, node, below(labels.path, key.text), most=DISPLAY_NAME_CHARACTERS)
        found.append((key.text, values))
    return tuple(sorted(found))


def _annotations(section: Fields, own: set[str]) -> dict[str, tuple[str, int]]:
    annotations = section.section("annotations")
    if annotations is None:
        return {}
    found: dict[str, tuple[str, int]] = {}
    for key, node in annotations.node.entries:
        path = below(annotations.path, clipped(key.text))
        if key.text.startswith(OWN_PREFIX) and key.text not in own:
            known = did_you_mean(key.text, own) if own else "no annotation of ours has a meaning here"
            message = f'"{clipped(key.text)}" means nothing here; {known}'
            section.report.error(
                Rule.UNKNOWN_ANNOTATION, line=key.line, path=path, value=key.text, message=message
            )
            continue
        text = _annotation_text(section.report, node, path)
        if text is not None:
            found[key.text] = (text, node.line)
    return found


def _annotation_text(report: Report, node: Node, path: str) -> str | None:
    # Kubernetes wants annotations in quotes, people write `0.9`: the text is the same either way.
    written_bare = (ScalarKind.INT, ScalarKind.FLOAT, ScalarKind.BOOL)
    if isinstance(node, Scalar) and node.kind in written_bare:
        return node.text
    return text_of(report, node, path)
