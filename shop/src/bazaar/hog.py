"""A CPU hog: useless work, as long as a dial says."""

from __future__ import annotations

import time

from bazaar.dials import Dials
from bazaar.faults import Dial


class Hog:
    """Burns the processor of one replica; while it does, the replica answers nobody."""

    def __init__(self, dials: Dials) -> None:
        self._dials = dials

    def burn(self) -> None:
        """Burn as many seconds of processor time as the dial says."""
        end = time.thread_time() + self._dials.read(Dial.SEARCH_CPU_SECONDS)
        while time.thread_time() < end:
            sum(range(2_000))
