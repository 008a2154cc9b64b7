"""The changelog has the form of Keep a Changelog: known groups in one order, one line each, the area first.

Why: whoever upgrades reads the first group and searches the rest for the areas they use; a paragraph between
the lines, or a change without an area, is found by neither.
"""

import re
from itertools import combinations

from tests.lints.source import ROOT

from holdfast import __version__

TEXT = (ROOT / "CHANGELOG.md").read_text()
GROUPS = ["Upgrade notes", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
LINE = re.compile(r"- [a-z]+(?:, [a-z]+)*: \S.*\.")
VERSION = re.compile(r"^## (\d+\.\d+\.\d+) - (Unreleased|20\d\d-\d\d-\d\d)$", re.MULTILINE)


def _versions() -> list[tuple[str, str]]:
    """Return the text of each version with its number, newest first."""
    parts = re.split(r"^## .*$", TEXT, flags=re.MULTILINE)[1:]
    return [(found[1], part) for found, part in zip(VERSION.finditer(TEXT), parts, strict=True)]


def test_every_version_is_numbered_and_dated() -> None:
    """Only the newest version may have no date yet, and it is the version this tree says it is."""
    found = VERSION.findall(TEXT)
    assert len(found) == len(re.findall(r"^## ", TEXT, flags=re.MULTILINE))
    assert found[0][0] == __version__
    assert [number for number, date in found[1:] if date == "Unreleased"] == []


def test_groups_are_known_and_in_one_order() -> None:
    """Upgrade notes come first, then the groups of Keep a Changelog, each at most once in a version."""
    for number, part in _versions():
        groups = re.findall(r"^### (.*)$", part, flags=re.MULTILINE)
        assert groups == [one for one in GROUPS if one in groups], number


def odd_lines(text: str) -> list[str]:
    """Return the lines inside a version's groups that are no change of the form."""
    listed = "".join(re.split(r"^### .*$", text, flags=re.MULTILINE)[1:]).splitlines()
    return [line for line in listed if line and not LINE.fullmatch(line)]


def test_every_change_is_one_line_with_its_area_first() -> None:
    """A change reads `- area: a sentence.` and takes one line; nothing else stands inside a group."""
    for number, part in _versions():
        assert odd_lines(part) == [], number


def test_the_lint_finds_a_change_without_an_area_and_a_second_line() -> None:
    """An area is in small letters, a sentence ends, and what goes on below is no change."""
    assert odd_lines("### Fixed\n\n- logs, api: a word is found.\n") == []
    odd = ["- A word is found.", "- logs: a word is found", "  and goes on."]
    assert odd_lines("### Fixed\n\n" + "\n".join(odd)) == odd


ALIKE_FROM = 0.5
"""The share of words that two lines of one version have in common from which they tell the same change."""


def told_twice(text: str) -> list[tuple[str, str]]:
    """Return the pairs of changes in one version that share at least half of their words."""
    lines = [
        (line, set(re.findall(r"\w+", line.casefold()))) for line in text.splitlines() if LINE.fullmatch(line)
    ]
    pairs = combinations(lines, 2)
    return [(one, other) for (one, a), (other, b) in pairs if len(a & b) >= ALIKE_FROM * len(a | b)]


def test_no_change_is_told_twice() -> None:
    """A change stands once in its version; a merge of two branches can keep its old wording too."""
    for number, part in _versions():
        assert told_twice(part) == [], number


def test_the_lint_finds_a_change_in_two_wordings() -> None:
    """Two wordings of one change are a pair, two changes of one area are not."""
    one = "- api: huge cursors and numbers are refused with a reason."
    other = "- api: huge cursors and numbers are refused in plain words."
    assert told_twice(f"{one}\n- api: a body that is not JSON is answered 422.\n{other}") == [(one, other)]
