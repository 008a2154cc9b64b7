"""From the command to ready, on an empty directory and on one that was used before.

python -m benchmarks.start [--times 5]
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.report import figure, heading
from benchmarks.server import running


def main() -> None:
    """Start and stop a server several times, and print the median and the slowest start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    heading("Start to ready")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        empty = [_ready_seconds(Path(name) / str(number) / "data") for number in range(times)]
        used = [_ready_seconds(Path(name) / "0" / "data") for _ in range(times)]
    for what, seconds in (("empty directory", empty), ("used before", used)):
        slowest = f"slowest of {times}: {max(seconds):.2f} s; wanted: under 3 s"
        figure(f"start to ready, {what}", f"{statistics.median(seconds):.2f} s", slowest)


def _ready_seconds(data: Path) -> float:
    data.parent.mkdir(exist_ok=True)
    with running(data) as server:
        return server.ready_seconds


if __name__ == "__main__":
    main()
