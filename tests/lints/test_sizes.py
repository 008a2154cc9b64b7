"""Files have up to 400 lines and functions up to 50, a middling function ten; the exceptions are listed.

Why: what fits on a screen or two is read before it is changed. Long files are where unrelated things meet.
"""

import ast
from statistics import median

from tests.lints.source import PRODUCT, Source, allowed, sources

FILE_LINES = 400
FUNCTION_LINES = 50
MEDIAN_FUNCTION_LINES = 10


def too_long(source: Source) -> set[str]:
    """Return the file, if it is too long, and those of its functions that are."""
    found = {source.path} if source.text.count("\n") > FILE_LINES else set()
    long = [function for function in source.functions() if lines(function) > FUNCTION_LINES]
    return found | {f"{source.path}::{function.name}" for function in long}


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function takes, its name and its last one counted."""
    return (function.end_lineno or 0) - function.lineno + 1


def _too_long() -> set[str]:
    read_once = "/migrations/versions/"  # written by a program
    return {found for one in sources() if read_once not in one.path for found in too_long(one)}


def test_files_and_functions_stay_short() -> None:
    """Nothing new is too long."""
    assert _too_long() - allowed("sizes") == set()


def test_the_list_of_exceptions_only_shrinks() -> None:
    """What has become short enough leaves the list."""
    assert allowed("sizes") - _too_long() == set()


def test_half_of_the_products_functions_have_ten_lines_at_most() -> None:
    """What is long is the exception: the product is made of functions that say one thing."""
    product = [one for one in sources() if one.path.startswith(PRODUCT)]
    assert median(lines(function) for one in product for function in one.functions()) <= MEDIAN_FUNCTION_LINES


def test_the_lint_measures_from_the_name_to_the_last_line() -> None:
    """At the bound a file and a function pass; one line more and each is met."""
    for body, expected in ((FUNCTION_LINES - 1, set()), (FUNCTION_LINES, {"x.py::f"})):
        text = "@once\ndef f():\n" + "    x = 1\n" * body
        assert too_long(Source("x.py", text, ast.parse(text))) == expected
    for count, expected in ((FILE_LINES, set()), (FILE_LINES + 1, {"x.py"})):
        text = "x = 1\n" * count
        assert too_long(Source("x.py", text, ast.parse(text))) == expected
