"""Every list of the API comes in pages: asked for with a cursor and a limit, and bounded in bytes."""

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from tests.lints.source import ROOT

from holdfast.app import openapi
from holdfast.runtime import pages
from holdfast.runtime.errors import Invalid

TOP = {
    "list_log_facets": "the commonest values of a dozen fields, `limit` of one",
    "list_log_patterns": "the commonest templates, at most 200",
    "list_silences": "the services that fell silent last, at most 200",
    "get_objective_contributors": "origins of at most 200 sampled bad events",
    "get_objective_exemplars": "the newest bad events, at most 100",
    "get_trace_tally": "what happened in the newest 100 traces of two outcomes, 20 kinds of each",
    "get_objective_breakdown": "the six dimensions that stand out most",
}
"""Answers that hold the most of something and no more: by operation, what bounds them."""

SOURCES = ROOT / "src/holdfast"
APIS = sorted([*SOURCES.rglob("api*.py"), *SOURCES.glob("app/*_api.py")])


def _answers() -> dict[str, tuple[dict[str, Any], set[str]]]:
    """Return the properties of what each GET answers, and its parameters, by operation."""
    document = openapi.description()
    found = {}
    for operations in document["paths"].values():
        operation = operations.get("get")
        content = operation and operation["responses"]["200"].get("content", {})
        if not content or "application/json" not in content:
            continue
        name = content["application/json"]["schema"].get("$ref", "").rpartition("/")[2]
        properties = document["components"]["schemas"].get(name, {}).get("properties", {})
        parameters = {one["name"] for one in operation.get("parameters", ())}
        found[operation["operationId"]] = (properties, parameters)
    return found


def test_every_list_is_asked_for_in_pages() -> None:
    """An answer with `items` has `next`, and takes `limit` and `cursor`, unless it is named as a top."""
    for name, (properties, parameters) in _answers().items():
        if "items" not in properties or name in TOP:
            continue
        assert "next" in properties, name
        assert {"limit", "cursor"} <= parameters, name


def test_a_top_of_so_many_has_no_pages() -> None:
    """What is named as a top is one: it has items and no `next` that would promise more."""
    answers = _answers()
    for name in TOP:
        properties, parameters = answers[name]
        assert "items" in properties, name
        assert not {"next"} & set(properties), name
        assert "cursor" not in parameters, name


def test_no_list_is_answered_at_the_top_level() -> None:
    """A bare array could not say where its next page begins."""
    for path, operations in openapi.description()["paths"].items():
        for operation in operations.values():
            content = operation["responses"].get("200", {}).get("content", {})
            assert content.get("application/json", {}).get("schema", {}).get("type") != "array", path


@pytest.mark.parametrize("path", APIS, ids=lambda path: "/".join(path.parts[-2:]))
def test_items_are_bounded_in_bytes(path: Path) -> None:
    """Whatever is answered as `items` went through `fitting`: senders choose how long a name is."""
    unbounded = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        fitted = {
            target.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and _is_fitting(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            for keyword in call.keywords:
                is_bounded = _is_fitting(keyword.value) or (
                    isinstance(keyword.value, ast.Name) and keyword.value.id in fitted
                )
                if keyword.arg == "items" and not is_bounded:
                    unbounded.append(f"{path.name}:{keyword.value.lineno}")
    assert unbounded == []


def _is_fitting(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "fitting"


class Text(BaseModel):
    """An item that is a text."""

    text: str


@given(st.lists(st.text(max_size=60), max_size=30), st.integers(0, 600))
def test_a_page_holds_what_fits(texts: list[str], most_bytes: int) -> None:
    """Items come in order, the first whatever its size, no more than fit, and none that would fit is left."""
    items = [Text(text=text) for text in texts]
    kept = pages.fitting(items, most_bytes=most_bytes)
    assert kept == items[: len(kept)]
    sizes = [len(item.model_dump_json().encode()) + 1 for item in items]
    assert len(kept) == min(1, len(items)) or sum(sizes[: len(kept)]) <= most_bytes
    assert len(kept) == len(items) or sum(sizes[: len(kept) + 1]) > most_bytes


@given(st.integers(0, 2**63 - 1), st.text(max_size=300))
def test_a_place_is_read_as_it_was_written(number: int, text: str) -> None:
    """A cursor is one word without a blank, and means what it meant."""
    word = pages.written(number, text)
    assert pages.read(word, int, str) == (number, text)
    assert not set(word) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "word", ["", "x", "ÿ", "bnVsbA", "W10", "WzEsMl0", "WyJhIiwxXQ", "W3RydWUsImEiXQ", "[" * 999]
)
def test_a_foreign_cursor_is_refused(word: str) -> None:
    """A word that no list gave is an error that says to start again."""
    with pytest.raises(Invalid, match="start without one"):
        pages.read(word, int, str)
