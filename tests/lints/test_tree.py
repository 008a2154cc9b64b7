"""Nothing in the tree belongs to one machine or one network.

Why: the address of a package registry or a path of somebody's machine works for them alone, and shows
others what is none of their business.
"""

import re
import subprocess

from tests.lints.source import ROOT

REGISTRIES = ("pypi" + ".org", "files.python" + "hosted.org", "registry." + "npmjs.org")
PATHS = re.compile(r"(?<![\w.~])/(?:home|Users|root|work)/[a-z]")
BINARY = (".png", ".ico", ".woff2", ".gz", ".pb")


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [name for name in listed.stdout.decode().splitlines() if not name.endswith(BINARY)]


def names_a_machine(line: str) -> bool:
    """Whether a line names a registry's address or a path of one machine."""
    return bool(PATHS.search(line)) or any(registry in line for registry in REGISTRIES)


def test_the_lint_finds_paths_and_registries() -> None:
    """A home directory or a registry's host is met wherever it stands; a path of the product is not."""
    for line in ("see /" + "home/somebody/x", "cd '/" + "root/project'", f"https://{REGISTRIES[0]}/simple"):
        assert names_a_machine(line), line
    for line in ("~/work/holdfast", "/var/lib/holdfast", "GET /api/v1/homes", "src/work/x.py"):
        assert not names_a_machine(line), line


def test_no_registry_and_no_machine_is_named() -> None:
    """No file names a registry's address or a path of one machine."""
    found = []
    for name in _files():
        path = ROOT / name
        if not path.is_file() or path == ROOT / "tests/lints/test_tree.py":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if names_a_machine(line):
                found.append(f"{name}:{number}")
    assert found == []
