"""Every test states its rule in one sentence, and checks something; a property checks whatever it is given.

Why: a test whose name is all it says is read only when it fails, and then nobody knows whether the code or
the test is wrong. A property that ends early for most of its examples proves little, and nothing shows it:
an example that does not fit is refused with `assume`, which Hypothesis counts.
"""

import ast

import pytest
from tests.lints.checking import Function, checker
from tests.lints.source import Source, allowed, sources


def _tests() -> list[tuple[Source, Function]]:
    return [
        (source, function)
        for source in sources()
        if source.is_test and source.stem.startswith("test_")
        for function in source.functions()
        if function.name.startswith("test_")
    ]


def states_its_rule(function: Function) -> bool:
    """Whether the first paragraph of a test's docstring is a sentence."""
    return _first_line(function).endswith((".", "!", "?"))


def is_property(function: Function) -> bool:
    """Whether Hypothesis gives a test its examples."""
    names = (ast.unparse(decorator).partition("(")[0] for decorator in function.decorator_list)
    return any(name.rpartition(".")[2] == "given" for name in names)


def unchecked(source: Source, function: Function) -> bool:
    """Whether a test checks nothing; a property, whether it can end without a check."""
    known = checker(source.tree)
    if is_property(function):
        return not known.checks_always(function)
    return not known.checks(ast.Module(function.body, []))


def test_every_test_states_its_rule() -> None:
    """The first line of a test's docstring is a sentence."""
    silent = [source.at(function) for source, function in _tests() if not states_its_rule(function)]
    assert silent == []


def test_every_test_checks_something() -> None:
    """A test without an assertion would pass with the feature broken; what must only not fail is listed."""
    exceptions = allowed("unasserted")
    found = {
        f"{source.path}::{function.name}" for source, function in _tests() if unchecked(source, function)
    }
    assert found - exceptions == set()
    assert exceptions - found == set(), "these need their exception no more"


def _first_line(function: Function) -> str:
    text = ast.get_docstring(function) or ""
    return text.strip().split("\n\n")[0].strip()


@pytest.mark.parametrize(
    ("body", "is_unchecked"),
    [
        ("work(x)", True),
        ("assert x", False),
        ("with pytest.raises(ValueError):\n    work(x)", False),
        ("if x:\n    assert work(x)", True),
        ("if x:\n    assert work(x)\nelse:\n    assert not work(x)", False),
        ("if not x:\n    return\nassert work(x)", True),
        ("assume(x)\nassert work(x)", False),
        ("for one in x:\n    assert one", False),
        ("for one in x:\n    if one:\n        continue\n    assert one", True),
        ("try:\n    work(x)\nexcept ValueError:\n    return\nassert x", True),
        ("try:\n    work(x)\nexcept ValueError as error:\n    assert error.args\nelse:\n    assert x", False),
        ("_looks(x)", False),
        ("_works(x)", True),
        ("match x:\n    case 1:\n        assert x\n    case _:\n        work(x)", True),
        ("def later():\n    assert x\nwork(x)", True),
        ("if x:\n    raise AssertionError\nassert work(x)", False),
    ],
)
def test_the_lint_follows_every_way_through_a_property(body: str, *, is_unchecked: bool) -> None:
    """A branch, an early return, a caught error and a helper that only works are met."""
    indented = "\n".join(f"    {line}" for line in body.split("\n"))
    helpers = "def _looks(x):\n    assert x\ndef _works(x):\n    return x\n"
    text = f"@given(x=...)\ndef test_it(x):\n{indented}\n{helpers}"
    source = Source("tests/test_x.py", text, ast.parse(text))
    function = next(one for one in source.functions() if one.name == "test_it")
    assert unchecked(source, function) is is_unchecked


@pytest.mark.parametrize(
    ("body", "is_unchecked"),
    [("work()", True), ("if work():\n        assert True", False), ("_looks()", False)],
)
def test_the_lint_sees_whether_a_test_checks_at_all(body: str, *, is_unchecked: bool) -> None:
    """Where examples are not drawn, one check somewhere is enough: it goes one way only."""
    text = f"def test_it():\n    {body}\ndef _looks():\n    assert work()\n"
    source = Source("tests/test_x.py", text, ast.parse(text))
    assert unchecked(source, next(source.functions())) is is_unchecked


def test_the_lint_knows_a_sentence() -> None:
    """A docstring without a full stop, or none, states no rule."""
    for text, expected in {'"""It adds."""': True, '"""adding"""': False, "pass": False}.items():
        (function,) = ast.parse(f"def test_it():\n    {text}").body
        assert isinstance(function, ast.FunctionDef)
        assert states_its_rule(function) is expected
