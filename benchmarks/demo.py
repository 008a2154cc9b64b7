"""What the demo takes of this machine while a page is open: processors and memory, minute by minute.

    python -m benchmarks.demo [--minutes 60] [--break NAME …]

Shop, traffic and Holdfast are those of `holdfast demo`, in a directory of their own; Chromium has the list of
objectives open, which follows what happens. Only their own processes are counted, so that other work on the
machine does not show. A process's memory is its proportional set size: shared pages are counted once.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
from benchmarks.report import figure, heading
from benchmarks.server import free_ports

IDLE_WANTED = 0.25
MEMORY_WANTED_GIB = 4
READY_SECONDS = 120
STOP_SECONDS = 60
CONTROL_PORT = 18_071
SHOP_PORT = 18_100
CHROMIUM = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1280,800")

_KINDS = (
    ("holdfast serve", "holdfast serve"),
    ("chrom", "the open page"),
    ("envoy", "Envoy"),
    ("postgres", "PostgreSQL"),
    ("nats", "NATS"),
    ("valkey", "Valkey"),
    ("locust", "shoppers"),
    ("shoppers", "shoppers"),
)


def main() -> None:
    """Run the demo with an open page and print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--break", dest="broken", action="append", default=[], metavar="NAME")
    options = parser.parse_args()
    heading(f"The demo for {options.minutes} minutes with an open page")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name, _demo(Path(name)) as demo:
        page, roots = demo
        with _open_page(page, Path(name)) as browser:
            meter = Meter([*roots, browser])
            for fault in options.broken:
                httpx.post(f"http://127.0.0.1:{CONTROL_PORT}/faults/{fault}", timeout=30).raise_for_status()
            minutes = [meter.minute() for _ in range(options.minutes)]
        _print(minutes, meter.seconds_by_kind, meter.memory_by_kind)


class Meter:
    """Adds up what processes and all they start have used."""

    def __init__(self, roots: list[psutil.Process]) -> None:
        self._roots = roots
        self._used: dict[tuple[int, float], float] = {}
        self.seconds_by_kind: defaultdict[str, float] = defaultdict(float)
        self.memory_by_kind: Counter[str] = Counter()
        self._look()
        self.seconds_by_kind.clear()

    def minute(self) -> tuple[float, float]:
        """Wait a minute; return the part of all processors left idle, and the memory in GiB at its end."""
        began, used = time.monotonic(), 0.0
        while time.monotonic() - began < 60:
            time.sleep(5)
            used += self._look()
        idle = 1 - used / (time.monotonic() - began) / (psutil.cpu_count() or 1)
        memory = self._memory_gib()
        print(f"{time.strftime('%H:%M:%S')}  idle {idle:4.0%}  memory {memory:.2f} GiB", flush=True)
        return idle, memory

    def _processes(self) -> Iterator[psutil.Process]:
        for root in self._roots:
            with suppress(psutil.NoSuchProcess):
                yield root
                yield from root.children(recursive=True)

    def _look(self) -> float:
        """Return the seconds of processor time used since the last look."""
        before = sum(self._used.values())
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                key, used = (process.pid, process.create_time()), times.user + times.system
                self.seconds_by_kind[_kind(process)] += used - self._used.get(key, 0.0)
                self._used[key] = used
        return sum(self._used.values()) - before

    def _memory_gib(self) -> float:
        self.memory_by_kind = Counter()
        for process in self._processes():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                self.memory_by_kind[_kind(process)] += process.memory_full_info().pss
        return sum(self.memory_by_kind.values()) / 2**30


def _kind(process: psutil.Process) -> str:
    words = " ".join([process.name(), *process.cmdline()])
    return next((kind for word, kind in _KINDS if word in words), "the shop's services")


@contextmanager
def _demo(directory: Path) -> Iterator[tuple[str, list[psutil.Process]]]:
    port, grpc, http = free_ports(3)
    ports = {"port": port, "otlp-grpc-port": grpc, "otlp-http-port": http}
    ports |= {"shop-port": SHOP_PORT, "control-port": CONTROL_PORT}
    options = [word for name, value in ports.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "holdfast", "demo", "--data", str(directory / "demo"), *options]
    with (directory / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_until_open(process, directory / "demo.log")
        yield f"http://127.0.0.1:{port}", [psutil.Process(process.pid)]
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _wait_until_open(process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the shop's control answers: it is the last to come up."""
    began = time.monotonic()
    while time.monotonic() - began < READY_SECONDS and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{CONTROL_PORT}/status", timeout=2).json()["parts"]:
                return
        time.sleep(0.5)
    raise SystemExit(f"the demo did not open:\n{log.read_text(encoding='utf-8')[-2000:]}")


@contextmanager
def _open_page(page: str, directory: Path) -> Iterator[psutil.Process]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("there is no chromium here; `make setup` brings it")
    options = [*CHROMIUM, f"--user-data-dir={directory / 'browser'}", "--remote-debugging-port=0"]
    process = subprocess.Popen(
        [chromium, *options, f"{page}/objectives"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _print(
    minutes: list[tuple[float, float]], seconds: Mapping[str, float], memory: Mapping[str, int]
) -> None:
    idle = [one for one, _ in minutes]
    cores = psutil.cpu_count() or 1
    figure(f"idle of {cores} processors", f"{sum(idle) / len(idle):.0%}", f"wanted: {IDLE_WANTED:.0%}")
    figure("idle in the busiest minute", f"{min(idle):.0%}")
    most = max(held for _, held in minutes)
    figure("memory at most", f"{most:.2f} GiB", f"limit {MEMORY_WANTED_GIB} GiB")
    figure("memory after the first and in the last minute", f"{minutes[0][1]:.2f} → {minutes[-1][1]:.2f} GiB")
    for kind, used in sorted(seconds.items(), key=lambda one: -one[1]):
        share = used / (60 * len(minutes) * cores)
        figure(f"  {kind}", f"{share:.1%}", f"of the processors; {memory[kind] / 2**30:.2f} GiB at the end")


if __name__ == "__main__":
    main()
