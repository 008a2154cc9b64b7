"""No target is a floating-point number in the domain.

Why: 0.999 is not 999/1000 in binary, and an objective that is exactly met would be reported as missed.
Ratios are `Fraction`s read from decimal text, budgets are counts.
"""

import ast

from tests.lints.source import DOMAIN, PRODUCT, Source, sources


def _is_target(value: object) -> bool:
    """Whether a literal looks like a service level: 0.9, 0.99, 0.999, 95.0, 99.9 and so on."""
    return isinstance(value, float) and (0.9 <= value < 1 or 90 < value < 100)


def floats(source: Source) -> list[str]:
    """Return where a file writes a service level as a float."""
    nodes = (node for node in ast.walk(source.tree) if isinstance(node, ast.Constant))
    return [source.at(node) for node in nodes if _is_target(node.value)]


def test_no_target_is_a_float() -> None:
    """Service levels are exact."""
    domain = [source for source in sources() if source.package in DOMAIN]
    assert [found for source in domain for found in floats(source)] == []


def test_the_lint_finds_targets() -> None:
    """Shares and percentages of good events are met; exact ones and other numbers are not."""
    for text, count in {
        "x = 0.999": 1,
        "f(99.9)": 1,
        "x = Fraction('0.999')": 0,
        "x = 0.05 + 14.4 + 1.0": 0,
    }.items():
        assert len(floats(Source(f"{PRODUCT}/objectives/x.py", text, ast.parse(text)))) == count, text
