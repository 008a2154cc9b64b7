"""A leak: memory that nobody needs and nobody frees, until it is fixed."""

from __future__ import annotations

import asyncio

from bazaar.dials import Dials
from bazaar.faults import Dial

# A replica that leaks stops here, so that its machine survives.
MOST_BYTES = 192 << 20
# How much a collector looks through in a second: the more memory leaks, the longer everybody waits for it.
_COLLECTED_PER_SECOND = 400 << 20


class Leak:
    """The leaked memory of one replica."""

    def __init__(self, dials: Dials) -> None:
        self._dials = dials
        self._held: list[bytes] = []

    @property
    def held_bytes(self) -> int:
        """How much is leaked now."""
        return sum(len(one) for one in self._held)

    async def grow(self) -> None:
        """Leak a little more, and wait for the collector. At rest, free all of it."""
        size = int(self._dials.read(Dial.CART_LEAK_BYTES))
        if not size:
            self._held.clear()
            return
        if size * len(self._held) < MOST_BYTES:
            self._held.append(b"\x01" * size)
        await asyncio.sleep(size * len(self._held) / _COLLECTED_PER_SECOND)
