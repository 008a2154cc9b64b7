"""Every test states its rule in one sentence, and checks something.

Why: a test whose name is all it says is read only when it fails, and then nobody knows whether the code or
the test is wrong.
"""

import ast

from tests.lints.source import sources

CHECKS = {"raises", "warns", "check", "expect", "fail", "to_have_text", "to_be_visible", "to_have_count"}


def _tests() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    return [
        (source.at(function), function)
        for source in sources()
        if source.is_test and source.stem.startswith("test_")
        for function in source.functions()
        if function.name.startswith("test_")
    ]


def test_every_test_states_its_rule() -> None:
    """The first line of a test's docstring is a sentence."""
    silent = [at for at, function in _tests() if not _first_line(function).endswith((".", "!", "?"))]
    assert silent == []


def test_every_test_checks_something() -> None:
    """A test without an assertion would pass with the feature broken."""
    assert [at for at, function in _tests() if not _checks(function)] == []


def _first_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    text = ast.get_docstring(function) or ""
    return text.strip().split("\n\n")[0].strip()


def _checks(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(node, ast.Assert) or _is_check(node) for node in ast.walk(function))


def _is_check(node: ast.AST) -> bool:
    name = getattr(node, "attr", None) or getattr(node, "id", "")
    is_name = isinstance(node, ast.Attribute | ast.Name)
    return is_name and (name in CHECKS or name.lstrip("_").startswith(("assert", "expect", "check")))
