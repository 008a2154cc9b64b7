"""Deeds: what a fault does to the shop's parts that no dial and no runtime key can do."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from typing import Protocol

from redis.asyncio import Redis

from bazaar.faults import LOST_ZONE, Deed
from bazaar.layout import HOST, Layout
from bazaar.parts import Part


class Deeds(Protocol):
    """Does deeds, and undoes them."""

    async def do(self, deed: Deed) -> None:
        """Do it; twice is once."""
        ...

    async def undo(self, deed: Deed) -> None:
        """Undo what can be undone."""
        ...


class DeedsOnParts:
    """Deeds on the running shop."""

    def __init__(self, layout: Layout, parts: Callable[[], Sequence[Part]]) -> None:
        self._layout = layout
        self._parts = parts

    async def do(self, deed: Deed) -> None:
        if deed is Deed.EMPTY_CACHE:
            async with Redis(host=HOST, port=self._layout.cache_port) as cache:
                await cache.flushall()
        else:
            self._signal_zone(signal.SIGSTOP)

    async def undo(self, deed: Deed) -> None:
        if deed is Deed.LOSE_ZONE:
            self._signal_zone(signal.SIGCONT)

    def _signal_zone(self, number: int) -> None:
        """Freeze or thaw the zone's replicas: frozen ones answer nothing, like machines that are gone."""
        names = {replica.name for replica in self._layout.replicas() if replica.zone == LOST_ZONE}
        for part in self._parts():
            if part.name in names:
                os.kill(part.pid, number)


class NoDeeds:
    """For a shop without parts."""

    async def do(self, deed: Deed) -> None:
        return

    async def undo(self, deed: Deed) -> None:
        return
