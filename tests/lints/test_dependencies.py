"""Every dependency has its reason, and no reason outlives its dependency.

Why: each one is code we answer for without having written it. The page of decisions says what it does for
us, so that the day it breaks somebody knows what to put in its place.
"""

import json
import re
import tomllib
from typing import Any

from tests.lints.source import ROOT

REASONS = ROOT / "docs/decisions/dependencies.md"


def _wanted() -> set[str]:
    return {name for path in (ROOT / "requirements").glob("*.in") for name in named(path.read_text())}


def named(text: str) -> set[str]:
    """Return the packages that a list of requirements asks for."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {re.split(r"[\[<>=;]", name)[0] for name in lines if name and not name.startswith("-")}


def _wanted_by_the_page() -> set[str]:
    page = json.loads((ROOT / "web/package.json").read_text())
    return {*page["dependencies"], *page["devDependencies"]}


def _explained() -> set[str]:
    return explained(REASONS.read_text())


def explained(text: str) -> set[str]:
    """Return the packages that a page gives a reason for."""
    return set(re.findall(r"^- `([@/\w.-]+)`: \S", text, re.MULTILINE))


def test_every_dependency_has_a_reason() -> None:
    """Each package in requirements/*.in and web/package.json has its line in the page of decisions."""
    assert (_wanted() | _wanted_by_the_page()) - _explained() == set()


def test_no_reason_is_left_over() -> None:
    """What is not depended on any more is not explained any more."""
    assert _explained() - _wanted() - _wanted_by_the_page() == set()


def test_every_package_is_locked_by_hash() -> None:
    """Each locked package has an exact version and at least one hash."""
    locks = (ROOT / "requirements").glob("*.txt")
    assert [f"{path.name}: {first}" for path in locks for first in loose(path.read_text())] == []


def loose(text: str) -> list[str]:
    """Return what a locked list leaves open: a version, or every hash."""
    blocks = [(block.split("\n")[0], block) for block in re.split(r"\n(?=[A-Za-z0-9])", text)]
    return [
        first
        for first, block in blocks
        if not first.startswith("#") and ("==" not in first or "--hash=sha256:" not in block)
    ]


def test_the_lint_reads_lists_reasons_and_locks() -> None:
    """Extras, bounds and comments are no part of a name; a reason has words; a lock has version and hash."""
    assert named("-r base.in\nfastapi[all]>=1  # why\n\n# words\nrich") == {"fastapi", "rich"}
    assert explained("- `rich`: draws tables\n- `typer`:\ntext `httpx`: no item") == {"rich"}
    hashed = " \\\n    --hash=sha256:ab\n"
    assert loose(f"# written\nrich==1{hashed}typer>=1{hashed}httpx==1") == ["typer>=1 \\", "httpx==1"]


def test_every_node_package_is_locked_by_hash_and_by_no_address() -> None:
    """Lock files of npm hold a hash for each package, and leave open which registry it comes from."""
    found = []
    for path in (ROOT / "web/package-lock.json", ROOT / "tests/telemetry/node_sdk/package-lock.json"):
        for name, package in json.loads(path.read_text())["packages"].items():
            if name and ("integrity" not in package or "resolved" in package):
                found.append(f"{path.parent.name}: {name}")
    assert found == []


def _own() -> list[dict[str, Any]]:
    files = (ROOT / "pyproject.toml", *ROOT.glob("*/pyproject.toml"))
    return [tomllib.loads(path.read_text())["project"] for path in files]


def test_own_distributions_bear_the_name_of_the_product() -> None:
    """A part is called `holdfast-…`: a common word is somebody else's on the package index."""
    names = [project["name"] for project in _own()]
    assert [name for name in names if not re.fullmatch(r"holdfast(-[a-z]+)?", name)] == []


def test_own_distributions_cannot_be_published_by_accident() -> None:
    """Each is marked with the classifier that the package index refuses."""
    mark = "Private :: Do Not Upload"
    assert [project["name"] for project in _own() if mark not in project.get("classifiers", ())] == []


def test_no_own_distribution_is_fetched_by_name() -> None:
    """What is ours is installed from this tree: no requirement names it, in any list."""
    names = {project["name"] for project in _own()} | {"bazaar"}
    assert [name for name in _wanted() if name in names] == []
