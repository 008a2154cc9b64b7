"""`holdfast view`: saved views from the command line are those of the page."""

import json
from collections.abc import Iterator

import pytest
from tests.app.conftest import Served
from tests.commands import Run, in_zone, listening, runner

from holdfast.views.cli import within_page


@pytest.fixture
def run(served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run commands against a server without views."""
    with listening(served.client.app) as url, in_zone("UTC"):
        yield runner(url, monkeypatch, capsys)


def test_a_view_is_saved_shown_and_removed(run: Run) -> None:
    """What the browser shows is saved as path and query, listed, shown by name, and gone once removed."""
    saved = run("view", "save", "a/b", "https://shop.example/services?from=now-1h&q=pay", "--pin")
    assert (saved.status, saved.err) == (0, "View a/b is saved.\n")
    (listed,) = json.loads(run("view", "ls", "-o", "json").out)
    assert (listed["name"], listed["address"], listed["is_pinned"]) == (
        "a/b",
        "/services?from=now-1h&q=pay",
        True,
    )
    assert "/services?from=now-1h&q=pay" in run("view", "show", "a/b").out
    assert run("view", "rm", "a/b").err == "View a/b is removed.\n"
    empty = run("view", "ls")
    assert (empty.status, "holdfast view save" in empty.err) == (0, True)


def test_what_is_no_view_is_refused(run: Run) -> None:
    """An unknown name is named, and an address that is none of the page is refused with the rule."""
    for verb in ("show", "rm"):
        gone = run("view", verb, "ghost")
        assert (gone.status, "ghost" in gone.err) == (2, True)
    refused = run("view", "save", "x", "//evil.example")
    assert refused.status == 2
    assert "an address of this page" in refused.err


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://h:7070/map", "/map"),
        ("http://h", "/"),
        ("/logs?q=a%20b", "/logs?q=a%20b"),
        ("//evil.example", "//evil.example"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_an_address_of_the_browser_is_kept_without_its_host(given: str, kept: str) -> None:
    """Only http and https lose their host; everything else is left for the server to judge."""
    assert within_page(given) == kept
