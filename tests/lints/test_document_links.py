"""Every link between documents leads to a file that exists, and to a heading it has.

Why: pages are moved and renamed, and a link that leads nowhere is found by the reader who needs it.
"""

import re
from pathlib import Path

import pytest
from tests.lints.source import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("shop/*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)")
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """Return the addresses of a document's headings: small letters, dashes for blanks, no other signs."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    """The file of each link exists, and where the link names a heading, the file has it."""
    for target, anchor in LINK.findall(FENCED.sub("", path.read_text())):
        led_to = path.parent / target if target else path
        assert led_to.exists(), target
        assert not anchor or anchor in anchors(led_to.read_text()), f"{target}#{anchor}"


def test_the_lint_addresses_headings_as_readers_of_markdown_do() -> None:
    """Signs are dropped, letters are small, blanks become dashes; code blocks have no headings."""
    text = "# A tour, in `ten` minutes\n\n```sh\n# no heading\n```\n\n## What's *next*?\n"
    assert anchors(text) == {"a-tour-in-ten-minutes", "whats-next"}
