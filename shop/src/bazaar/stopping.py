"""Requests to stop: noted when they come, heeded where stopping is safe.

A signal handler that raises would raise anywhere, even inside a fork, where Python drops the exception and
the request to stop with it. So the handler only notes it, and the supervisor checks between its steps.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(Exception):
    """Somebody wants the shop closed."""


class StopRequest:
    """Whether somebody asked to stop. Once asked, asking again changes nothing."""

    def __init__(self) -> None:
        self.made = False

    def heed(self) -> None:
        """Raise if somebody asked; called wherever stopping is safe."""
        if self.made:
            raise StopRequested

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen to the signals that mean stop; a block that heeds the request ends quietly."""
        before = [signal.signal(number, self._note) for number in _SIGNALS]
        try:
            yield
        except StopRequested:
            pass
        finally:
            for number, handler in zip(_SIGNALS, before, strict=True):
                signal.signal(number, handler)

    def _note(self, *_: object) -> None:
        self.made = True
