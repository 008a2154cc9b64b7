"""Commands write a name into an address with `segment`, and endpoints read it with `PathName`.

Why: names are chosen by senders. One with a slash, a question mark or two dots leads to another address, and
the thing it names cannot be opened by a command while the page shows it. (That endpoints read names is tested
over the API's description, in `tests/app/test_names_in_addresses.py`.)
"""

import ast

from tests.lints.source import PRODUCT, sources

NUMBERS = {"number"}
"""What is no name: written as it is."""


def _is_written_right(value: ast.expr) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id == "segment"
    return isinstance(value, ast.Name) and value.id in NUMBERS


def unwritten(text: ast.JoinedStr) -> bool:
    """Whether a path of the API has something in it that is not written as a segment."""
    first = text.values[0]
    is_path = isinstance(first, ast.Constant) and str(first.value).startswith("/")
    filled = [part.value for part in text.values if isinstance(part, ast.FormattedValue)]
    return is_path and not all(_is_written_right(value) for value in filled)


def test_names_are_written_into_addresses_as_segments() -> None:
    """In every file of commands, what is put into a path goes through `segment`."""
    commands = [one for one in sources() if one.path.startswith(PRODUCT) and one.stem.endswith("cli")]
    found = [
        one.at(node)
        for one in commands
        for node in ast.walk(one.tree)
        if isinstance(node, ast.JoinedStr) and unwritten(node)
    ]
    assert found == []
    assert len(commands) > 5


def test_the_lint_sees_the_other_form() -> None:
    """A name put into a path as it is, or merely quoted, is met."""
    texts = {
        'f"/services/{name}"': True,
        "f\"/services/{quote(name, safe='')}\"": True,
        'f"/services/{segment(name)}/series"': False,
        'f"/incidents/{number}"': False,
        'f"{name} is unknown"': False,
    }
    for text, expected in texts.items():
        node = ast.parse(text, mode="eval").body
        assert isinstance(node, ast.JoinedStr)
        assert unwritten(node) is expected, text
