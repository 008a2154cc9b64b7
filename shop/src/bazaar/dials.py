"""Dials: a page of numbers shared with every process of the shop.

The supervisor writes, the others read; the next request sees a new value. The page is a file without a name:
forked processes have it already, other programs inherit its descriptor. It is gone with the last of them, so
a crash leaves nothing switched on.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile

from bazaar.faults import Dial

_NUMBER = struct.Struct("d")
_SLOTS = {dial: index * _NUMBER.size for index, dial in enumerate(Dial)}


class Dials:
    """All dials, at zero until set. Lives as long as the processes that share it."""

    __slots__ = ("_page", "descriptor")

    def __init__(self, descriptor: int | None = None) -> None:
        self.descriptor = _nameless_page() if descriptor is None else descriptor
        self._page = mmap.mmap(self.descriptor, mmap.PAGESIZE)

    def lend(self) -> int:
        """Return the page's descriptor, which other programs inherit from now on."""
        os.set_inheritable(self.descriptor, True)  # noqa: FBT003 - it takes nothing by name
        return self.descriptor

    def read(self, dial: Dial) -> float:
        """The dial's present value."""
        value: float = _NUMBER.unpack_from(self._page, _SLOTS[dial])[0]
        return value

    def turn(self, dial: Dial, value: float) -> None:
        """Set one dial for every process at once; an aligned 8-byte store is atomic."""
        _NUMBER.pack_into(self._page, _SLOTS[dial], value)

    def rest(self) -> None:
        """Set all dials back to zero."""
        for dial in Dial:
            self.turn(dial, 0.0)


def _nameless_page() -> int:
    with tempfile.TemporaryFile() as file:
        file.truncate(mmap.PAGESIZE)
        return os.dup(file.fileno())
