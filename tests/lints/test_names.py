"""No module is named after nothing in particular.

Why: `utils` is where a function goes that nobody found a place for, and where nobody finds it again. A
helper lives with its one caller; shared ones get the name of their topic.
"""

from tests.lints.source import sources

NOTHING_IN_PARTICULAR = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"}


def test_modules_are_named_after_their_topic() -> None:
    """A file's name says what is in it."""
    assert [source.path for source in sources() if source.stem in NOTHING_IN_PARTICULAR] == []
