"""Long files of tests come first, whatever else is in the list."""

from pathlib import Path

from tests.file_order import RECORDED, Recorder, in_order, read, write
from tests.lints.source import ROOT

SECONDS = {"a.py": 1.0, "b.py": 90.0}


def test_long_files_come_first_and_new_ones_early() -> None:
    """Files go by their recorded seconds, a new one before short ones; within a file nothing moves."""
    given = ["a.py::z", "a.py::b", "new.py::t", "b.py::y", "b.py::x[1]"]
    assert in_order(given, SECONDS) == ["b.py::y", "b.py::x[1]", "new.py::t", "a.py::z", "a.py::b"]


def test_what_is_recorded_is_read_again(tmp_path: Path) -> None:
    """All phases of all tests of a file are its seconds, and come back from the file, longest first."""
    recorder = Recorder()
    for node_id, seconds in (("a.py::x", 0.5), ("b.py::x", 60.0), ("a.py::y", 0.5), ("b.py::x", 30.0)):
        recorder.add(node_id, seconds)
    write(recorder.seconds, tmp_path / "durations.txt")
    assert read(tmp_path / "durations.txt") == SECONDS
    assert list(read(tmp_path / "durations.txt")) == ["b.py", "a.py"]


def test_every_recorded_file_exists() -> None:
    """A file that was renamed or deleted leaves the record with it."""
    assert [file for file in read(RECORDED) if not (ROOT / file).is_file()] == []
