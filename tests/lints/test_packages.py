"""Inside every package the same things have the same file names.

Why: who has read one package knows where to look in all others: rules in `model`, tables in `store`, use
cases in `service`, endpoints in `api`, commands in `cli`.
"""

import ast

import pytest
from tests.lints.source import DOMAIN, PRODUCT, ROOT, Source, sources

NAMES = ("model", "store", "service", "api", "cli")


@pytest.mark.parametrize("package", ["catalog", "telemetry", "objectives", "incidents"])
def test_a_package_has_the_usual_files(package: str) -> None:
    """Each package that has work to do has all five."""
    there = {path.stem for path in (ROOT / PRODUCT / package).glob("*.py")}
    assert set(NAMES) - there == set()


def test_every_package_is_known() -> None:
    """The packages are those of the design: no empty rooms, none that appeared by accident."""
    there = {path.parent.name for path in (ROOT / PRODUCT).glob("*/__init__.py")}
    assert there == {"runtime", "telemetry", "app", *DOMAIN}


def _imports(source: Source) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("typer", ("cli", "main", "serve", "doctor", "demo", "reference", "client", "output", "_cli")),
        ("fastapi", ("api", "http", "http_app", "problems", "compose")),
    ],
)
def test_frameworks_stay_where_they_belong(library: str, homes: tuple[str, ...]) -> None:
    """Commands live in `cli` files and endpoints in `api` files; rules know neither framework."""
    strays = [
        source.path
        for source in sources()
        if source.path.startswith(PRODUCT)
        and library in _imports(source)
        and not any(source.stem == home or source.stem.endswith(f"_{home.lstrip('_')}") for home in homes)
    ]
    assert strays == []
