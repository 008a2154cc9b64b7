"""Which statements of a test check something, and whether every way through it does."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

NAMES = {
    "raises",
    "runTest",
    "run_state_machine_as_test",
    "warns",
    "fail",
    "rounds",
    "to_have_text",
    "to_be_visible",
    "to_have_count",
}
BEGINS = ("assert", "expect", "check")
Function = ast.FunctionDef | ast.AsyncFunctionDef
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True)
class Checker:
    """Knows the functions of a file, so that a call of one that checks counts as a check."""

    functions: Mapping[str, Function]
    _checking: dict[str, bool] = field(default_factory=dict)

    def checks(self, node: ast.AST) -> bool:
        """Whether anything in `node` checks, wherever and under whatever condition."""
        return any(self._is_check(one) for one in ast.walk(node))

    def checks_always(self, function: Function) -> bool:
        """Whether no way through a function ends before anything has been checked.

        A loop counts by its body: that what it goes through is not empty is for the test to see to.
        """
        ways = self._ways(function.body, is_checked=False)
        return all(ways.falls | ways.left)

    def _is_check(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Assert):
            return True
        name = getattr(node, "attr", None) or getattr(node, "id", "")
        if not isinstance(node, ast.Attribute | ast.Name):
            return False
        is_known = name in NAMES or name.lstrip("_").startswith(BEGINS)
        return is_known or (isinstance(node, ast.Name) and self._is_checking(name))

    def _is_checking(self, name: str) -> bool:
        """Whether the file has a function of this name that checks."""
        if name not in self._checking and name in self.functions:
            self._checking[name] = False  # while it is looked through: it may call itself
            self._checking[name] = self.checks(self.functions[name])
        return self._checking.get(name, False)

    def _ways(self, body: list[ast.stmt], *, is_checked: bool) -> "_Ways":
        states, left, turned = {is_checked}, set[bool](), set[bool]()
        for statement in body:
            following = set[bool]()
            for state in states:
                ways = self._through(statement, is_checked=state)
                following |= ways.falls
                left |= ways.left
                turned |= ways.turned
            states = following
        return _Ways(states, left, turned)

    def _through(self, statement: ast.stmt, *, is_checked: bool) -> "_Ways":
        if isinstance(statement, ast.Raise):
            return _Ways()
        branches = _branches(statement)
        if branches is None:
            is_own = not isinstance(statement, _INNER) and self.checks(statement)
            return _left_by(statement, {is_checked or is_own})
        heads = [one for one in ast.iter_child_nodes(statement) if isinstance(one, ast.expr | ast.withitem)]
        is_checked = is_checked or any(self.checks(one) for one in heads)
        all_ways = [self._ways(branch, is_checked=is_checked) for branch in branches]
        ways = _Ways(*(set().union(*kind) for kind in zip(*map(_Ways.kinds, all_ways), strict=True)))
        is_loop = isinstance(statement, ast.For | ast.AsyncFor | ast.While)
        return _Ways(ways.falls | ways.turned, ways.left) if is_loop else ways


@dataclass(frozen=True)
class _Ways:
    """Whether something was checked, on each way that goes on behind a statement, returns, or ends a turn."""

    falls: set[bool] = field(default_factory=set)
    left: set[bool] = field(default_factory=set)
    turned: set[bool] = field(default_factory=set)

    def kinds(self) -> tuple[set[bool], set[bool], set[bool]]:
        """Return the three of them."""
        return self.falls, self.left, self.turned


def _left_by(statement: ast.stmt, states: set[bool]) -> _Ways:
    if isinstance(statement, ast.Return):
        return _Ways(left=states)
    return _Ways(turned=states) if isinstance(statement, ast.Continue | ast.Break) else _Ways(states)


def _branches(statement: ast.stmt) -> list[list[ast.stmt]] | None:
    """Return the blocks of which one is carried out, or None for a statement without any."""
    if isinstance(statement, ast.If):
        return [statement.body, statement.orelse]
    if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
        return [[*statement.body, *statement.orelse]]
    if isinstance(statement, ast.With | ast.AsyncWith):
        return [statement.body]
    if isinstance(statement, ast.Try):
        last = statement.finalbody
        return [
            [*statement.body, *statement.orelse, *last],
            *([*handler.body, *last] for handler in statement.handlers),
        ]
    if isinstance(statement, ast.Match):
        return [case.body for case in statement.cases]
    return None


@cache
def checker(tree: ast.Module) -> Checker:
    """Return the checker of a file; functions inside others and methods are known by their names too."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return Checker({function.name: function for function in found})
