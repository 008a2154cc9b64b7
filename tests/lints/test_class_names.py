"""A class name means one thing in the product; the few that mean more are listed, each with its reason.

Why: who reads `Change` beside `Change` has to look at the imports to know whether something was deployed or
an alert has moved on, and a search for one finds both. A name that a room to come needs is not there for it.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.lints.source import PRODUCT, Source, sources

ALLOWED = Path(__file__).parent / "allowed/class_names.txt"
REASON_LETTERS = 12


def homes(files: Iterable[Source]) -> dict[str, list[str]]:
    """Return the modules in which each class name is defined that is defined twice, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for source in files:
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(source.module)
    return {name: sorted(modules) for name, modules in sorted(found.items()) if len(modules) > 1}


def read(text: str) -> dict[str, tuple[list[str], str]]:
    """Return modules and reason by name, from lines of `Name: module, module  # reason`."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    rows = {}
    for line in lines:
        name, _, rest = line.partition(":")
        modules, _, reason = rest.partition("#")
        rows[name] = ([f"holdfast.{one.strip()}" for one in modules.split(",")], reason.strip())
    assert len(rows) == len(lines), "a name stands once"
    return rows


def _defined() -> dict[str, list[str]]:
    return homes(source for source in sources() if source.path.startswith(PRODUCT))


def test_a_class_name_means_one_thing() -> None:
    """No name is taken a second time, or once more, without its reason."""
    listed = {name: set(modules) for name, (modules, _) in read(ALLOWED.read_text()).items()}
    new = {name: set(modules) - listed.get(name, set()) for name, modules in _defined().items()}
    assert {name: modules for name, modules in new.items() if modules} == {}


def test_the_list_of_shared_names_only_shrinks() -> None:
    """A class that has gone or got a name of its own leaves the list."""
    defined = _defined()
    gone = {
        name: set(modules) - set(defined.get(name, ()))
        for name, (modules, _) in read(ALLOWED.read_text()).items()
    }
    assert {name: modules for name, modules in gone.items() if modules} == {}


def test_every_shared_name_has_its_reason() -> None:
    """A name is listed with a reason, or with the name that one of its classes is to get."""
    listed = read(ALLOWED.read_text())
    assert [name for name, (_, reason) in listed.items() if len(reason) < REASON_LETTERS] == []


def test_the_lint_finds_a_name_defined_twice() -> None:
    """Classes of two modules are met; one in a function or inside another class is its own affair."""
    texts = {
        "a": "class Change: ...",
        "b": "class Change:\n    class Kind: ...",
        "c": "def f():\n    class Kind: ...",
    }
    files = [Source(f"{PRODUCT}/{name}.py", text, ast.parse(text)) for name, text in texts.items()]
    assert homes(files) == {"Change": ["holdfast.a", "holdfast.b"]}
    assert read("# words\nChange: a, b  # means two things\n") == {
        "Change": (["holdfast.a", "holdfast.b"], "means two things")
    }
    with pytest.raises(AssertionError):
        read("Change: a, b\nChange: a, c")
