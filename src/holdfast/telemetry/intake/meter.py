"""Counters of the intake: totals since the start, and rates over the last ten seconds."""

import threading
from collections import Counter, deque

RATE_SECONDS = 10


class Meter:
    """Counters by name; used by all threads. The caller passes times as monotonic seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Counter[str] = Counter()
        self._seconds: deque[tuple[int, Counter[str]]] = deque()

    def add(self, name: str, count: int, now: float) -> None:
        """Count `count` more of `name`."""
        with self._lock:
            self._totals[name] += count
            second = int(now)
            if not self._seconds or self._seconds[-1][0] < second:
                self._seconds.append((second, Counter()))
                self._drop_outdated(second)
            self._seconds[-1][1][name] += count

    def total(self, name: str) -> int:
        """Return how many of `name` were counted since the start."""
        with self._lock:
            return self._totals[name]

    def totals(self, prefix: str) -> dict[str, int]:
        """Return the totals of all names that start with `prefix`, without it."""
        with self._lock:
            return {
                name.removeprefix(prefix): count
                for name, count in sorted(self._totals.items())
                if name.startswith(prefix)
            }

    def per_second(self, name: str, now: float) -> float:
        """Return the rate of `name` over the last ten whole seconds, without the current one."""
        with self._lock:
            second = int(now)
            counted = sum(
                counts[name] for at, counts in self._seconds if second - RATE_SECONDS <= at < second
            )
        return counted / RATE_SECONDS

    def _drop_outdated(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] < second - RATE_SECONDS:
            self._seconds.popleft()
