"""The resource use of this host and of the shop's processes, read from the kernel."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bazaar.measures import Kind, Measure, Measured, pressure, tcp, throttling

_PRESSURES = ("cpu", "memory", "io")
_CPU_STATS = ("sys/fs/cgroup/cpu.stat", "sys/fs/cgroup/cpu/cpu.stat")


@dataclass(frozen=True, slots=True)
class Watched:
    """A process to measure and who it is. `with_children` adds up a server that forks."""

    pid: int
    identity: dict[str, str]
    with_children: bool = False


class Host:
    """Reads the measures that this kernel offers; the others are left out."""

    def __init__(self, identity: dict[str, str], root: Path = Path("/")) -> None:
        self._identity = {**identity, "host.name": platform.node(), "os.type": platform.system().lower()}
        self._root = root

    def measure(self, processes: Iterable[Watched]) -> Iterator[Measured]:
        """The host, then each process that still runs."""
        system = (*_processor(), *_memory(), *self._kernel())
        yield Measured(dict(self._identity), psutil.boot_time(), system)
        for watched in processes:
            with suppress(psutil.Error):
                yield self._process(watched)

    def _kernel(self) -> Iterator[Measure]:
        for resource in _PRESSURES:
            for text in self._texts(f"proc/pressure/{resource}"):
                yield from pressure(resource, text)
        for text in self._texts("proc/net/snmp"):
            yield from tcp(text)
        for text in self._texts(*_CPU_STATS):
            yield from throttling(text)

    def _texts(self, *paths: str) -> Iterator[str]:
        """Yield the text of the first file that exists."""
        for path in paths:
            with suppress(OSError):
                yield (self._root / path).read_text()
                return

    def _process(self, watched: Watched) -> Measured:
        process = psutil.Process(watched.pid)
        with process.oneshot():
            resource: dict[str, str | int] = {
                **watched.identity,
                "host.name": self._identity["host.name"],
                "process.pid": watched.pid,
                "process.executable.name": process.name(),
            }
            family = [process, *(process.children(recursive=True) if watched.with_children else ())]
            return Measured(resource, process.create_time(), (*_used_by(family), *_threads_of(process)))


def _processor() -> Iterator[Measure]:
    times, shares = psutil.cpu_times(), psutil.cpu_times_percent()
    for mode in ("user", "system", "idle", "iowait", "steal"):
        if hasattr(times, mode):
            attributes = {"cpu.mode": mode}
            yield Measure("system.cpu.time", "s", getattr(times, mode), Kind.COUNT, attributes)
            yield Measure("system.cpu.utilization", "1", getattr(shares, mode) / 100, Kind.GAUGE, attributes)
    yield Measure("system.cpu.logical.count", "{cpu}", psutil.cpu_count() or 1, Kind.LEVEL)


def _memory() -> Iterator[Measure]:
    memory = psutil.virtual_memory()
    yield Measure("system.memory.limit", "By", memory.total, Kind.LEVEL)
    for state in ("used", "free", "cached", "buffers"):
        if hasattr(memory, state):
            attributes, amount = {"system.memory.state": state}, getattr(memory, state)
            yield Measure("system.memory.usage", "By", amount, Kind.LEVEL, attributes)
            yield Measure("system.memory.utilization", "1", amount / memory.total, Kind.GAUGE, attributes)


def _used_by(family: list[psutil.Process]) -> Iterator[Measure]:
    """Yield processor and memory of a process and its children, and the time of ended children."""
    times = [process.cpu_times() for process in family]
    for mode in ("user", "system"):
        gone = getattr(times[0], f"children_{mode}", 0.0) if len(family) > 1 else 0.0
        spent = sum(getattr(one, mode) for one in times) + gone
        yield Measure("process.cpu.time", "s", spent, Kind.COUNT, {"cpu.mode": mode})
    memory = [process.memory_info() for process in family]
    yield Measure("process.memory.usage", "By", sum(one.rss for one in memory), Kind.LEVEL)
    yield Measure("process.memory.virtual", "By", sum(one.vms for one in memory), Kind.LEVEL)


def _threads_of(process: psutil.Process) -> Iterator[Measure]:
    yield Measure("process.thread.count", "{thread}", process.num_threads(), Kind.LEVEL)
    with suppress(psutil.AccessDenied):  # not readable for a server that runs as another user
        opened = process.num_fds()
        yield Measure("process.unix.file_descriptor.count", "{file_descriptor}", opened, Kind.LEVEL)
    switches = process.num_ctx_switches()
    for sort in ("voluntary", "involuntary"):
        attributes = {"process.context_switch.type": sort}
        count = getattr(switches, sort)
        yield Measure("process.context_switches", "{context_switch}", count, Kind.COUNT, attributes)
