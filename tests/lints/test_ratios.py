"""No target is a floating-point number in the domain.

Why: 0.999 is not 999/1000 in binary, and an objective that is exactly met would be reported as missed.
Ratios are `Fraction`s read from decimal text, budgets are counts.
"""

import ast

from tests.lints.source import DOMAIN, sources

SHARES = {"95", "99"}


def _is_target(value: object) -> bool:
    """Whether a literal looks like a service level: 0.9, 0.99, 0.999, 95.0, 99.9 and so on."""
    return isinstance(value, float) and (0.9 <= value < 1 or 90 < value < 100)


def test_no_target_is_a_float() -> None:
    """Service levels are exact."""
    found = [
        source.at(node)
        for source in sources()
        if source.package in DOMAIN
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and _is_target(node.value)
    ]
    assert found == []
