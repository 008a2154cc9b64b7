"""Waits as long as a dial says: how our own processes become slow on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bazaar.dials import Dials
from bazaar.faults import Dial

Wait = Callable[[Dial], Awaitable[float]]


def by_dial(dials: Dials) -> Wait:
    """Return a function that waits as long as a dial reads, and returns how long that was."""

    async def wait(dial: Dial) -> float:
        seconds = dials.read(dial)
        if seconds > 0:
            await asyncio.sleep(seconds)
        return seconds

    return wait
