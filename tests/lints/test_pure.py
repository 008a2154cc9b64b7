"""A module whose docstring says "Pure." is in the import contract of pure modules, and no other is.

Why: "Pure." promises a reader that what comes out follows from what goes in, so that it can be tested without
an engine and repeated later. Said in prose alone it becomes untrue with one import, three modules away.
"""

import ast
import re
import tomllib
from typing import Any

import pytest
from tests.lints.source import PRODUCT, ROOT, Source, sources

SAYS_SO = re.compile(r"(?:^|[.;:?!]\s+)Pure\b", re.MULTILINE)
CONTRACT = "Pure modules touch no web, database, engine, machine or clock"
CALLS = {"open", "print", "input"}
"""What reaches the machine without an import."""


def says_it_is_pure(source: Source) -> bool:
    """Whether the module's docstring says that it is pure."""
    return bool(SAYS_SO.search(ast.get_docstring(source.tree) or ""))


def reached(source: Source) -> list[str]:
    """Return where a module reaches the machine by a built-in function."""
    return [
        f"{source.at(node)} {node.func.id}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS
    ]


def _contract() -> dict[str, Any]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (found,) = (one for one in settings["contracts"] if one["name"] == CONTRACT)
    return dict(found)


def _pure() -> list[Source]:
    return [one for one in sources() if one.path.startswith(PRODUCT) and says_it_is_pure(one)]


def test_what_says_it_is_pure_is_held_to_it() -> None:
    """The contract names the modules that say they are pure, in their order, and what they import counts."""
    contract = _contract()
    assert contract["source_modules"] == sorted(one.module for one in _pure())
    assert len(contract["source_modules"]) > 60
    assert not contract.get("allow_indirect_imports", False)
    assert not contract.get("ignore_imports", [])


def test_every_model_of_a_package_is_pure() -> None:
    """A package's words are values: its `model` is one of the pure modules."""
    models = [one for one in sources() if one.path.startswith(PRODUCT) and one.stem == "model"]
    assert [one.path for one in models if not says_it_is_pure(one)] == []
    assert len(models) > 5


def test_pure_modules_open_and_print_nothing() -> None:
    """What needs no import is looked for by itself."""
    assert [stray for one in _pure() for stray in reached(one)] == []


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        ('"""Words of traces. Pure."""', True),
        ('"""Ranges of time: `from=now-6h`. Pure; `now` is given."""', True),
        ('"""Burn rates. Pure and exact.\n\nMore."""', True),
        ('"""Rates.\n\nA long story.\nPure.\n"""', True),
        ('"""Impure things, or Pure ones."""', False),
        ('"""Words."""\n# Pure.', False),
        ("x = 1", False),
    ],
)
def test_the_lint_knows_who_says_so(text: str, *, is_said: bool) -> None:
    """The word counts as a sentence of the module's docstring, wherever in it."""
    assert says_it_is_pure(Source(f"{PRODUCT}/x.py", text, ast.parse(text))) is is_said


def test_the_lint_finds_what_reaches_the_machine() -> None:
    """A file that is opened is found; a method of that name is another thing."""
    text = "open('x')\nprint(1)\npath.open()"
    assert len(reached(Source(f"{PRODUCT}/x.py", text, ast.parse(text)))) == 2
