"""Runs the background loops, each in a thread of its own, and restarts one that fails."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from holdfast.runtime.clock import Clock

log = logging.getLogger(__name__)

Loop = Callable[[threading.Event], None]
"""Works until the event is set, then returns."""

RESTART_SECONDS = 1.0
RESTART_MOST_SECONDS = 30.0
SOUND_SECONDS = 60.0
"""A loop that ran this long before it failed is restarted as soon as after a first failure."""
JOIN_SECONDS = 20.0


class LoopEnded(Exception):
    """A loop returned although nobody had asked it to stop."""


@dataclass(slots=True)
class _Worker:
    name: str
    thread: threading.Thread
    breaks: int = 0
    last_error: str = ""
    is_up: bool = True


class Workers:
    """The background loops of one part of the server; a failed loop is logged and restarted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stop = threading.Event()
        self._workers: list[_Worker] = []

    def start(self, name: str, loop: Loop) -> None:
        """Run `loop` in a thread called `name` until `stop` is called."""
        worker = _Worker(name, threading.Thread(name=name, daemon=True))
        worker.thread = threading.Thread(name=name, daemon=True, target=self._run, args=(worker, loop))
        self._workers.append(worker)
        worker.thread.start()

    def ask_to_stop(self) -> None:
        """Ask every loop to end, and return at once: for a caller that has to wake them first."""
        self._stop.set()

    def stop(self) -> list[str]:
        """Ask every loop to end and wait for them; return the names of those that did not."""
        self._stop.set()
        deadline = self._clock.monotonic_seconds() + JOIN_SECONDS
        for worker in self._workers:
            worker.thread.join(max(0.0, deadline - self._clock.monotonic_seconds()))
        return [worker.name for worker in self._workers if worker.thread.is_alive()]

    @property
    def count(self) -> int:
        """How many loops were started."""
        return len(self._workers)

    def broken(self) -> list[str]:
        """Return, for each loop that is down now, its name and why."""
        return [f"{worker.name}: {worker.last_error}" for worker in self._workers if not worker.is_up]

    def _run(self, worker: _Worker, loop: Loop) -> None:
        while not self._stop.is_set():
            began_seconds = self._clock.monotonic_seconds()
            try:
                worker.is_up = True
                self._turn(loop)
            except Exception as error:
                log.exception("the %s loop failed and is restarted", worker.name)
                if self._clock.monotonic_seconds() - began_seconds >= SOUND_SECONDS:
                    worker.breaks = 0
                worker.breaks += 1
                worker.last_error, worker.is_up = f"{type(error).__name__}: {error}", False
                # The wait is long enough for a probe to see the loop down, and limits restarts.
                self._clock.wait(self._stop, _pause_seconds(worker.breaks))

    def _turn(self, loop: Loop) -> None:
        loop(self._stop)
        if not self._stop.is_set():
            raise LoopEnded("it returned although nobody had asked it to stop")


def _pause_seconds(breaks: int) -> float:
    return min(RESTART_MOST_SECONDS, RESTART_SECONDS * 2.0 ** min(breaks - 1, 10))
