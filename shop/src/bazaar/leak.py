"""A leak: memory that nobody needs and nobody gives back, until it is mended."""

from __future__ import annotations

import asyncio

from bazaar.dials import Dials
from bazaar.faults import Dial

# A replica that leaks stops here, so that the machine under it lives on.
MOST_BYTES = 192 << 20
# How much a collector looks through in a second: the more is held, the longer everybody waits for it.
_COLLECTED_PER_SECOND = 400 << 20


class Leak:
    """What one replica holds on to."""

    def __init__(self, dials: Dials) -> None:
        self._dials = dials
        self._held: list[bytes] = []

    @property
    def held_bytes(self) -> int:
        """How much it holds now."""
        return sum(len(one) for one in self._held)

    async def grow(self) -> None:
        """Hold on to a little more, and wait for the collector. At rest let go of all of it."""
        size = int(self._dials.read(Dial.CART_LEAK_BYTES))
        if not size:
            self._held.clear()
            return
        if size * len(self._held) < MOST_BYTES:
            self._held.append(b"\x01" * size)
        await asyncio.sleep(size * len(self._held) / _COLLECTED_PER_SECOND)
