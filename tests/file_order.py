"""In which order files of tests are given to workers: the long ones first, so that no worker ends far behind.

`tests/durations.txt` says how many seconds each file took when it was last recorded, longest first. Only the
order matters, so it need not be recorded with every change: `make test RECORD=1` does, on a machine at rest.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

RECORDED = Path(__file__).parent / "durations.txt"
UNKNOWN_SECONDS = 30.0
"""A new file may be long: it comes early until it is recorded."""


def read(path: Path = RECORDED) -> dict[str, float]:
    """Return the recorded seconds of each file."""
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {file: float(seconds) for seconds, file in lines}


def write(seconds: Mapping[str, float], path: Path = RECORDED) -> None:
    """Record the seconds of each file, the longest first."""
    ordered = sorted(seconds.items(), key=lambda one: (-one[1], one[0]))
    path.write_text("".join(f"{taken:.1f} {file}\n" for file, taken in ordered), encoding="utf-8")


def file_of(node_id: str) -> str:
    """Return the file of a test."""
    return node_id.partition("::")[0]


def in_order(node_ids: Iterable[str], seconds: Mapping[str, float]) -> list[str]:
    """Return the tests file by file, long files first; within a file nothing moves."""
    return sorted(node_ids, key=lambda one: (-seconds.get(file_of(one), UNKNOWN_SECONDS), file_of(one)))


class Recorder:
    """Adds up what the tests of each file take, with what is set up and taken down for them."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def add(self, node_id: str, seconds: float) -> None:
        """Add one phase of a test."""
        self.seconds[file_of(node_id)] += seconds
