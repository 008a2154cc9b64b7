"""Inside every package the same things have the same file names.

Why: who has read one package knows where to look in all others: rules in `model`, tables in `store`, use
cases in `service`, endpoints in `api`, commands in `cli`.
"""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest
from tests.lints.source import DOMAIN, PRODUCT, ROOT, Source, sources

NAMES = ("model", "store", "service", "api", "cli")


ABSENT = {
    "telemetry/saturation": {"cli"},  # `holdfast service show` prints it
    "telemetry/spread": {"cli"},  # `holdfast service show` prints it
    "app/backup": {"store"},  # an archive is a file
}
"""Rooms that need fewer files, with the reason."""


def _rooms() -> list[str]:
    return sorted(str(path.parent.relative_to(ROOT / PRODUCT)) for path in (ROOT / PRODUCT).glob("**/api.py"))


@pytest.mark.parametrize("room", _rooms())
def test_a_room_with_an_api_has_the_usual_files(room: str) -> None:
    """Who knows one room knows where to look in the next."""
    there = {path.stem for path in (ROOT / PRODUCT / room).glob("*.py")}
    assert set(NAMES) - there == ABSENT.get(room, set())


def test_the_root_of_telemetry_holds_words_and_steps_only() -> None:
    """Whatever does something stands in one of its rooms."""
    there = {path.stem for path in (ROOT / PRODUCT / "telemetry").glob("*.py")}
    assert there == {"__init__", "model", "errors", "migrations"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Every module can be read before those that use it, also where an import is for types or late."""
    product = [source for source in sources() if source.path.startswith(PRODUCT)]
    order = TopologicalSorter({source.module: _modules_imported(source) for source in product})
    assert set(order.static_order()) == {source.module for source in product}


def test_the_lint_finds_a_circle() -> None:
    """Two modules that import each other are met, also where one does so inside a function."""
    first = Source(f"{PRODUCT}/a.py", "", ast.parse("from holdfast.runtime import pages"))
    late = ast.parse("def f():\n    from holdfast.runtime.pages import read")
    assert _modules_imported(first) == {"holdfast.runtime.pages"}
    assert _modules_imported(Source(f"{PRODUCT}/b.py", "", late)) == {"holdfast.runtime.pages"}
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


def test_every_package_is_known() -> None:
    """The packages are those of the design: no empty rooms, none that appeared by accident."""
    there = {path.parent.name for path in (ROOT / PRODUCT).glob("*/__init__.py")}
    assert there == {"runtime", "telemetry", "app", *DOMAIN}


def _modules_imported(source: Source) -> set[str]:
    """Return what a module imports of the product, wherever in the file."""
    known = {one.module for one in sources() if one.path.startswith(PRODUCT)}
    froms = [node for node in ast.walk(source.tree) if isinstance(node, ast.ImportFrom) and node.module]
    whole = {f"{node.module}.{alias.name}" for node in froms for alias in node.names} & known
    parts = {
        str(node.module)
        for node in froms
        if any(f"{node.module}.{alias.name}" not in known for alias in node.names)
    }
    return (whole | (parts & known)) - {source.module}


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
        (
            "typer",
            ("cli", "main", "serve", "doctor", "demo", "reference", "client", "output", "options", "_cli"),
        ),
        ("fastapi", ("api", "http", "http_app", "problems", "web")),
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
