"""Docstrings, comments, messages and help texts use the field's words, as the documents do.

Why: logs, errors and help texts are read at three in the morning as well, and the next engineer copies the
words of a docstring. Identifiers, code in backticks, and words that are stored or sent keep their names.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

import pytest
from tests.lints.source import Source, allowed, sources
from tests.lints.test_document_words import INSTEAD

HELD_TO_IT = ("src/holdfast/", "shop/src/")
RELEASED = "src/holdfast/app/migrations/versions/"
"""Steps of the state database's migration: a released one is never edited."""

REFUSED = re.compile(rf"\b(?:{'|'.join(INSTEAD)})\b", re.IGNORECASE)
CODE = re.compile(r"`[^`\n]*`")
SENTENCE = re.compile(r"[A-Za-z]+[,;:]? +[a-z]+")
SQL = re.compile(r"\b(?:SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|CREATE|ALTER|VALUES)\b")


def refused_words(source: Source) -> list[tuple[int, str]]:
    """Return line and word of every refused word in a file's prose, in order."""
    if not REFUSED.search(source.text):
        return []
    return sorted(
        (first + number, found.lower())
        for first, text in (*_comments(source), *_strings(source))
        for number, line in enumerate(CODE.sub("", text).splitlines())
        for found in REFUSED.findall(line)
    )


def _comments(source: Source) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _strings(source: Source) -> Iterator[tuple[int, str]]:
    """Yield every string that is prose: those that stand alone, and those that hold a sentence."""
    parts = set[ast.AST]()
    alone = {node.value for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.JoinedStr):
            parts.update(node.values)
            text = "".join(one.value if _is_text(one) else "{}" for one in node.values)
        elif _is_text(node) and node not in parts:
            text = node.value
        else:
            continue
        if node in alone or (SENTENCE.search(text) and not SQL.search(text)):
            yield node.lineno, text


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _found() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for source in sources():
        if source.path.startswith(HELD_TO_IT) and not source.path.startswith(RELEASED):
            for line, word in refused_words(source):
                found.setdefault(f"{source.path}: {word}", []).append(line)
    return found


def test_no_text_of_the_code_uses_a_refused_word() -> None:
    """No docstring, comment or sentence has a word in INSTEAD, but for the exceptions that are listed."""
    found = {place: lines for place, lines in _found().items() if place not in allowed("source_words")}
    assert found == {}, "write instead: " + "; ".join(
        f"{word} → {better}" for word, better in INSTEAD.items()
    )


def test_the_list_of_exceptions_only_shrinks() -> None:
    """An exception whose word is gone leaves the list."""
    assert allowed("source_words") - _found().keys() == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"""Tells of\nwhat is held."""', [(1, "tells"), (2, "held")]),
        ("x = 1  # as told\n\n# held\n", [(1, "told"), (3, "held")]),
        ('told = held["mend"]\nclass Promise: ...', []),
        ('log.info("a task is held by %s", pid)', [(1, "held")]),
        ('x = f"{pid} held it: {whatever}"', [(1, "held")]),
        ('"""Run `holdfast demo mend`, which sets `held`."""', []),
        ('sql = "SELECT held FROM standings"', []),
        ('kind = "alert.held"\nwords = ("told", "mend")', []),
        ('"""Withheld, threshold, amend."""', []),
    ],
)
def test_the_lint_finds_words_in_prose_only(text: str, found: list[tuple[int, str]]) -> None:
    """Names, single words, SQL and code in backticks are passed over; docstrings and sentences are not."""
    assert refused_words(Source("src/holdfast/x.py", text, ast.parse(text))) == found
