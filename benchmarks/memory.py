"""Resident memory of a server over minutes of steady intake: flat, or does it grow?

    python -m benchmarks.memory [--minutes 10] [--rate 20000]

Memory grows in the first minutes, while the engine fills its caches and finds its threads. Merges move the
most of a minute by a tenth, so after that the halves of the run are compared, by their means.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.intake import write_catalog
from benchmarks.reads import send
from benchmarks.report import figure, heading
from benchmarks.server import Server, running

WARM_UP_MINUTES = 5
LIMIT_MIB = 1536


def main() -> None:
    """Send at an even pace and print the most memory of every minute."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--rate", type=int, default=20_000)
    options = parser.parse_args()
    heading(f"Resident memory over {options.minutes} minutes at {options.rate:,} spans/s")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        directory = Path(name)
        with running(directory / "data", catalog=write_catalog(directory / "catalog")) as server:
            sender = multiprocessing.get_context("spawn").Process(
                target=send, args=(server.http_port, options.rate, options.minutes * 60), daemon=True
            )
            sender.start()
            most_mib = [_most_of_a_minute(server) for _ in range(options.minutes)]
            sender.join()
    _print(most_mib)


def _most_of_a_minute(server: Server) -> float:
    most, until = 0.0, time.monotonic() + 60
    while time.monotonic() < until:
        most = max(most, server.resident_mib())
        time.sleep(0.5)
    return most


def _print(most_mib: list[float]) -> None:
    for minute, most in enumerate(most_mib, start=1):
        figure(f"most in minute {minute}", f"{most:,.0f} MiB", f"limit {LIMIT_MIB:,} MiB")
    steady = most_mib[WARM_UP_MINUTES:]
    half = len(steady) // 2
    if half:
        growth = statistics.mean(steady[half:]) / statistics.mean(steady[:half]) - 1
        figure("the second half after the warm-up against the first", f"{growth:+.1%}", "wanted: flat")


if __name__ == "__main__":
    main()
