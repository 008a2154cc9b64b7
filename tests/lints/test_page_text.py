"""The page shows what it gets as text: no HTML is set by hand, and nothing is run that came as text.

Why: names, log lines and attributes are what a workload chose to write. React encodes them; one of these
calls past it makes a script of them, in the browser of somebody who may do more than who wrote them.
"""

import re

from tests.lints.source import ROOT

PAST_REACT = re.compile(
    r"dangerouslySetInnerHTML|\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|srcDoc|srcdoc"
    r"|\beval\(|new Function\(|createContextualFragment|DOMParser|javascript:"
    r"|addEventListener\(\s*[\"']message"
)


def test_the_page_sets_no_html() -> None:
    """No file of the page sets HTML, runs text or listens to messages of other windows."""
    files = [*(ROOT / "web/src").rglob("*.ts"), *(ROOT / "web/src").rglob("*.tsx"), ROOT / "web/index.html"]
    assert len(files) > 50
    assert [str(path) for path in files if PAST_REACT.search(path.read_text(encoding="utf-8"))] == []


def test_the_lint_finds_each_way_past_react() -> None:
    """Each way is found, and text shown as text is not."""
    ways = (
        "<p dangerouslySetInnerHTML={{ __html: name }} />", "element.innerHTML = name", "eval(name)",
        "new Function(name)", "document.write(name)", "<a href={`javascript:${name}`}>",
        'window.addEventListener("message", read)',
    )  # fmt: skip
    assert [way for way in ways if not PAST_REACT.search(way)] == []
    assert not PAST_REACT.search('<p title={name}>{name}</p> window.addEventListener("keydown", read)')
