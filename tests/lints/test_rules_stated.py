"""Every test states its rule in one sentence, and checks something.

Why: a test whose name is all it says is read only when it fails, and then nobody knows whether the code or
the test is wrong.
"""

import ast

from tests.lints.source import allowed, sources

CHECKS = {
    "raises",
    "runTest",
    "warns",
    "check",
    "expect",
    "fail",
    "rounds",
    "to_have_text",
    "to_be_visible",
    "to_have_count",
}


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
    """A test without an assertion would pass with the feature broken; what must only not fail is listed."""
    exceptions = allowed("unasserted")
    found = {name for name, function in _named() if not _checks(function)}
    assert found - exceptions == set()
    assert exceptions - found == set(), "these need their exception no more"


def _first_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    text = ast.get_docstring(function) or ""
    return text.strip().split("\n\n")[0].strip()


def _named() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    return [(f"{at.partition(':')[0]}::{function.name}", function) for at, function in _tests()]


def _checks(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    is_fuzz = any("given" in ast.unparse(decorator) for decorator in function.decorator_list)
    return is_fuzz or any(isinstance(node, ast.Assert) or _is_check(node) for node in ast.walk(function))


def _is_check(node: ast.AST) -> bool:
    """Whether this is a name that checks, or a call of a helper of the same file, which does."""
    name = getattr(node, "attr", None) or getattr(node, "id", "")
    is_name = isinstance(node, ast.Attribute | ast.Name)
    is_own = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("_")
    return is_own or (
        is_name and (name in CHECKS or name.lstrip("_").startswith(("assert", "expect", "check")))
    )
