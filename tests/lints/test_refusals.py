"""Decisions name their reason: what decides returns no bare boolean.

Why: the answer "no" alone cannot be shown, logged or argued with. A gate, a router or a planner returns an
enum or a small record that says what, why and which limit.

A decision is known by its name, anywhere in the product: `should_…`, `may_…`, `accepts`, `is_allowed`. In
the domain it is known by what it is not: a boolean there is a fact, and says so in its first word (`is_…`,
`has_…`, `exceeds`); everything else that returns one is listed with its reason.
"""

import ast
import re

import pytest
from tests.lints.source import DOMAIN, PRODUCT, Source, allowed, sources

DECIDES = re.compile(
    r"(should|can|may|must|shall|ought|allows?|permits?|accepts?|admits?|approves?|refuses?|rejects?|denies"
    r"|decides?|judges?|fires|suppresses|notifies|pages|escalates|passes)(_|$)"
    r"|(is|are|was|has|been|gets)_(\w+_)?"
    r"(allowed|permitted|accepted|admitted|approved|refused|rejected|denied|authori[sz]ed|forbidden)$"
)
STATES_A_FACT = re.compile(r"(is|are|was|were|has|have|holds|contains|includes|matches|exceeds)(_|$)")


def bare(source: Source) -> list[str]:
    """Return the functions of a file that decide, as far as their names say, and return true or false."""
    return [
        f"{source.path}::{function.name}"
        for function in source.functions()
        if _returns_bare(function.returns) and _decides(function.name.lstrip("_"), source.package)
    ]


def _decides(name: str, package: str) -> bool:
    is_fact = bool(STATES_A_FACT.match(name)) or package not in DOMAIN
    return bool(DECIDES.match(name)) or not is_fact


def _returns_bare(returns: ast.expr | None) -> bool:
    """Whether an annotation is `bool`, also as text or beside None."""
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        returns = ast.parse(returns.value, mode="eval").body
    if isinstance(returns, ast.BinOp):
        return _returns_bare(returns.left) or _returns_bare(returns.right)
    return isinstance(returns, ast.Name) and returns.id == "bool"


def _found() -> set[str]:
    return {found for one in sources() if one.path.startswith(PRODUCT) for found in bare(one)}


def test_decisions_return_a_named_reason() -> None:
    """A function that decides something returns more than true or false, or is listed with its reason."""
    assert _found() - allowed("bare_booleans") == set()


def test_the_list_of_bare_booleans_only_shrinks() -> None:
    """What has got a reason, or a name that says it is a fact, leaves the list."""
    assert allowed("bare_booleans") - _found() == set()


@pytest.mark.parametrize(
    ("place", "line", "is_met"),
    [
        ("incidents", "def should_page(incident: Incident) -> bool: ...", True),
        ("incidents", "def _can_join(one: Incident) -> bool: ...", True),
        ("incidents", "async def may_close(one: Incident) -> bool | None: ...", True),
        ("incidents", "def should_page(incident: Incident) -> 'bool': ...", True),
        ("incidents", "def is_allowed(role: Role) -> bool: ...", True),
        ("incidents", "def is_not_allowed(role: Role) -> bool: ...", True),
        ("incidents", "def joins(one: Incident, alert: Alert) -> bool: ...", True),
        ("incidents", "class Gate:\n    def permits(self, change: Change) -> bool: ...", True),
        ("incidents", "def is_open(one: Incident) -> bool: ...", False),
        ("incidents", "def exceeds(rate: float) -> bool: ...", False),
        ("incidents", "def should_page(incident: Incident) -> Paging: ...", False),
        ("incidents", "def candidates() -> list[str]: ...", False),
        ("runtime", "def accepts(body: bytes) -> bool: ...", True),
        ("runtime", "def may_view(request: Request) -> bool: ...", True),
        ("runtime", "def canonical(text: str) -> bool: ...", False),
        ("runtime", "def wait(seconds: float) -> bool: ...", False),
    ],
)
def test_the_lint_knows_decisions_from_facts(place: str, line: str, *, is_met: bool) -> None:
    """Both ways are met: by a name that decides, and in the domain by one that states no fact."""
    source = Source(f"{PRODUCT}/{place}/x.py", line, ast.parse(line))
    assert bool(bare(source)) is is_met
