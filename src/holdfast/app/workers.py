"""Runs what goes on in the background, each loop in a thread of its own, and notices when one breaks."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from holdfast.app.readiness import Part, PartState
from holdfast.runtime.clock import Clock

log = logging.getLogger(__name__)

Loop = Callable[[threading.Event], None]
"""Works until the event is set, then returns."""

RESTART_SECONDS = 1.0
JOIN_SECONDS = 20.0


@dataclass(slots=True)
class _Worker:
    name: str
    thread: threading.Thread
    breaks: int = 0
    last_error: str = ""
    is_up: bool = field(default=True)


class Workers:
    """The background loops of one server; a loop that breaks is logged and started again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stop = threading.Event()
        self._workers: list[_Worker] = []

    def start(self, name: str, loop: Loop) -> None:
        """Run `loop` in a thread called `name` until the server stops."""
        worker = _Worker(name, threading.Thread(name=name, daemon=True))
        worker.thread = threading.Thread(name=name, daemon=True, target=self._run, args=(worker, loop))
        self._workers.append(worker)
        worker.thread.start()

    def stop(self) -> list[str]:
        """Tell every loop to end and wait for them; return the names of those that did not."""
        self._stop.set()
        deadline = self._clock.monotonic_seconds() + JOIN_SECONDS
        for worker in self._workers:
            worker.thread.join(max(0.0, deadline - self._clock.monotonic_seconds()))
        return [worker.name for worker in self._workers if worker.thread.is_alive()]

    def probe(self) -> Part:
        """Tell whether every loop runs."""
        broken = [f"{worker.name}: {worker.last_error}" for worker in self._workers if not worker.is_up]
        state = PartState.DEGRADED if broken else PartState.OK
        return Part("workers", state, "; ".join(broken) or f"{len(self._workers)} loops run")

    def _run(self, worker: _Worker, loop: Loop) -> None:
        while not self._stop.is_set():
            try:
                worker.is_up = True
                loop(self._stop)
            except Exception as error:
                log.exception("the %s loop broke and is started again", worker.name)
                worker.breaks += 1
                worker.last_error, worker.is_up = f"{type(error).__name__}: {error}", False
                # The wait is long enough for a probe to see the loop down, and doubles as a brake.
                self._clock.wait(self._stop, min(30.0, RESTART_SECONDS * worker.breaks))
            else:
                return
