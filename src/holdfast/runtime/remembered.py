"""Caches database results for a short time, so that not every request queries again.

Equal requests in flight share one query: the first asks, and the others wait for its result.
"""

from collections.abc import Callable
from threading import Event, Lock
from typing import Any, TypeVar

from holdfast.runtime.clock import Clock
from holdfast.runtime.timerange import TimeRange

_ANSWERS_MOST = 1000
ENDS_NOW_SECONDS = 2
"""A range ends now if its end is less than this before the moment at which its answer is looked up."""

Answer = TypeVar("Answer")


class _Asking:
    """A query in flight: `answers` has its result once it is `over`, and stays empty if it failed."""

    def __init__(self) -> None:
        self.over = Event()
        self.answers: list[Any] = []


class Remembered:
    """Results by key, each reused for some seconds; None is not cached, so guessed keys take no memory.

    Lives as long as its owner. Beyond `most` entries the whole cache is cleared. `ask` must not recall the
    key it is called for.
    """

    def __init__(self, clock: Clock, *, seconds: float, most: int = _ANSWERS_MOST) -> None:
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._answers: dict[str, tuple[float, Any]] = {}
        self._asking: dict[str, _Asking] = {}
        self._lock = Lock()

    def recall(self, key: str, ask: Callable[[], Answer]) -> Answer:
        """Return the result under `key`; call `ask` when there is none or it is too old.

        Those who wait for a query that fails ask by themselves, all at once.
        """
        now = self._clock.monotonic_seconds()
        with self._lock:
            known = self._answers.get(key)
            if known is not None and now < known[0]:
                found: Answer = known[1]
                return found
            other = self._asking.get(key)
            mine = self._asking.setdefault(key, _Asking())
        if other is None:
            return self._asked(key, ask, mine)
        other.over.wait()
        return next(iter(other.answers)) if other.answers else ask()

    def _asked(self, key: str, ask: Callable[[], Answer], mine: _Asking) -> Answer:
        try:
            answer = ask()
            mine.answers.append(answer)
        finally:
            # From now on, not from when it was asked: the busier the database, the more a result is worth.
            until = self._clock.monotonic_seconds() + self._seconds
            with self._lock:
                # Unless the data behind it has changed meanwhile.
                if self._asking.get(key) is mine:
                    del self._asking[key]
                    self._keep(key, mine.answers, until)
            mine.over.set()
        return answer

    def _keep(self, key: str, answers: list[Any], until: float) -> None:
        for answer in answers:
            if answer is not None:
                if len(self._answers) >= self._most and key not in self._answers:
                    self._answers.clear()
                self._answers[key] = (until, answer)

    def forget(self) -> None:
        """Clear the cache: the data behind the results has changed."""
        with self._lock:
            self._answers.clear()
            self._asking.clear()


def key_of(within: TimeRange, *, now: float) -> str:
    """Name a range for a cache; `now` is in seconds since 1970.

    Ranges of one length that end now are the same while their answer is kept; all others are themselves.
    """
    if now - within.end.timestamp() < ENDS_NOW_SECONDS:
        return f"{within.seconds} until now"
    return f"{within.start.isoformat()} {within.end.isoformat()}"
