"""What runs text as code, or makes objects of any kind from bytes, is nowhere in the product.

Why: telemetry, catalog documents and requests come from whoever can reach the ports. Each of these calls
turns one text that got past a check into a program of theirs.
"""

import ast

from tests.lints.source import PRODUCT, Source, sources

CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "getoutput", "unsafe_load", "full_load"}
MODULES = {
    "pickle",
    "cPickle",
    "marshal",
    "shelve",
    "dill",
    "xml",
    "lxml",
    "xmlrpc",
    "telnetlib",
    "ftplib",
    "jinja2",
}
WEAK = {"md5", "sha1", "random"}
"""Hashes that are broken, and numbers that can be guessed; `random` as a module only."""
ENGINES = {"compile"}
"""`re.compile` is no program."""


def _dangers(source: Source) -> list[str]:
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            found += [f"{source.at(node)} {name}" for name in _called(node)]
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            roots = {name.partition(".")[0] for name in names}
            found += [f"{source.at(node)} {name}" for name in roots & (MODULES | {"random"})]
    return found


def _called(node: ast.Call) -> list[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    owner = getattr(getattr(node.func, "value", None), "id", "")
    found = [name] if name in CALLS and not (name in ENGINES and owner) else []
    found += [name] if owner == "hashlib" and name in WEAK else []
    found += ["yaml.load"] if (owner, name) == ("yaml", "load") else []
    shells = [one for one in node.keywords if one.arg == "shell" and getattr(one.value, "value", True)]
    return found + ["shell"] * len(shells)


def test_nothing_runs_text_as_code() -> None:
    """No evaluation, shell, object deserialisation, XML, broken hash or guessable number is used."""
    product = [source for source in sources() if source.path.startswith(PRODUCT)]
    assert [danger for source in product for danger in _dangers(source)] == []


def test_the_lint_finds_each_of_them() -> None:
    """Each way is found, and what only looks like one is not."""
    ways = (
        "eval(x)", "exec(x)", "os.system(x)", "subprocess.run(x, shell=True)", "import pickle",
        "yaml.load(x)",
        "from xml.etree import ElementTree", "hashlib.md5(x)", "import random", "compile(x, '', 'exec')",
    )  # fmt: skip
    missed = [way for way in ways if not _dangers(Source(f"{PRODUCT}/x.py", way, ast.parse(way)))]
    assert missed == []
    harmless = "re.compile(x)\nhashlib.sha256(x)\nsubprocess.run([x])\nyaml.safe_load(x)\nimport secrets"
    assert _dangers(Source(f"{PRODUCT}/x.py", "", ast.parse(harmless))) == []


def _formats(source: Source) -> list[str]:
    found = []
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner, name = node.func.value, node.func.attr
        is_ours = isinstance(owner, ast.Constant) or (isinstance(owner, ast.Name) and owner.id.isupper())
        if name in ("format", "format_map") and not is_ours and _formats_text(node):
            found.append(f"{source.at(node)} {name}")
        is_log = isinstance(owner, ast.Name) and owner.id == "log" and node.args
        if is_log and not isinstance(node.args[0], ast.Constant):
            found.append(f"{source.at(node)} log.{name}")
    return found


def _formats_text(node: ast.Call) -> bool:
    """Whether this is a text's own `format`, not the method of a log's formatter that takes a record."""
    return not (isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call))


def test_no_format_comes_from_elsewhere() -> None:
    """What is formatted is a text or constant of the code, and so is the first argument of each log line."""
    product = [source for source in sources() if source.path.startswith(PRODUCT)]
    assert [stray for source in product for stray in _formats(source)] == []
    for way in ("given.format(x)", "log.warning(given)", "log.info(f'{given}')"):
        assert _formats(Source(f"{PRODUCT}/x.py", way, ast.parse(way))) != []
