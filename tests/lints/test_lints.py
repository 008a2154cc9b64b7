"""Every lint has an example that it catches, so that one that looks for nothing is met itself.

Why: a rule whose check can find nothing passes for years. One did: it looked for names nothing has.
"""

import ast

from tests.lints.source import Source, sources

PREFIX = "test_the_lint_"


def has_example(source: Source) -> bool:
    """Whether a lint has a test of itself, which checks something."""
    own = [one for one in source.functions() if one.name.startswith(PREFIX)]
    return any(isinstance(node, ast.Assert) for one in own for node in ast.walk(one))


def test_every_lint_has_an_example_that_it_catches() -> None:
    """Each file of lints tests itself on a small text, under a name that says so."""
    lints = [one for one in sources() if one.path.startswith("tests/lints/test_")]
    assert [one.path for one in lints if not has_example(one)] == []
    assert len(lints) > 20


def test_the_lint_of_lints_finds_one_without_an_example() -> None:
    """A lint without a test of its own, or with one that checks nothing, is met."""
    for text, expected in {
        "def test_the_lint_finds_it():\n    assert find('x')": True,
        "def test_the_lint_finds_it():\n    find('x')": False,
        "def test_nothing_is_found():\n    assert find() == []": False,
    }.items():
        assert has_example(Source("tests/lints/test_x.py", text, ast.parse(text))) is expected
