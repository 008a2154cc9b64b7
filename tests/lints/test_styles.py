"""Each class of the page has its rules in one stylesheet.

Why: all stylesheets hold for all pages. Two that name their own thing alike draw each other's: the bar of the
time picker once had the width and height of the bars in a list of traces.
"""

import re
from collections import defaultdict

from tests.lints.source import ROOT

OPENS = re.compile(r"^\.([a-z][a-z0-9-]*) \{", re.MULTILINE)


def _shared(sheets: dict[str, str]) -> dict[str, set[str]]:
    named: defaultdict[str, set[str]] = defaultdict(set)
    for sheet, text in sheets.items():
        for name in OPENS.findall(text):
            named[name].add(sheet)
    return {name: found for name, found in named.items() if len(found) > 1}


def test_no_two_stylesheets_draw_one_class() -> None:
    """A class that a sheet draws is drawn by no other."""
    sheets = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "web/src/styles").glob("*.css")}
    assert len(sheets) > 5
    assert _shared(sheets) == {}


def test_the_lint_finds_a_class_of_two_sheets() -> None:
    """One class in two sheets is found; a part of another rule is not."""
    found = _shared(
        {"a.css": ".bar {\n}\n", "b.css": ".bar {\n}\n.bar > i {\n}\n", "c.css": ".bar > i {\n}\n"}
    )
    assert found == {"bar": {"a.css", "b.css"}}
