"""The metadata of a document: its name, labels and annotations, the same for every kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from holdfast.catalog.fields import Fields, text_of, texts_of
from holdfast.catalog.model import Labels
from holdfast.catalog.nodes import Node, ScalarKind, ScalarNode, below
from holdfast.catalog.problems import Report, Rule, clipped, did_you_mean

OWN_PREFIX = "holdfast.dev/"
DISPLAY_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Metadata:
    """The content of `metadata`, read once."""

    name: str
    display_name: str
    labels: Labels
    annotations: dict[str, tuple[str, int]]
    path: str

    def annotation(self, name: str) -> str | None:
        """Return the text of our annotation `name`, given without its prefix, or None."""
        return self.annotations.get(OWN_PREFIX + name, (None, 0))[0]

    def refuse_annotation(self, report: Report, name: str, rule: StrEnum, message: str) -> None:
        """Note that our annotation `name` breaks `rule`."""
        text, line = self.annotations[OWN_PREFIX + name]
        path = below(below(self.path, "annotations"), OWN_PREFIX + name)
        report.error(rule, line=line, path=path, value=text, message=message)

    def label(self, key: str) -> str | None:
        """Return the first value of a label, or None."""
        return next((values[0] for name, values in self.labels if name == key and values), None)


def read_metadata(fields: Fields, *, annotations: Iterable[str] = (), default_name: str = "") -> Metadata:
    """Read `metadata`; `annotations` are those of ours that are known here, without their prefix.

    A `default_name` makes the whole section optional: an inline object takes its owner's name.
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
    if isinstance(node, ScalarNode) and node.kind in written_bare:
        return node.text
    return text_of(report, node, path)
