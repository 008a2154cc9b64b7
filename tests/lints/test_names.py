"""No module is named after nothing in particular.

Why: `utils` is where a function goes that nobody found a place for, and where nobody finds it again. A
helper lives with its one caller; shared ones get the name of their topic.
"""

from tests.lints.source import sources

NOTHING_IN_PARTICULAR = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"}


def says_nothing(path: str) -> bool:
    """Whether a file, or a folder it lies in, is named after nothing in particular."""
    return not NOTHING_IN_PARTICULAR.isdisjoint(path.removesuffix(".py").split("/"))


def test_modules_are_named_after_their_topic() -> None:
    """A file's name says what is in it."""
    assert [source.path for source in sources() if says_nothing(source.path)] == []


def test_the_lint_finds_files_and_folders() -> None:
    """A file or folder of nothing in particular is met; a topic with such a word in it is not."""
    assert says_nothing("src/holdfast/runtime/utils.py")
    assert says_nothing("src/holdfast/common/money.py")
    assert not says_nothing("src/holdfast/runtime/common_names.py")
