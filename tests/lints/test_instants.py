"""Columns of time are compared with values in `telemetry/instants.py` and nowhere else.

Why: the engine accepts whole seconds beside a column of nanoseconds, but decides by them which parts and
granules to open, and leaves out rows of the last second: by chance of how they lie in parts, a stored
trace was answered "not found". No test of small data meets that by itself, so the wrong form may not be
written at all.
"""

import ast
import re

from tests.lints.source import PRODUCT, Source, sources

HOME = f"{PRODUCT}/telemetry/warehouse/instants.py"
COLUMNS = r"(?:\w+\.)?(?:Timestamp|TimeUnix|StartTimeUnix|Slice|slice|FirstSeen|LastSeen|admitted)\b"
OPERATORS = r"(?:<=|>=|!=|<|>|=|BETWEEN\b|NOT BETWEEN\b)"
VALUE = r"(?:\{|\d|now\b|now64\b|to(?:Date|U?Int)\w*\(|from\w+\()"
COMPARED = re.compile(rf"{COLUMNS}\s*{OPERATORS}\s*{VALUE}|{VALUE}[^ ]*\s*{OPERATORS}\s*{COLUMNS}")
MADE = re.compile(r"(?:toDateTime(?:64)?|fromUnixTimestamp\w*)\(\s*(?:\{|to\w+\(\s*\{)")
"""An instant made of a parameter or of a value filled in, rather than of a column."""


def _texts(source: Source) -> list[tuple[str, str]]:
    """Every text of a file, whole, with `{}` for what is filled in; docstrings say what they like."""
    inner = {
        id(part) for node in ast.walk(source.tree) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    said = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(source.tree):
        if id(node) in inner | said:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append((source.at(node), node.value))
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            found.append((source.at(node), "".join(map(str, parts))))
    return found


def compares_time(text: str) -> bool:
    """Whether SQL compares a column of time with a value, or makes an instant to do so."""
    return bool(COMPARED.search(text) or MADE.search(text))


def test_times_are_compared_in_one_place() -> None:
    """SQL of the product compares times, and makes instants of parameters, only through `instants`."""
    product = [source for source in sources() if source.path.startswith(PRODUCT) and source.path != HOME]
    # What is stored is made of a sender's number there, and compared with nothing.
    stored = f"{PRODUCT}/telemetry/warehouse/loading/statements.py"
    found = [
        at
        for source in product
        if source.path != stored
        for at, text in _texts(source)
        if compares_time(text)
    ]
    assert found == []


def test_the_lint_sees_the_other_forms() -> None:
    """The rule sees every form that was, or could be, written; and none of what is not a comparison."""
    assert compares_time("WHERE Timestamp < toDateTime({to:UInt32}, 'UTC') + 1")
    assert compares_time("WHERE t.TimeUnix >= {from:Int64}")
    assert compares_time("Timestamp BETWEEN toDateTime(1) AND toDateTime(2)")
    assert compares_time("WHERE {from:UInt32} <= Slice")
    assert compares_time("AND TimeUnix > now() - INTERVAL 2 DAY")
    assert compares_time("AND Slice IN (SELECT toDateTime({from:UInt32}))")
    assert compares_time("AND {} AND x < fromUnixTimestamp64Nano({})")
    assert not compares_time("ORDER BY (ServiceName, toDateTime(Timestamp)), max(Slice) AS Slice")
    assert not compares_time("(SELECT Slice FROM t WHERE Width = {width:UInt16})")
