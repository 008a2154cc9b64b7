"""Waiting as long as a dial says: how our own processes become slow on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bazaar.dials import Dials
from bazaar.faults import Dial

Wait = Callable[[Dial], Awaitable[float]]


def by_dial(dials: Dials) -> Wait:
    """Wait for what the dial reads now, and say how long that was; at rest, not at all."""

    async def wait(dial: Dial) -> float:
        seconds = dials.read(dial)
        if seconds > 0:
            await asyncio.sleep(seconds)
        return seconds

    return wait
