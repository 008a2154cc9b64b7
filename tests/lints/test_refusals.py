"""Decisions name their reason: no `should_…` or `can_…` returns a bare boolean.

Why: the answer "no" alone cannot be shown, logged or argued with. A gate, a router or a planner returns an
enum or a small record that says what, why and which limit.
"""

import ast

from tests.lints.source import PRODUCT, sources


def test_decisions_return_a_named_reason() -> None:
    """A function that decides something returns more than true or false."""
    bare = [
        source.at(function)
        for source in sources()
        if source.path.startswith(PRODUCT)
        for function in source.functions()
        if function.name.lstrip("_").startswith(("should_", "can_"))
        and isinstance(function.returns, ast.Name)
        and function.returns.id == "bool"
    ]
    assert bare == []
