"""Documents use the field's words: the worst of those that read as translated are refused.

Why: documents are read at three in the morning by people whose first language may not be English. A word that
no runbook or textbook uses costs each of them a moment, and in two places it means two things. Commands,
fields and settings keep their names, so code is passed over.
"""

import re
from pathlib import Path

import pytest
from tests.lints.source import ROOT, allowed

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("shop/*.md")])
INSTEAD = {
    "tell|tells|told|telling|tells of": "say, report, show; distinguish",
    "promise|promises|promised": "objective, SLO",
    "mend|mends|mended|mending": "fix; resolve",
    "held": "suspended; kept",
    "halves": "the client and server sides of a call",
    "anew": "again",
    "whatever": "name the thing",
    "dear": "expensive",
    "so many-?th|so-manieth|manieth": "1 in N",
    "what hurts most|services that hurt": "the worst; failing services",
    "what stands|what has not|what there is most of": "name the thing; most frequent",
    "99 of 100|half as long again": "p99; 1.5 times",
    "without a word": "silently; without an answer",
    "young (?:objective|budget|shop)s?": "not enough data yet",
    "untick": "clear",
}
CODE = re.compile(r"^ *```.*?^ *```|^(?: {4,}|\t)\S.*?$|`[^`\n]*`|\]\([^)\n]*\)", re.MULTILINE | re.DOTALL)


def worst_words(text: str) -> list[str]:
    """Return every refused word of a document's prose, as `line: word`, in order."""
    prose = CODE.sub(lambda found: "\n" * found[0].count("\n"), text)
    refused = re.compile(rf"\b(?:{'|'.join(INSTEAD)})\b", re.IGNORECASE)
    return [
        f"{number}: {found.lower()}"
        for number, line in enumerate(prose.splitlines(), 1)
        for found in refused.findall(line)
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_no_document_uses_a_refused_word(path: Path) -> None:
    """No prose of a document has one of the words in INSTEAD, but for the exceptions that have a reason."""
    name = path.relative_to(ROOT).as_posix()
    found = [
        one
        for one in worst_words(path.read_text())
        if f"{name}: {one.split(': ')[1]}" not in allowed("words")
    ]
    assert found == [], "write instead: " + "; ".join(
        f"{word} → {better}" for word, better in INSTEAD.items()
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A page tells of it.\nThe promise is held.", ["1: tells", "2: promise", "2: held"]),
        ("Run `holdfast demo mend`.\n\n    holdfast demo mend\n", []),
        ("```sh\nmend\n```\nMend it.", ["4: mend"]),
        ("[what there is](told.md)", []),
        ("Threshold, withheld, amend, household: words that only contain one.", []),
        ("A young objective, and 99 of 100.", ["1: young objective", "1: 99 of 100"]),
    ],
)
def test_the_lint_finds_words_in_prose_only(text: str, found: list[str]) -> None:
    """Code blocks, code inside sentences and addresses of links are passed over; parts of words are too."""
    assert worst_words(text) == found
