"""What is written about commands, settings and endpoints is what there is."""

import json
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.app.written import commands_of
from tests.lints.source import ROOT

from holdfast.app import openapi, reference
from holdfast.app.http_app import routes
from holdfast.app.main import command_line
from holdfast.runtime.problems import MEDIA_TYPE

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("shop/*.md")])
AGAIN = "run `make golden` and read the difference"


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_the_reference_is_written_from_the_code(name: str) -> None:
    """The reference of commands and settings says exactly what the program says of itself."""
    assert (ROOT / "docs/reference" / name).read_text() == reference.PAGES[name](), AGAIN


def test_the_pages_client_is_made_from_this_api() -> None:
    """The description the page's client is generated from is that of this version."""
    assert json.loads((ROOT / "web/openapi.json").read_text()) == openapi.description(), AGAIN


def test_every_endpoint_is_in_the_reference(served) -> None:
    """Each endpoint is named with its method in docs/reference/api.md."""
    text = (ROOT / "docs/reference/api.md").read_text()
    plain = re.sub(r"\{[^}]*\}", "{}", text)
    missing = [
        f"{method} {path}"
        for method, path, _ in routes(served.app)
        if re.sub(r"\{[^}]*\}", "{}", path).removeprefix("/api/v1") not in plain
    ]
    assert missing == []


def test_first_requests_may_come_together(served) -> None:
    """The description, which says what parameters there are, is made once however many ask for it at once."""
    served.app.openapi_schema = None
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: served.app.openapi(), range(4)))
    assert all(one is found[0] for one in found)


def test_every_refusal_is_a_problem_document() -> None:
    """Each 4xx and 5xx in the description is RFC 9457, but for readiness, which is its own body."""
    document = openapi.description()
    assert document["openapi"] == "3.1.0"
    wrong = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                is_refusal = status >= "400" and path != "/readyz"
                if is_refusal and list(response.get("content", {})) != [MEDIA_TYPE]:
                    wrong.append((method, path, status))
    assert wrong == []


def test_every_operation_has_a_name_and_a_sentence() -> None:
    """Names are what the page's client calls; sentences are what people read."""
    operations = [one for path in openapi.description()["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    assert [one["operationId"] for one in operations if not one.get("description")] == []


def _misfit(command: list[str]) -> str | None:
    """Return the first word of a `holdfast …` command that means nothing, or None."""
    node: Any = typer.main.get_command(command_line())
    words = iter(command)
    for word in words:
        option = next((one for one in node.params if word in one.opts), None)
        verbs = getattr(node, "commands", None)
        if word.startswith("-"):
            if option is None:
                return word
            if not option.is_flag:
                next(words)
        elif verbs is not None:
            if word not in verbs:
                return word
            node = verbs[word]
    return None


@pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_every_command_that_is_written_exists(path: Path) -> None:
    """Nouns, verbs, options and make's targets in documents are ones there are."""
    written = [shlex.split(command) for command in commands_of(path.read_text())]
    ours = [words for words in written if Path(words[0]).name == "holdfast" and words[1] != "NOUN"]
    assert [(words, wrong) for words in ours if (wrong := _misfit(words[1:]))] == []
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert [words for words in written if words[0] == "make" and words[1] not in targets] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Words.\n\n    make demo      # a comment\n    make test\n\nMore.", ["make demo", "make test"]),
        ("1. Do:\n\n       holdfast x y\n\n   Then `holdfast x z`.", ["holdfast x y", "holdfast x z"]),
        ("```sh\nrm -rf /\n```\n", ["rm -rf /"]),
        ("Plain `words` and `src/holdfast`,\n   a line of a list.", []),
    ],
)
def test_commands_are_found_wherever_they_stand(text: str, found: list[str]) -> None:
    """Blocks, fences, blocks inside lists and code inside sentences are all read, comments left out."""
    assert commands_of(text) == found


def test_a_command_that_means_nothing_is_found_out() -> None:
    """An unknown noun, verb or option is named."""
    assert _misfit(["alarm", "ls"]) == "alarm"
    assert _misfit(["alert", "list"]) == "list"
    assert _misfit(["alert", "ls", "--everything"]) == "--everything"
    assert _misfit(["alert", "ls", "--all", "-o", "json"]) is None
