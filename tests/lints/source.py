"""What the house's own rules look at: every Python file of ours, parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = "src/holdfast"
TREES = (PRODUCT, "shop/src", "tests", "shop/tests", "benchmarks")
DOMAIN = ("catalog", "changes", "views", "objectives", "oncall", "incidents")


@dataclass(frozen=True)
class Source:
    """One file: where it is, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def stem(self) -> str:
        """The file's name without `.py`."""
        return Path(self.path).stem

    @property
    def module(self) -> str:
        """The name it is imported by."""
        return self.path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def is_test(self) -> bool:
        """Whether it belongs to the tests."""
        return self.path.startswith(("tests/", "shop/tests/"))

    @property
    def package(self) -> str:
        """The package of the product it belongs to, or nothing."""
        parts = self.path.split("/")
        return parts[2] if self.path.startswith(PRODUCT) and len(parts) > 3 else ""

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield every function, methods and inner ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def at(self, node: ast.AST) -> str:
        """Say where a node is."""
        return f"{self.path}:{getattr(node, 'lineno', 0)}"


@cache
def sources() -> tuple[Source, ...]:
    """Return every Python file of the project."""
    paths = sorted(path for tree in TREES for path in (ROOT / tree).rglob("*.py"))
    return tuple(_read(path) for path in paths if "node_modules" not in path.parts)


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


def allowed(name: str) -> set[str]:
    """Return the exceptions of a rule, one a line; `#` starts a comment. Such a list only shrinks."""
    path = Path(__file__).parent / "allowed" / f"{name}.txt"
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return {line for line in lines if line}
