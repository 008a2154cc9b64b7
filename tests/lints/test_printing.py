"""Only `runtime/output.py` writes to a terminal, and the log's handler: both make what they print harmless.

Why: a metric's unit, a service's name or a line of a log is what a workload chose to write, and an escape
sequence in it recolours, retitles or overwrites the terminal of whoever looks. One `print` past the functions
that show such signs instead is enough.
"""

import ast

from tests.lints.source import PRODUCT, Source, sources

OUTPUT = f"{PRODUCT}/runtime/output.py"
LOGS = f"{PRODUCT}/app/logs.py"
CONSOLE = f"{PRODUCT}/runtime/tables.py"
WIDTH = f"{PRODUCT}/runtime/columns.py"  # asks how wide stdout is
HOMES = {
    "print": set(),
    "pprint": set(),
    "input": set(),
    "echo": set(),
    "secho": set(),
    "stdout": {OUTPUT, CONSOLE, WIDTH},
    "stderr": {OUTPUT, LOGS},
    "__stdout__": set(),
    "__stderr__": set(),
    "StreamHandler": {LOGS},
    "basicConfig": {LOGS},
    "Console": {CONSOLE},
    "print_exc": set(),
    "print_exception": set(),
}
"""What writes to a terminal, and the files that may."""
ASKS = {"confirm", "prompt"}
"""Questions to a person, whose words stand in the code."""
BUILT_IN = {"print", "input"}
"""Only their bare names write; `console.print` draws into a string."""
RESULTS = {"stdout", "stderr"}
"""Also what a child process said: `done.stdout` reads, it does not write."""


def _strays(source: Source) -> list[str]:
    found = []
    for node in ast.walk(source.tree):
        name = _named(node)
        if name in HOMES and source.path not in HOMES[name]:
            found.append(f"{source.at(node)} {name}")
        if _asks(node):
            found.append(f"{source.at(node)} asks")
    return found


def _asks(node: ast.AST) -> bool:
    """Whether a person is asked something whose words do not stand in the code."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKS):
        return False
    return not all(isinstance(argument, ast.Constant) for argument in node.args)


def _named(node: ast.AST) -> str:
    """Return the name by which a node reaches a terminal, if it may."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.alias):
        return node.name
    if isinstance(node, ast.Attribute):
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        is_other = node.attr in BUILT_IN or (node.attr in RESULTS and owner != "sys")
        return "" if is_other else node.attr
    return ""


def test_only_the_output_writes_to_a_terminal() -> None:
    """Nothing prints, echoes or holds a stream but the two places that make it harmless."""
    product = [source for source in sources() if source.path.startswith(PRODUCT)]
    assert [stray for source in product for stray in _strays(source)] == []


def test_the_lint_finds_what_it_looks_for() -> None:
    """Each way past the output is found."""
    ways = (
        "print(x)", "typer.echo(x)", "click.secho(x)", "sys.stdout.write(x)", "from sys import stderr",
        "typer.confirm(f'{x}?')", "Console().print(x)", "traceback.print_exc()",
    )  # fmt: skip
    missed = [way for way in ways if not _strays(Source(f"{PRODUCT}/x.py", way, ast.parse(way)))]
    assert missed == []
    assert _strays(Source(f"{PRODUCT}/x.py", "", ast.parse("done.stdout\ntyper.confirm('Apply?')"))) == []
