"""Files have up to 500 lines and functions up to 60; the exceptions are listed and only become fewer.

Why: what fits on a screen or two is read before it is changed. Long files are where unrelated things meet.
"""

from tests.lints.source import allowed, sources

FILE_LINES = 500
FUNCTION_LINES = 60


def _too_long() -> set[str]:
    found = set()
    for source in sources():
        if "/migrations/versions/" in source.path:  # written by a program, read once
            continue
        if source.text.count("\n") > FILE_LINES:
            found.add(source.path)
        for function in source.functions():
            if (function.end_lineno or 0) - function.lineno + 1 > FUNCTION_LINES:
                found.add(f"{source.path}::{function.name}")
    return found


def test_files_and_functions_stay_short() -> None:
    """Nothing new is too long."""
    assert _too_long() - allowed("sizes") == set()


def test_the_list_of_exceptions_only_shrinks() -> None:
    """What has become short enough leaves the list."""
    assert allowed("sizes") - _too_long() == set()
