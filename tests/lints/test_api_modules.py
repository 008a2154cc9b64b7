"""No package imports another's HTTP modules; only `app` does, and only `api`, to mount its router.

Why: the shapes of an API change for those who call it. What imports them stores or computes with them, and is
then changed, or broken, by a change meant for readers. A package asks another's service and gets values.
"""

import ast

import pytest
from tests.lints.source import PRODUCT, Source, sources

ROOT_PACKAGE = "holdfast"


def foreign_shapes(source: Source) -> list[str]:
    """Return the HTTP modules of other packages that a file imports and may not."""
    return [name for name in _modules(source.tree) if _is_foreign(name, source.package)]


def _modules(tree: ast.Module) -> list[str]:
    """Return every module imported, and every name imported from one, as dotted names."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def _is_foreign(name: str, package: str) -> bool:
    parts = name.split(".")
    if parts[0] != ROOT_PACKAGE or len(parts) < 3 or parts[1] == package:
        return False
    shapes = [part for part in parts[2:] if part == "api" or part.startswith("api_")]
    mounts = package == "app" and shapes == ["api"] and parts[-1] == "api"
    return bool(shapes) and not mounts


def test_no_package_imports_anothers_http_modules() -> None:
    """HTTP shapes are nobody's storage and nobody's arithmetic."""
    strays = [
        f"{source.path}: {name}"
        for source in sources()
        if source.path.startswith(PRODUCT)
        for name in foreign_shapes(source)
    ]
    assert strays == []


@pytest.mark.parametrize(
    ("path", "line", "is_refused"),
    [
        ("incidents/findings.py", "from holdfast.objectives.api_views import exemplar_body", True),
        ("incidents/api.py", "from holdfast.objectives.api_models import ObjectiveExemplarBody", True),
        ("incidents/api.py", "from holdfast.objectives import api", True),
        ("incidents/api.py", "import holdfast.telemetry.logs.api", True),
        ("app/compose.py", "from holdfast.telemetry.logs.api_models import LogBody", True),
        ("app/compose.py", "from holdfast.objectives.api import From", True),
        ("app/compose.py", "from holdfast.objectives import api as objectives_api", False),
        ("objectives/api.py", "from holdfast.objectives.api_models import ObjectiveExemplarBody", False),
        ("telemetry/servicemap/api.py", "from holdfast.telemetry.services.api import From", False),
        ("incidents/findings.py", "from holdfast.objectives.service import ObjectivesService", False),
    ],
)
def test_the_lint_knows_every_way_to_import(path: str, line: str, *, is_refused: bool) -> None:
    """From a module, of a module, and whole; a package's own shapes are its own."""
    source = Source(f"{PRODUCT}/{path}", line, ast.parse(line))
    assert bool(foreign_shapes(source)) == is_refused
