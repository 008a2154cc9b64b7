"""Every figure, one after the other: `make bench`."""

import subprocess
import sys

MEASUREMENTS = (
    "start",
    "intake",
    "intake_odd",
    "evaluation",
    "reads",
    "explore",
    "memory",
    "names",
    "pages",
    "rest",
    "page_rest",
    "page_speed",
    "page_memory",
    "slow_answers",
    "demo",
)


def main() -> None:
    """Run each measurement in a process of its own, so that none finds the other's memory."""
    failed = []
    for name in MEASUREMENTS:
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
        print(flush=True)
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
