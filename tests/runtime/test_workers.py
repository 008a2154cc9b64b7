"""Background loops: one that breaks or ends is reported while it is down, and started again."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.runtime.clock import ManualClock
from holdfast.runtime.workers import RESTART_MOST_SECONDS, SOUND_SECONDS, Workers

PATIENCE_SECONDS = 10


class WatchedClock(ManualClock):
    """A clock that asks the workers how they are whenever one of them waits to be started again."""

    def __init__(self) -> None:
        super().__init__(datetime(2026, 3, 1, tzinfo=UTC))
        self.workers: Workers | None = None
        self.seen: list[tuple[float, list[str]]] = []

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Note the pause and what is down meanwhile, then go on at once."""
        assert self.workers is not None
        self.seen.append((seconds, self.workers.broken()))
        return super().wait(event, seconds)


class Rig:
    """Workers with one loop that runs `turns` times as told, then until it is stopped."""

    def __init__(self, *turns: "Exception | float | None") -> None:
        self.clock = WatchedClock()
        self.clock.workers = self.workers = Workers(self.clock)
        self.turns = list(turns)
        self.went_on = threading.Event()

    def loop(self, stop: threading.Event) -> None:
        """Break, return, or run for some seconds and break."""
        if not self.turns:
            self.went_on.set()
            stop.wait(PATIENCE_SECONDS)
            return
        turn = self.turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        if turn is not None:
            self.clock.advance(timedelta(seconds=turn))
            raise RuntimeError("broken")

    def run(self) -> list[tuple[float, list[str]]]:
        """Run until the loop has come through all its turns; return what was seen while it was down."""
        self.workers.start("loop", self.loop)
        assert self.went_on.wait(PATIENCE_SECONDS)
        assert (self.workers.count, self.workers.broken()) == (1, [])
        assert self.workers.stop() == []
        return self.clock.seen


def test_a_loop_that_breaks_is_reported_and_started_again() -> None:
    """While a loop is down its error is reported; once it runs again nothing is."""
    assert Rig(RuntimeError("no table")).run() == [(1.0, ["loop: RuntimeError: no table"])]


def test_a_loop_that_returns_unasked_is_started_again() -> None:
    """A loop that ends by itself is down like one that breaks: nothing ends in silence."""
    ((_, broken),) = Rig(None).run()
    assert broken == ["loop: LoopEnded: it returned although nobody had asked it to stop"]


def test_pauses_double_to_a_limit() -> None:
    """A loop that keeps breaking is started ever more rarely, at least twice a minute."""
    pauses = [pause for pause, _ in Rig(*[RuntimeError("broken")] * 7).run()]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, RESTART_MOST_SECONDS, RESTART_MOST_SECONDS]


@pytest.mark.parametrize(("ran_seconds", "pause"), [(SOUND_SECONDS - 1, 4.0), (SOUND_SECONDS, 1.0)])
def test_a_loop_that_ran_for_a_while_is_started_again_soon(ran_seconds: float, pause: float) -> None:
    """After a minute of sound work an error counts as the first."""
    turns = (RuntimeError("broken"), RuntimeError("broken"), ran_seconds)
    assert Rig(*turns).run()[-1][0] == pause
