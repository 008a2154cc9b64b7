"""Caches database results for a short time, so that not every request queries again."""

from collections.abc import Callable
from typing import Any, TypeVar

from holdfast.runtime.clock import Clock

_ANSWERS_MOST = 1000
Answer = TypeVar("Answer")


class Remembered:
    """Results by key, each reused for some seconds; None is not cached, so guessed keys take no memory.

    Lives as long as its owner. Beyond `most` entries the whole cache is cleared.
    """

    def __init__(self, clock: Clock, *, seconds: float, most: int = _ANSWERS_MOST) -> None:
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._answers: dict[str, tuple[float, Any]] = {}

    def recall(self, key: str, ask: Callable[[], Answer]) -> Answer:
        """Return the result under `key`; call `ask` when there is none or it is too old."""
        now = self._clock.monotonic_seconds()
        known = self._answers.get(key)
        if known is not None and now < known[0]:
            found: Answer = known[1]
            return found
        answer = ask()
        if answer is not None:
            if len(self._answers) >= self._most and key not in self._answers:
                self._answers.clear()
            self._answers[key] = (now + self._seconds, answer)
        return answer

    def forget(self) -> None:
        """Clear the cache: the data behind the results has changed."""
        self._answers.clear()
