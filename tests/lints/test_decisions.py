"""Every decision is dated and has a status, on its page and in the list of decisions.

Why: somebody follows a page that was overruled and does not say so, and a page without a date cannot be
compared with what was known when it was written.
"""

import re

from tests.lints.source import ROOT

DECISIONS = ROOT / "docs/decisions"
STATUS = re.compile(
    r"\*(?:Accepted|Superseded by \[[^]]+\]\((?P<page>[\w-]+\.md)\),) (?P<date>20\d\d-\d\d-\d\d)"
    r"(?:; revised (?P<revised>20\d\d-\d\d-\d\d): .+)?\.\*"
)
ROW = re.compile(r"^\| \[[^]]+\]\(([\w-]+\.md)\) \| .+ \| (.+) \| (.+) \|$", re.MULTILINE)


def _stated(text: str) -> tuple[str, str] | None:
    """Return the date and the status in a page's third line, as the list of decisions writes them."""
    found = STATUS.fullmatch(text.splitlines()[2])
    if found is None:
        return None
    revised = f", revised {found['revised']}" if found["revised"] else ""
    page = found["page"]
    return found["date"] + revised, f"superseded by {page}" if page else "accepted"


def test_every_decision_is_dated_and_has_a_status() -> None:
    """Below its title a page says accepted, or superseded by a page that exists, and since when."""
    pages = [path for path in DECISIONS.glob("*.md") if path.name != "README.md"]
    assert len(pages) > 20
    assert [path.name for path in pages if _stated(path.read_text()) is None] == []
    named = [found["page"] for path in pages if (found := STATUS.search(path.read_text()))]
    assert [name for name in named if name and not (DECISIONS / name).is_file()] == []


def test_the_list_says_what_the_pages_say() -> None:
    """Every page stands in the list once, with the date and the status of the page itself."""
    listed = {
        name: (date, status) for name, date, status in ROW.findall((DECISIONS / "README.md").read_text())
    }
    pages = [path for path in DECISIONS.glob("*.md") if path.name != "README.md"]
    assert listed == {path.name: _stated(path.read_text()) for path in pages}


def test_the_lint_takes_no_status_without_a_date_or_a_successor() -> None:
    """The form of a status is strict: a word without a date or a successor is no status."""
    assert _stated("# A\n\n*Accepted 2026-11-22.*\n") == ("2026-11-22", "accepted")
    assert _stated("# A\n\n*Superseded by [B](b.md), 2026-11-23.*\n") == ("2026-11-23", "superseded by b.md")
    assert _stated("# A\n\n*Accepted.*\n") is None
    assert _stated("# A\n\n*Superseded 2026-11-23.*\n") is None
