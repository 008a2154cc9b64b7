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
    found = set()
    for path in (ROOT / "requirements").glob("*.in"):
        for line in path.read_text().splitlines():
            name = line.partition("#")[0].strip()
            if name and not name.startswith("-"):
                found.add(re.split(r"[\[<>=;]", name)[0])
    return found


def _explained() -> set[str]:
    return set(re.findall(r"^- `([\w.-]+)`: \S", REASONS.read_text(), re.MULTILINE))


def test_every_dependency_has_a_reason() -> None:
    """Each package in requirements/*.in stands in docs/decisions/dependencies.md with one line."""
    assert _wanted() - _explained() == set()


def test_no_reason_is_left_over() -> None:
    """What is not depended on any more is not explained any more."""
    assert _explained() - _wanted() == set()


def test_every_package_is_locked_by_hash() -> None:
    """Each locked package has an exact version and at least one hash."""
    loose = []
    for path in (ROOT / "requirements").glob("*.txt"):
        for block in re.split(r"\n(?=[A-Za-z0-9])", path.read_text()):
            first = block.split("\n")[0]
            if not first.startswith("#") and ("==" not in first or "--hash=sha256:" not in block):
                loose.append(f"{path.name}: {first}")
    assert loose == []


def test_every_node_package_is_locked_by_hash_and_by_no_address() -> None:
    """Lock files of npm hold a hash for each package, and leave open which registry it comes from."""
    loose = []
    for path in (ROOT / "web/package-lock.json", ROOT / "tests/telemetry/node_sdk/package-lock.json"):
        for name, package in json.loads(path.read_text())["packages"].items():
            if name and ("integrity" not in package or "resolved" in package):
                loose.append(f"{path.parent.name}: {name}")
    assert loose == []


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
