"""The JSON Schema and the readers say the same: neither knows a field that the other does not."""

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.catalog.conftest import SOUND
from tests.catalog.oncall_kinds import KINDS, POLICY, ROTA
from tests.catalog.openslo_kinds import KINDS as OPENSLO_ALONE
from tests.catalog.test_variants import SEVERAL

from holdfast.catalog.assembly import assemble
from holdfast.catalog.documents import split
from holdfast.catalog.kinds import Kind
from holdfast.catalog.nodes import MappingNode, Node, ScalarKind, ScalarNode, SequenceNode
from holdfast.catalog.problems import Rule, errors_of
from holdfast.catalog.reading import SourceFile
from holdfast.catalog.schema import catalog_schema, document_schema

ROOT = Path(__file__).parents[2]
FIELD_RULES = {Rule.UNKNOWN_FIELD, Rule.UNKNOWN_ANNOTATION, Rule.UNSUPPORTED, Rule.MISPLACED_FIELD}
"""What lint says of a field or word that has no meaning in its place."""
SOURCE = """
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: spans, labels: {team: [a, b]}}
spec: {type: traces, description: All of them.}
"""
PIECE = re.compile(r"[A-Za-z0-9./-]+")


def plain(node: Node) -> Any:
    """Return a document as JSON would hold it."""
    match node:
        case MappingNode():
            return {key.text: plain(value) for key, value in node.entries}
        case SequenceNode():
            return [plain(one) for one in node.items]
    return plain_scalar(node)


def plain_scalar(node: ScalarNode) -> Any:
    """Return a scalar as JSON would hold it."""
    number = node.fraction()
    if number is not None:
        return int(number) if number.denominator == 1 else float(number)
    return {ScalarKind.NULL: None, ScalarKind.BOOL: node.text.lower() == "true"}.get(node.kind, node.text)


def texts() -> str:
    """Return one catalog with a document of every kind and nearly every field."""
    reference = (ROOT / "docs/reference/catalog.md").read_text(encoding="utf-8")
    example = reference.split("```yaml\n")[1].split("```")[0].replace("orders-succeed", "orders-work")
    example = example.split("---\n")[1]
    return "---\n".join((SOUND, SEVERAL % ("P99.5", ""), example, ROTA, POLICY)) + SOURCE


@cache
def editor() -> jsonschema_rs.Validator:
    """Return what an editor checks a document with."""
    return jsonschema_rs.validator_for(catalog_schema(KINDS))


def edits(text: str) -> Iterator[str]:
    """Yield the text with each piece in turn replaced by other words of a catalog, and by none."""
    for piece in PIECE.finditer(text):
        for word in ("5", "true", "[]", "x", "28d", "0.5", "spec", "~"):
            yield text[: piece.start()] + word + text[piece.end() :]


def test_the_example_texts_are_accepted_by_both() -> None:
    """A document of every kind passes lint and the schema."""
    parts = split([SourceFile("a", texts())], KINDS)
    assert errors_of((*parts.problems, *assemble(parts.documents, KINDS).problems)) == ()
    assert {one.kind for one in parts.documents} == set(KINDS.names)
    for one in parts.documents:
        assert [str(error) for error in editor().iter_errors(plain(one.root))] == []


@pytest.mark.parametrize("name", KINDS.names)
def test_what_lint_accepts_the_schema_accepts(name: str) -> None:
    """Any one word of a document changed: where lint still finds no error, an editor marks none.

    A field that says nothing is the exception: lint takes it as left out, the schema refuses `null`.
    """
    others = split([SourceFile("a", texts())], KINDS).documents
    mine = next(one for one in others if one.kind == name)
    accepted = 0
    for edited in edits(mine.text):
        parts = split([SourceFile("b", edited)], KINDS)
        rest = [one for one in others if one is not mine]
        if errors_of((*parts.problems, *assemble((*rest, *parts.documents), KINDS).problems)):
            continue
        for one in parts.documents:
            body = plain(one.root)
            accepted += 1
            if "None" not in repr(body):
                assert [str(error) for error in editor().iter_errors(body)] == [], edited
    assert accepted > 0


def samples(shape: Any, choices: tuple[int, ...], whole: Any) -> Any:
    """Return a value with every field a shape of a `whole` schema has.

    `choices` picks among alternatives, level by level.
    """
    if "$ref" in shape:
        shape = whole["$defs"][shape["$ref"].removeprefix("#/$defs/")]
    here, deeper = (choices[0], choices[1:]) if choices else (0, ())
    if "const" in shape or "enum" in shape:
        return shape.get("const", shape.get("enum", [None])[0])
    alternatives = shape.get("oneOf") or shape.get("anyOf") or []
    if alternatives and "properties" not in shape:
        return samples(alternatives[here % len(alternatives)], deeper, whole)
    match shape["type"]:
        case "object" if shape["additionalProperties"]:
            return {"word": samples(shape["additionalProperties"], deeper, whole)}
        case "object":
            left_out = {key for one in alternatives for key in one["required"]}
            left_out -= set(alternatives[here % len(alternatives)]["required"]) if alternatives else set()
            fields = shape.get("properties", {}).items()
            return {key: samples(one, deeper, whole) for key, one in fields if key not in left_out}
        case "array":
            return [samples(shape["items"], choices, whole)]
        case "number":
            return 0.5
        case "boolean":
            return True
        case [*types] if "string" not in types:
            return 0.5
    return next(one for one in ("word", "1h", "0m") if re.search(shape.get("pattern", ""), one))


@pytest.mark.parametrize("kind", list(KINDS), ids=lambda one: one.name)
def test_every_field_of_the_schema_is_read(kind: Kind[Any]) -> None:
    """Documents with all fields an editor offers hold no field that lint says has no meaning there."""
    schema = document_schema(kind)
    valid = jsonschema_rs.validator_for(schema)
    for choices in product((0, 1), repeat=6):
        body = samples(schema, choices, schema)
        assert [str(error) for error in valid.iter_errors(body)] == []
        parts = split([SourceFile("a", repr_yaml(body))], KINDS)
        problems = (*parts.problems, *assemble(parts.documents, KINDS).problems)
        assert [one for one in problems if one.rule in FIELD_RULES] == []


def repr_yaml(body: Any) -> str:
    """Return a value as YAML, which JSON is."""
    return json.dumps(body)


def test_the_schema_of_openslo_alone_knows_no_other_kind() -> None:
    """The schema is of the kinds in the list it is made from."""
    schema = catalog_schema(OPENSLO_ALONE)
    assert schema["properties"]["kind"]["enum"] == sorted(OPENSLO_ALONE.names)
    assert {name.removesuffix("InPlace") for name in schema["$defs"]} == set(OPENSLO_ALONE.names)
