"""The ledger in docs/security.md is whole, and what it says is met has a test or a page that exists.

Why: a ledger nobody checks is a list of good intentions; a test that is renamed or dropped is missed here.
"""

import re
from functools import cache

from tests.lints.source import ROOT, sources

LEDGER = ROOT / "docs/security.md"
ROW = re.compile(r"\| (\d+\.\d+\.\d+) \| (.+?) \| (met|n/a|owed): (.+) \|")
TEST = re.compile(r"`([a-z_/]+/test_[a-z_0-9]+\.py)::(test_[a-z_0-9]+)`")
PAGE = re.compile(r"\]\(([a-z/_-]+\.md)\)")
SECTIONS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2  2.1:3 2.2:3 2.3:4 2.4:1  3.2:2 3.3:4 3.4:6 3.5:5 3.7:2  4.1:3 4.2:1 4.3:2
4.4:4  5.1:1 5.2:3 5.3:2 5.4:3  6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4
7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2  8.1:2 8.2:3 8.3:1 8.4:1  9.1:3 9.2:4
10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3
11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1  12.1:3 12.2:2 12.3:4  13.1:1 13.2:5 13.3:2 13.4:5  14.1:2 14.2:4
14.3:3  15.1:3 15.2:3 15.3:7  16.1:1 16.2:5 16.3:4 16.4:3 16.5:3  17.1:1 17.2:4 17.3:2
"""
"""How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has; they are its first ones."""
REQUIREMENTS = 253


@cache
def _rows() -> tuple[tuple[str, str, str], ...]:
    lines = [line for line in LEDGER.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d", line)]
    found = [ROW.fullmatch(line) for line in lines]
    assert [line for line, row in zip(lines, found, strict=True) if row is None] == []
    return tuple((row[1], row[3], row[4]) for row in found if row is not None)


def test_every_requirement_stands_once() -> None:
    """All 253 requirements of levels 1 and 2 are in the ledger, in their order, and no other."""
    counted = re.findall(r"(\d+\.\d+):(\d+)", SECTIONS)
    wanted = [f"{section}.{number}" for section, count in counted for number in range(1, int(count) + 1)]
    assert len(wanted) == REQUIREMENTS
    assert [item for item, _, _ in _rows()] == wanted


def test_what_is_met_names_a_test_or_a_page() -> None:
    """Nothing is met without a test that would fail otherwise, or the page that says it."""
    bare = [
        item
        for item, status, why in _rows()
        if status == "met" and not (TEST.search(why) or PAGE.search(why))
    ]
    assert bare == []


def test_every_test_that_is_named_exists() -> None:
    """A test that is renamed or dropped is missed here."""
    known = {
        (source.path.removeprefix("tests/"), function.name)
        for source in sources()
        if source.path.startswith("tests/")
        for function in source.functions()
    }
    named = {found for _, _, why in _rows() for found in TEST.findall(why)}
    assert named - known == set()
    assert len(named) > 100


def test_every_page_that_is_named_exists() -> None:
    """A page that is moved is missed here."""
    named = set(PAGE.findall(LEDGER.read_text(encoding="utf-8")))
    assert [page for page in named if not (ROOT / "docs" / page).is_file()] == []


def test_the_lint_reads_rows_tests_and_pages() -> None:
    """A row has a number, a status and a why; what is met names a test or a page as ledgers write them."""
    row = ROW.fullmatch(
        "| 1.2.3 | Says it | met: `app/test_x.py::test_it_holds`, see [here](operations.md) |"
    )
    assert row is not None
    assert (row[1], row[3]) == ("1.2.3", "met")
    assert TEST.findall(row[4]) == [("app/test_x.py", "test_it_holds")]
    assert PAGE.findall(row[4]) == ["operations.md"]
    assert ROW.fullmatch("| 1.2.3 | Says it | done: somehow |") is None
    assert not TEST.search("`test_it_holds`, of course")
