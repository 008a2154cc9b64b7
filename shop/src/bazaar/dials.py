"""Dials: a page of numbers shared with every forked process.

The supervisor writes, replicas read; a new value is seen by the next request. The page is made
before the fork and is gone with the last process, so a crash leaves nothing switched on.
"""

from __future__ import annotations

import mmap
import struct

from bazaar.faults import Dial

_NUMBER = struct.Struct("d")
_SLOTS = {dial: index * _NUMBER.size for index, dial in enumerate(Dial)}


class Dials:
    """All dials, at zero until set. Lives as long as the processes that share it."""

    __slots__ = ("_page",)

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, mmap.PAGESIZE)

    def read(self, dial: Dial) -> float:
        """The dial's present value."""
        value: float = _NUMBER.unpack_from(self._page, _SLOTS[dial])[0]
        return value

    def turn(self, dial: Dial, value: float) -> None:
        """Set one dial for every process at once; an aligned 8-byte store is never seen half done."""
        _NUMBER.pack_into(self._page, _SLOTS[dial], value)

    def rest(self) -> None:
        """Set all dials back to zero."""
        for dial in Dial:
            self.turn(dial, 0.0)
