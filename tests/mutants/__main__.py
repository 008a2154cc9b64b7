"""Change pure modules one operator at a time, and list the changes that no test notices.

`python -m tests.mutants objectives` copies the tree to `.mutants/`, lets mutmut mutate the modules of one
scope of `scopes.toml` there, and compares what survives with `survivors.md`. It ends with 1 if a mutant
survives that has no reason in that list, or if the list holds one that is killed by now.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORK = ROOT / ".mutants"
SURVIVORS = Path(__file__).with_name("survivors.md")
SCOPES = Path(__file__).with_name("scopes.toml")
NOT_COPIED = shutil.ignore_patterns("page", "node_modules", "__pycache__", "browser", "golden", "data")

SETTINGS = """\
[mutmut]
source_paths=src
only_mutate=
{modules}
pytest_add_cli_args_test_selection=
{tests}
also_copy=
    shop
    conftest.py
use_git_change_detection=false
timeout_constant=20.0
timeout_multiplier=5.0

[tool:pytest]
pythonpath = src shop/src .
addopts =
    -q -m "not prove and not golden" --import-mode=importlib
    -p no:schemathesis -p no:valkey -p no:cacheprovider
markers =
    prove: left out
    golden: left out
"""

CONFTEST = '''\
"""The same few examples for every mutant, and as much time as they take on a busy machine.

Rows of tables kill nearly all mutants; what only a property's hundredth example kills deserves a row. The
first example that fails is enough: no smaller one is searched for.
"""

from hypothesis import Phase, settings

settings.register_profile(
    "mutants",
    max_examples=30,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    derandomize=True,
    database=None,
)
settings.load_profile("mutants")
'''


@dataclass(frozen=True, order=True)
class Mutant:
    """One change of a module: where, what stood there and what stood there instead."""

    module: str
    function: str
    before: str
    after: str

    def __str__(self) -> str:
        """Write it as `survivors.md` does."""
        return f"{self.module}: `{self.function}`: `{self.before}` → `{self.after}`"


def prepare(name: str) -> Path:
    """Copy the tree, with settings for one scope; return where it stands."""
    scope = tomllib.loads(SCOPES.read_text())[name]
    place = WORK / name
    shutil.rmtree(place, ignore_errors=True)
    for folder in ("src", "shop/src", "tests"):
        shutil.copytree(ROOT / folder, place / folder, ignore=NOT_COPIED)
    modules = "\n".join(f"    src/holdfast/{module}" for module in scope["modules"])
    tests = "\n".join(f"    {test}" for test in scope["tests"])
    (place / "setup.cfg").write_text(SETTINGS.format(modules=modules, tests=tests))
    (place / "conftest.py").write_text(CONFTEST)
    return place


def mutmut(place: Path, *arguments: str, quiet: bool = True) -> str:
    """Run mutmut on the copy and return what it printed.

    The tree's own source must not be found before the mutated copy, so no `PYTHONPATH` is handed on.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-m", "mutmut", *arguments]
    output = subprocess.PIPE if quiet else None
    done = subprocess.run(command, cwd=place, env=environment, stdout=output, text=True, check=True)
    return done.stdout or ""


def survivors(place: Path) -> set[Mutant]:
    """Return the mutants that no test killed, those that no test reached among them."""
    results = re.findall(r"^ +(\S+): (?:survived|no tests)$", mutmut(place, "results"), re.MULTILINE)
    return {_mutant(name, mutmut(place, "show", name)) for name in results}


def _mutant(name: str, difference: str) -> Mutant:
    module, _, mangled = name.rpartition(".x")
    function = mangled.rpartition("__mutmut_")[0].removeprefix("_").lstrip("ǁ").replace("ǁ", ".")
    lines = [line for line in difference.splitlines() if not line.startswith(("---", "+++"))]
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in ("-", "+")
    )
    return Mutant(module.removeprefix("holdfast.").replace(".", "/") + ".py", function, before, after)


def known(modules: list[str]) -> set[Mutant]:
    """Return the survivors of these modules that have a reason."""
    found, module = set(), ""
    for line in SURVIVORS.read_text().splitlines():
        if line.startswith("## "):
            module = line[3:].strip()
        elif match := re.match(r"- `(.+?)`: `(.*?)` → `(.*?)`: \S", line):
            found.add(Mutant(module, *match.groups()))
    return {one for one in found if one.module in modules}


def main(name: str) -> int:
    """Mutate one scope; print what survives without a reason, and reasons that are needed no more."""
    place = prepare(name)
    mutmut(place, "run", "--max-children", os.environ.get("JOBS", "2"), quiet=False)
    left, listed = survivors(place), known(tomllib.loads(SCOPES.read_text())[name]["modules"])
    for one in sorted(left - listed):
        sys.stdout.write(f"survives without a reason: {one}\n")
    for one in sorted(listed - left):
        sys.stdout.write(f"killed by now, take it off the list: {one}\n")
    sys.stdout.write(f"{len(left)} survive, {len(left & listed)} of them with a reason\n")
    return int(left != listed)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"python -m tests.mutants {'|'.join(tomllib.loads(SCOPES.read_text()))}")
    sys.exit(main(sys.argv[1]))
